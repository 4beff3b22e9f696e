#include <nlohmann/json.hpp>

#include "steelyard/base/calendar.h"
#include "steelyard/report/cloud_receipt.h"
#include "steelyard/report/cloud_receipt_json.h"
#include "steelyard/report/product_estimate.h"
#include "steelyard/report/text_table.h"

namespace steelyard::report {
namespace {

using Json = nlohmann::ordered_json;
using Offer = ProductEstimate::Offer;

std::string hours_of(const ProductEstimateRequest& request) {
  const auto hours = money::Rational::ratio(request.end.seconds - request.start.seconds, 3600)
                         .to_decimal(money::Rounding::half_away);
  return hours.has_value() ? grouped(hours->to_text()) + " h" : "";
}

std::string months_of(const ProductEstimateRequest& request) {
  return std::to_string(request.months) + (request.months == 1 ? " month" : " months");
}

std::string settings_of(const PlannedResource& resource) {
  std::string text;
  for (const Settings* settings : {&resource.meters, &resource.attributes, &resource.config}) {
    for (const auto& [name, value] : *settings) {
      text += (text.empty() ? "" : " ") + name + '=' + value;
    }
  }
  return text;
}

std::string amount_of(const Offer& offer) {
  return offer.charge.is_rated ? grouped(offer.charge.amount.to_text()) : "no price";
}

/// What the total leaves out.
std::string left_out(std::size_t missing, const char* which) {
  if (missing == 0) return {};
  return std::string("The sum ") + which + " is without the " + std::to_string(missing) +
         (missing == 1 ? " resource that has" : " resources that have") + " no price.\n";
}

std::string details_of(const Offer& offer, const std::string& heading,
                       const std::string& currency) {
  std::string text = heading + '\n';
  if (!offer.charge.is_rated) {
    return text + "  " + std::string(name_of(offer.charge.reason)) + ": " + offer.reason + '\n';
  }
  return text + indented(charge_table(offer.charge, currency));
}

Json json_of(const Offer& offer) {
  if (!offer.charge.is_rated) {
    return {
        {"status", "unrated"}, {"reason", name_of(offer.charge.reason)}, {"detail", offer.reason}};
  }
  return {{"status", "rated"},
          {"amount", offer.charge.amount.to_text()},
          {"lines", lines_json(offer.charge)}};
}

Json json_of(const Settings& settings) {
  Json json = Json::object();
  for (const auto& [name, value] : settings) json[name] = value;
  return json;
}

}  // namespace

std::string to_text(const ProductEstimate& estimate, const ProductEstimateRequest& request,
                    const rating::Rater& rater) {
  const std::string currency(rater.currency());
  const std::string zone = rater.catalog().time_zone();
  base::Calendar calendar(zone);
  std::string text = request.product + " from " + calendar.to_text(request.start.seconds) + " to " +
                     calendar.to_text(request.end.seconds) + ", " + zone + '\n';
  for (const ProductEstimate::Resource& each : estimate.resources) {
    text += "  " + each.resource->name + ": " + settings_of(*each.resource) + '\n';
  }
  std::vector<std::string> usage;
  std::vector<std::string> subscription;
  for (const ProductEstimate::Resource& each : estimate.resources) {
    usage.push_back(amount_of(each.by_usage));
    subscription.push_back(amount_of(each.subscription));
  }
  usage.push_back(grouped(estimate.usage_total.to_text()));
  subscription.push_back(grouped(estimate.subscription_total.to_text()));
  usage = with_points_aligned(std::move(usage));
  subscription = with_points_aligned(std::move(subscription));
  std::vector<Column> columns = {
      {"resource"}, {"by usage, " + hours_of(request) + ", " + currency, Align::right}};
  if (estimate.has_subscriptions) {
    columns.push_back({"subscription, " + months_of(request) + ", " + currency, Align::right});
  }
  TextTable table(std::move(columns));
  const auto add_row = [&](const std::string& name, std::size_t at) {
    std::vector<std::string> cells = {name, usage[at]};
    if (estimate.has_subscriptions) cells.push_back(subscription[at]);
    table.add(std::move(cells));
  };
  for (std::size_t i = 0; i < estimate.resources.size(); ++i) {
    add_row(estimate.resources[i].resource->name, i);
  }
  table.add_rule();
  add_row("sum", estimate.resources.size());
  text += '\n' + table.to_text() + left_out(estimate.usage_missing, "by usage") +
          left_out(estimate.subscription_missing, "of subscriptions");
  for (const ProductEstimate::Resource& each : estimate.resources) {
    const std::string& name = each.resource->name;
    text += '\n' + details_of(each.by_usage, name + ", by usage", currency);
    if (!estimate.has_subscriptions) continue;
    text += '\n' + details_of(each.subscription, name + ", as a subscription", currency);
  }
  return text;
}

std::string to_json(const ProductEstimate& estimate, const ProductEstimateRequest& request,
                    const rating::Rater& rater) {
  Json json = {{"product", request.product},
               {"currency", rater.currency()},
               {"start", base::to_rfc3339(request.start)},
               {"end", base::to_rfc3339(request.end)},
               {"months", request.months},
               {"resources", Json::array()}};
  for (const ProductEstimate::Resource& each : estimate.resources) {
    json["resources"].push_back({{"resource", each.resource->name},
                                 {"meters", json_of(each.resource->meters)},
                                 {"attributes", json_of(each.resource->attributes)},
                                 {"config", json_of(each.resource->config)},
                                 {"by_usage", json_of(each.by_usage)}});
    if (estimate.has_subscriptions) {
      json["resources"].back()["subscription"] = json_of(each.subscription);
    }
  }
  json["by_usage"] = {{"amount", estimate.usage_total.to_text()},
                      {"without_price", estimate.usage_missing}};
  if (!estimate.has_subscriptions) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
  }
  json["subscription"] = {{"amount", estimate.subscription_total.to_text()},
                          {"without_price", estimate.subscription_missing}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace steelyard::report
