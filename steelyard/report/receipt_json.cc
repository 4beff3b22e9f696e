#include <nlohmann/json.hpp>

#include "steelyard/report/cloud_receipt_json.h"
#include "steelyard/report/ndjson.h"
#include "steelyard/report/reasons.h"
#include "steelyard/report/receipt.h"

namespace steelyard::report {
namespace {

using Json = nlohmann::ordered_json;
using batch::Status;

Json tier_of(const pricebook::TierRange& tier) {
  Json json = {{"label", tier.label}, {"above", tier.above}};
  json["up_to"] = tier.up_to ? Json(*tier.up_to) : Json();
  return json;
}

Json line_of(const Receipt::PricedLine& priced) {
  const rating::PriceRow& row = *priced.line->row;
  Json json = {{"item", row.item},
               {"tier", row.tier.label},
               {"quantity", std::to_string(priced.line->quantity)},
               {"unit", "token"},
               {"price", row.price.to_text()},
               {"per", std::to_string(row.per)},
               {"amount", priced.line->amount.to_text()},
               {"in_force", priced.in_force}};
  if (row.price != row.list_price) json["list_price"] = row.list_price.to_text();
  if (priced.price != nullptr) json["place"] = priced.price->place.to_text();
  return json;
}

Json what_if_of(const WhatIf& what_if) {
  Json json = {{"change", what_if.change}, {"total_input", what_if.total_input}};
  if (what_if.charge.is_rated) {
    json["amount"] = what_if.charge.amount.to_text();
    json["difference"] = what_if.difference.to_text();
  } else {
    json["reason"] = name_of(what_if.charge.reason);
  }
  return json;
}

void add_charge(const Receipt& receipt, const rating::Rater& rater, Json& json) {
  const rating::Charge& charge = receipt.found->record->charge;
  const pricebook::PriceBook& book = *receipt.version;
  json["price_book"] = {
      {"name", book.name}, {"version", book.version}, {"sha256", book.content_hash}};
  json["priced_model"] = receipt.model;
  if (receipt.tier != nullptr) {
    json["tier"] = tier_of(*receipt.tier);
    json["tier_reason"] = receipt.tier_reason;
  }
  json["currency"] = rater.currency();
  json["amount"] = charge.amount.to_text();
  json["lines"] = Json::array();
  for (const Receipt::PricedLine& line : receipt.lines) json["lines"].push_back(line_of(line));
  json["notes"] = note_names(charge);
  json["notes_in_words"] = receipt.notes;
  json["what_if"] = Json::array();
  for (const WhatIf& what_if : receipt.what_ifs) json["what_if"].push_back(what_if_of(what_if));
}

}  // namespace

std::string to_json(const Receipt& receipt, const rating::Rater& rater) {
  const batch::FoundEvent& found = *receipt.found;
  const batch::Record& record = *found.record;
  Json json = {{"place", found.place},
               {"source", record.source},
               {"id", record.id},
               {"account", record.account},
               {"status", name_of(record.status)}};
  if (!found.first_place.empty()) json["first_place"] = found.first_place;
  if (record.status == Status::unrated || record.status == Status::rejected) {
    json["reason"] = name_of(record.reason);
    json["advice"] = advice_for(record.reason);
  }
  if (!record.detail.empty()) json["detail"] = record.detail;
  if (!found.event->call.model.empty()) json["model"] = found.event->call.model;
  if (record.status != Status::rejected) {
    json["time"] = base::to_rfc3339(found.event->time);
    json["priced_at"] = base::to_rfc3339(found.event->priced_at);
  }
  if (!receipt.protocol.empty()) json["protocol"] = receipt.protocol;
  for (const Receipt::Count& count : receipt.reported) json["reported"][count.name] = count.value;
  for (const Receipt::TokenClass& each : receipt.classes) {
    json["tokens"].push_back({{"class", each.name},
                              {"tokens", each.tokens ? Json(*each.tokens) : Json()},
                              {"from", each.how}});
  }
  if (!receipt.mode.empty()) json["mode"] = receipt.mode;
  if (found.event->type != usage::EventType::model_call) {
    add_cloud(found, rater, json);
  } else if (record.charge.is_rated && receipt.version != nullptr) {
    // Only what is rated carries an amount of its own.
    add_charge(receipt, rater, record.status == Status::rated ? json : json["would_be"]);
  }
  // A record's texts are UTF-8, or they would have been rejected; a file's name need not be.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace steelyard::report
