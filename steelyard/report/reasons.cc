#include "steelyard/report/reasons.h"

#include <array>

namespace steelyard::report {
namespace {

using enum base::ErrorCode;

constexpr std::array list = {
    ReasonText{malformed_json, "The line is not one JSON object in valid UTF-8.",
               "Correct what writes the line, and send it again: it has taken no identity."},
    ReasonText{too_large, "The line has more than 1,048,576 bytes.",
               "Send the usage without the texts of the call, one event on each line."},
    ReasonText{missing_field, "A field that every event must have is absent or null.",
               "Add the field that is named, and send the event again."},
    ReasonText{invalid_field, "A field has a value that it can not have.",
               "Correct the field that is named, and send the event again."},
    ReasonText{unknown_type, "The type is neither ai.model.call nor cloud.resource.usage.",
               "Send the event with one of the two types."},
    ReasonText{invalid_time, "A time is not an RFC 3339 time, or ends before it begins.",
               "Write times as 2026-11-22T08:00:03Z, with the zone."},
    ReasonText{unknown_protocol, "The protocol is none whose usage can be read.",
               "Name the protocol whose usage object it is; steelyard reference usage-formats "
               "lists them."},
    ReasonText{usage_missing, "The call reports no usage, and it did not fail.",
               "Take the usage from the provider's answer (of a stream: from its last part). "
               "Unknown is not 0."},
    ReasonText{invalid_quantity,
               "A count is not a whole number from 0 to 2^53 - 1, or what it costs is above 10^15.",
               "Send the provider's numbers as numbers, unchanged."},
    ReasonText{inconsistent_usage,
               "The counts contradict each other, such as more cached than "
               "input tokens.",
               "Check that the protocol is the one whose usage it is, then the provider's answer. "
               "Counts are never clamped."},
    ReasonText{too_many_names,
               "A server takes 10,000 distinct models and regions of a tenant, and 10,000,000 "
               "accounts, projects, API keys and sources. This event has one more.",
               "Look whether something that differs in each call, such as a time or a request's "
               "id, is sent as a name. Events with names that came before are taken."},
    ReasonText{unknown_model, "The price book has no model of that name.",
               "Add its prices to models.csv or an alias to book.yaml, and rate the events again."},
    ReasonText{above_top_tier, "The call has more input tokens than the last tier prices.",
               "Check the count: providers refuse such calls. If the model does take more input "
               "now, add its tier to models.csv."},
    ReasonText{no_price_for_item,
               "A part of the call has no price, such as output of a model "
               "that only has input prices.",
               "Add the missing row to models.csv; a price of 0 is a price."},
    ReasonText{no_batch_price, "The call was made by batch, and the book has no batch prices.",
               "Rate batch calls when the price list has prices for them."},
    ReasonText{unknown_product, "The price book has no cloud product of that code.",
               "Use a code of the price book, or add the product to products/."},
    ReasonText{unknown_meter,
               "The product has no meter of that name, or one that another is multiplied by is "
               "missing.",
               "Use a meter of the product: steelyard products CODE lists them."},
    ReasonText{missing_attribute, "The price depends on an attribute that the event does not have.",
               "Add the attribute that is named."},
    ReasonText{no_price_at_that_time, "It is in the price book, but has no price at that time.",
               "Check the time of the event, then the effective dates in the price book. Prices of "
               "cloud products that are not known: steelyard pricebook show --placeholders; "
               "book.yaml fills them in."},
    ReasonText{unknown_attribute,
               "The product declares no attribute of that name, or not with that value.",
               "Use an attribute of the product: steelyard products CODE lists them."},
    ReasonText{unknown_event,
               "A correction names an event that did not come before, or was not charged.",
               "Check source and id of the event that is voided or replaced."},
    ReasonText{unknown_plan, "The price book has no plan of that name.",
               "Use a plan of the price book: steelyard products CODE lists them."},
    ReasonText{window_is_settled,
               "Its usage lies in a window whose fee is final: the month was closed, or the window "
               "is older than --settle-after.",
               "Agree with the customer how it is charged, and send it as usage of a month that is "
               "open, or leave it uncharged."},
};

}  // namespace

std::span<const ReasonText> reasons() { return list; }

std::string_view advice_for(ErrorCode reason) {
  for (const ReasonText& text : list) {
    if (text.code == reason) return text.advice;
  }
  return {};
}

bool is_unrated(ErrorCode reason) { return reason >= unknown_model && reason <= window_is_settled; }

}  // namespace steelyard::report
