#include <nlohmann/json.hpp>

#include "steelyard/report/estimate.h"
#include "steelyard/report/ndjson.h"
#include "steelyard/report/text_table.h"

namespace steelyard::report {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(std::uint64_t count) { return grouped(std::to_string(count)); }

std::string tier_of(const rating::Charge& charge) {
  return charge.line_count == 0 ? "" : charge.lines[0].row->tier.label;
}

/// "One plain call with 3,019 input tokens, 2,048 of them cached, and 104 output tokens".
std::string call_of(const EstimateRequest& request) {
  std::string text = request.is_thinking ? "One thinking call with " : "One plain call with ";
  text += text_of(request.tokens.total_input()) + " input tokens";
  if (request.tokens.cached_input > 0) {
    text += ", " + text_of(request.tokens.cached_input) + " of them cached,";
  }
  text += " and " + text_of(request.tokens.output) + " output tokens";
  if (!request.account.empty()) text += ", at the prices of " + request.account;
  return text + ", " + base::to_rfc3339(request.at) + '\n';
}

std::string lines_of(const Estimate& estimate, const EstimateRequest& request,
                     const std::string& currency) {
  const rating::Charge& charge = estimate.charge;
  if (!charge.is_rated) {
    return estimate.model + ": no price (" + std::string(name_of(charge.reason)) +
           "): " + estimate.detail + '\n';
  }
  TextTable table({{"item"},
                   {"tier"},
                   {"tokens", Align::right},
                   {""},
                   {"price", Align::right},
                   {""},
                   {"per", Align::right},
                   {""},
                   {"amount " + currency, Align::right}});
  std::vector<std::string> prices;
  std::vector<std::string> amounts;
  for (const rating::Line& line : charge.used_lines()) {
    prices.push_back(grouped(line.row->price.to_text()));
    amounts.push_back(grouped(line.amount.to_text()));
  }
  amounts.push_back(grouped(charge.amount.to_text()));
  amounts.push_back(grouped(estimate.total.to_text()));
  prices = with_points_aligned(std::move(prices));
  amounts = with_points_aligned(std::move(amounts));
  std::size_t at = 0;
  for (const rating::Line& line : charge.used_lines()) {
    table.add({line.row->item, line.row->tier.label, text_of(line.quantity), "×", prices[at], "÷",
               text_of(line.row->per), "=", amounts[at]});
    ++at;
  }
  table.add_rule();
  table.add({"one call", "", "", "", "", "", "", "=", amounts[at]});
  if (request.calls != 1) {
    table.add({text_of(request.calls) + " calls", "", "", "", "", "", "", "=", amounts[at + 1]});
  }
  std::string text = table.to_text();
  for (const std::string_view note : note_names(charge)) text += std::string(note) + '\n';
  return text;
}

std::string comparison(const std::vector<Estimate>& estimates, const EstimateRequest& request,
                       const std::string& currency) {
  TextTable table(
      {{"model"},
       {"tier"},
       {"one call " + currency, Align::right},
       {text_of(request.calls) + (request.calls == 1 ? " call" : " calls"), Align::right},
       {"dearer by", Align::right},
       {"notes"}});
  for (const Estimate& each : estimates) {
    if (!each.charge.is_rated) {
      table.add({each.model, "", "-", "-", "",
                 std::string(name_of(each.charge.reason)) + ": " + each.detail});
      continue;
    }
    std::string notes;
    for (const std::string_view note : note_names(each.charge)) {
      notes += (notes.empty() ? "" : ", ") + std::string(note);
    }
    const std::string percent =
        each.percent_above ? grouped(each.percent_above->to_text()) + " %" : "";
    table.add({each.model, tier_of(each.charge), grouped(each.charge.amount.to_text()),
               grouped(each.total.to_text()), percent, notes});
  }
  return table.to_text();
}

Json json_of(const Estimate& each) {
  Json json = {{"model", each.model}};
  if (!each.charge.is_rated) {
    json["status"] = "unrated";
    json["reason"] = name_of(each.charge.reason);
    json["detail"] = each.detail;
    return json;
  }
  json["status"] = "rated";
  json["tier"] = tier_of(each.charge);
  json["amount"] = each.charge.amount.to_text();
  json["total"] = each.total.to_text();
  if (each.percent_above) json["percent_above"] = each.percent_above->to_text();
  json["lines"] = Json::array();
  for (const rating::Line& line : each.charge.used_lines()) {
    json["lines"].push_back({{"item", line.row->item},
                             {"tier", line.row->tier.label},
                             {"quantity", std::to_string(line.quantity)},
                             {"unit", "token"},
                             {"price", line.row->price.to_text()},
                             {"per", std::to_string(line.row->per)},
                             {"amount", line.amount.to_text()}});
  }
  json["notes"] = note_names(each.charge);
  return json;
}

}  // namespace

std::string to_text(const std::vector<Estimate>& estimates, const EstimateRequest& request,
                    const rating::Rater& rater) {
  const std::string currency(rater.currency());
  return call_of(request) + '\n' +
         (estimates.size() == 1 ? lines_of(estimates.front(), request, currency)
                                : comparison(estimates, request, currency));
}

std::string to_json(const std::vector<Estimate>& estimates, const EstimateRequest& request,
                    const rating::Rater& rater) {
  Json json = {{"currency", rater.currency()},
               {"at", base::to_rfc3339(request.at)},
               {"input", request.tokens.total_input()},
               {"cached", request.tokens.cached_input},
               {"output", request.tokens.output},
               {"thinking", request.is_thinking},
               {"calls", request.calls},
               {"estimates", Json::array()}};
  for (const Estimate& each : estimates) json["estimates"].push_back(json_of(each));
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace steelyard::report
