#include <nlohmann/json.hpp>

#include "steelyard/pricebook/dates.h"
#include "steelyard/report/price_table.h"

namespace steelyard::report {
namespace {

using Json = nlohmann::ordered_json;
using pricebook::Override;
using pricebook::PriceBook;

void add_validity(const pricebook::Validity& validity, const std::string& zone, Json& json) {
  if (validity.from) json["effective_from"] = pricebook::date_text(validity.from, zone);
  if (validity.to) json["effective_to"] = pricebook::date_text(validity.to, zone);
}

Json price_of(const pricebook::ModelPrice& price, const std::string& zone) {
  Json json = {{"model", price.model}, {"tier", price.tier.label}, {"above", price.tier.above}};
  json["up_to"] = price.tier.up_to ? Json(*price.tier.up_to) : Json();
  json["item"] = name_of(price.item);
  json["price"] = price.price.to_text();
  add_validity(price.validity, zone, json);
  json["place"] = price.place.to_text();
  return json;
}

Json override_of(const Override& terms, const std::string& zone) {
  Json json = {{"account", terms.account}};
  if (terms.model) json["model"] = *terms.model;
  if (terms.item) json["item"] = name_of(*terms.item);
  if (terms.tier) json["tier"] = *terms.tier;
  if (const auto* contract = std::get_if<Override::ContractPrice>(&terms.terms)) {
    json["price"] = contract->price.to_text();
  } else {
    json["multiplier"] = std::get<Override::Multiplier>(terms.terms).factor.to_text();
  }
  add_validity(terms.validity, zone, json);
  return json;
}

}  // namespace

std::string to_json(const PriceBook& book) {
  Json json = {{"name", book.name},
               {"version", book.version},
               {"title", book.title},
               {"currency", book.currency.code()},
               {"per", std::to_string(book.per)},
               {"time_zone", book.time_zone},
               {"sha256", book.content_hash}};
  add_validity(book.validity, book.time_zone, json);
  json["prices"] = Json::array();
  for (const pricebook::ModelPrice& price : book.prices) {
    json["prices"].push_back(price_of(price, book.time_zone));
  }
  json["aliases"] = Json::array();
  for (const pricebook::Alias& alias : book.aliases) {
    Json each = {{"name", alias.name}, {"model", alias.model}};
    add_validity(alias.validity, book.time_zone, each);
    json["aliases"].push_back(std::move(each));
  }
  json["overrides"] = Json::array();
  for (const Override& terms : book.overrides) {
    json["overrides"].push_back(override_of(terms, book.time_zone));
  }
  json["products"] = Json::array();
  for (const pricebook::Product& product : book.products) {
    json["products"].push_back({{"id", product.id},
                                {"name", product.name},
                                {"codes", product.codes},
                                {"priced", product.is_priced}});
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace steelyard::report
