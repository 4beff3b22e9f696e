#include <algorithm>

#include "steelyard/report/cloud_receipt.h"
#include "steelyard/report/reasons.h"
#include "steelyard/report/receipt.h"
#include "steelyard/report/text_table.h"

namespace steelyard::report {
namespace {

using batch::Status;

std::string text_of(std::uint64_t count) { return grouped(std::to_string(count)); }

/// "  label        text"; nothing for an empty text.
std::string field(std::string_view label, const std::string& text) {
  constexpr std::size_t width = 13;
  if (text.empty()) return {};
  const std::size_t space = width - std::min(width - 1, width_of(label));
  return "  " + std::string(label) + std::string(space, ' ') + text + '\n';
}

std::string who(const Receipt& receipt) {
  const batch::FoundEvent& found = *receipt.found;
  const usage::UsageEvent& event = *found.event;
  const bool is_read = found.record->status != Status::rejected;
  const std::string id(found.record->id);
  std::string text = (id.empty() ? "An event" : id);
  if (!found.record->source.empty()) text += " from " + std::string(found.record->source);
  text += ", " + found.place + '\n';
  text += field("account", std::string(found.record->account));
  text += field("model", std::string(event.call.model) +
                             (receipt.model.empty() || receipt.model == event.call.model
                                  ? ""
                                  : ", another name of " + receipt.model));
  text += field("product", std::string(event.resource.product) + std::string(event.order.product));
  text +=
      field("resource", std::string(event.resource.resource) + std::string(event.order.resource));
  text += field("plan", std::string(event.plan.plan));
  if (event.voids.id.data() != nullptr) {
    text += field("takes back",
                  std::string(event.voids.id) + " from " + std::string(event.voids.source));
  }
  if (event.resource.replaces) {
    text += field("replaces", std::string(event.resource.replaces->id) + " from " +
                                  std::string(event.resource.replaces->source));
  }
  if (is_read) {
    text += field("complete at", base::to_rfc3339(event.time));
    if (!receipt.started.empty()) {
      text += field("started at", base::to_rfc3339(event.priced_at) + ", decides the prices");
    }
  }
  return text + field("protocol", receipt.protocol);
}

std::string what_became_of_it(const Receipt& receipt) {
  const batch::FoundEvent& found = *receipt.found;
  const batch::Record& record = *found.record;
  const std::string first =
      found.first_place.empty() ? "earlier in the input" : "at " + found.first_place;
  std::string text = field("status", std::string(name_of(record.status)));
  switch (record.status) {
    case Status::rated: return text;
    case Status::duplicate:
      return text + field("", "The same source and id with the same content stand " + first +
                                  ": charged once, there.");
    case Status::conflict:
      return text +
             field("", "The same source and id with other content stand " + first +
                           ": this line is not charged.") +
             field("to do",
                   "If it is another fact, send it with an id of its own; if it corrects "
                   "the first, take that back first.");
    case Status::unrated:
    case Status::rejected:
      return text + field("reason", std::string(name_of(record.reason)) + ": " + record.detail) +
             field("to do", std::string(advice_for(record.reason)));
  }
  return text;
}

std::string counts(const Receipt& receipt) {
  std::string text;
  if (!receipt.reported.empty()) {
    TextTable table({{"as reported"}, {"", Align::right}});
    for (const Receipt::Count& count : receipt.reported) {
      const bool is_number = count.value.find_first_not_of("0123456789") == std::string::npos;
      table.add({count.name, is_number ? grouped(count.value) : count.value});
    }
    text += '\n' + indented(table.to_text());
  }
  if (!receipt.classes.empty()) {
    TextTable table({{"taken apart"}, {"tokens", Align::right}, {"from"}});
    for (const Receipt::TokenClass& each : receipt.classes) {
      table.add({each.name, each.tokens ? text_of(*each.tokens) : "-", each.how});
    }
    text += '\n' + indented(table.to_text());
  }
  return text;
}

std::string prices(const Receipt& receipt) {
  std::string text = "\n" + field("call", receipt.mode);
  if (receipt.version == nullptr) return receipt.mode.empty() ? "" : text;
  const pricebook::PriceBook& book = *receipt.version;
  text +=
      field("price book", book.name + (book.version.empty() ? "" : ", version " + book.version));
  text += field("sha256", book.content_hash);
  if (receipt.tier != nullptr) {
    text += field("tier", receipt.tier->label + ": " + receipt.tier_reason);
  }
  return text;
}

/// What stands above the lines of a fact that is not charged here.
std::string title(Status status) {
  if (status == Status::duplicate) return "\n  What was charged, once:\n\n";
  if (status == Status::conflict) return "\n  What it would cost as a fact of its own:\n\n";
  return "\n";
}

std::string arithmetic(const Receipt& receipt, std::string_view currency) {
  const rating::Charge& charge = receipt.found->record->charge;
  if (receipt.lines.empty()) {
    return '\n' + field("amount", charge.amount.to_text() + ' ' + std::string(currency));
  }
  TextTable table({{"item"},
                   {"tokens", Align::right},
                   {""},
                   {"price", Align::right},
                   {""},
                   {"per", Align::right},
                   {""},
                   {"amount " + std::string(currency), Align::right},
                   {"price in force"},
                   {"stands at"}});
  std::vector<std::string> prices_in_text;
  std::vector<std::string> amounts;
  for (const Receipt::PricedLine& each : receipt.lines) {
    prices_in_text.push_back(grouped(each.line->row->price.to_text()));
    amounts.push_back(grouped(each.line->amount.to_text()));
  }
  amounts.push_back(grouped(charge.amount.to_text()));
  prices_in_text = with_points_aligned(std::move(prices_in_text));
  amounts = with_points_aligned(std::move(amounts));
  for (std::size_t i = 0; i < receipt.lines.size(); ++i) {
    const Receipt::PricedLine& each = receipt.lines[i];
    const rating::PriceRow& row = *each.line->row;
    table.add({row.item, text_of(each.line->quantity), "×", prices_in_text[i], "÷",
               text_of(row.per), "=", amounts[i], each.in_force,
               each.price == nullptr ? "" : each.price->place.to_text()});
  }
  table.add_rule();
  table.add({"sum", "", "", "", "", "", "=", amounts.back(), "", ""});
  std::string text = title(receipt.found->record->status) + indented(table.to_text());
  for (const Receipt::PricedLine& each : receipt.lines) {
    const rating::PriceRow& row = *each.line->row;
    if (row.price == row.list_price) continue;
    text += "  " + std::string(receipt.found->record->account) + " has a price of its own for " +
            row.item + ": " + row.price.to_text() + " instead of the list price " +
            row.list_price.to_text() + ".\n";
  }
  return text;
}

std::string what_ifs(const Receipt& receipt, const rating::Rater& rater) {
  std::string text;
  for (const WhatIf& what_if : receipt.what_ifs) {
    text += "  The same call " + what_if.change + ": ";
    if (!what_if.charge.is_rated) {
      text += "no price (" + std::string(name_of(what_if.charge.reason)) + ").\n";
      continue;
    }
    const bool is_less = what_if.difference.is_negative();
    const money::Decimal change = is_less ? -what_if.difference : what_if.difference;
    text += grouped(what_if.charge.amount.to_text()) + ' ' + std::string(rater.currency()) +
            (change.is_zero()
                 ? ", the same.\n"
                 : ", " + grouped(change.to_text()) + (is_less ? " less" : " more") + ".\n");
  }
  return text;
}

}  // namespace

std::string to_text(const Receipt& receipt, const rating::Rater& rater) {
  std::string text = who(receipt) + what_became_of_it(receipt) + counts(receipt) + prices(receipt);
  if (receipt.found->event->type != usage::EventType::model_call) {
    return text + cloud_text(*receipt.found, rater);
  }
  if (receipt.found->record->charge.is_rated && receipt.version != nullptr) {
    text += arithmetic(receipt, rater.currency());
  }
  const std::string below = what_ifs(receipt, rater);
  if (!receipt.notes.empty() || !below.empty()) text += '\n';
  for (const std::string& note : receipt.notes) text += "  " + note + '\n';
  return text + below;
}

}  // namespace steelyard::report
