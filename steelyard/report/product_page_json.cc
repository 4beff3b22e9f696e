#include <nlohmann/json.hpp>

#include "steelyard/pricebook/dates.h"
#include "steelyard/pricebook/products/conditions.h"
#include "steelyard/pricebook/products/words.h"
#include "steelyard/report/product_page.h"

namespace steelyard::report {
namespace {

using Json = nlohmann::ordered_json;
using pricebook::PriceBook;
using pricebook::Product;
namespace words = pricebook::products;

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

class ProductJson {
 public:
  explicit ProductJson(const PriceBook& book) : zone_(book.time_zone) {}

  Json item(const pricebook::CloudItem& item) const {
    Json json = {{"item", item.name}, {"title", item.title}, {"unit", item.unit}};
    add_validity(item.validity, json);
    json["window"] = name_of(item.window);
    json["rule"] = words::rule_in_words(item);
    json["price"] = table(item.price);
    return json;
  }

  Json order(const pricebook::OrderItem& order) const {
    Json json = {{"order", order.name}, {"title", order.title}, {"unit", order.unit}};
    add_validity(order.validity, json);
    json["where"] = conditions(order.where);
    json["quantity"] = order.quantity;
    json["price"] = table(order.price);
    json["months_charged"] = Json::object();
    for (const auto& [months, charged] : order.months_charged) {
      json["months_charged"][std::to_string(months)] = charged.to_text();
    }
    return json;
  }

  Json plan(const pricebook::CloudPlan& plan) const {
    Json json = {{"plan", plan.name}, {"title", plan.title}, {"unit", plan.unit}};
    add_validity(plan.validity, json);
    json["reset"] = plan.reset == metering::WindowKind::life ? "none" : name_of(plan.reset);
    json["free"] = plan.is_free;
    if (!plan.is_stackable) json["stackable"] = false;
    if (plan.free_quota) json["quota"] = plan.free_quota->to_text();
    json["covers"] = Json::array();
    for (const auto& each : plan.covers) {
      const bool is_list_price = each.kind == pricebook::CloudPlan::Cover::Factor::list_price;
      json["covers"].push_back(
          {{"item", each.item},
           {"where", conditions(each.where)},
           {"factor", is_list_price ? "list_price" : words::to_text(each.factor)}});
    }
    if (plan.price) json["price"] = table(*plan.price);
    return json;
  }

 private:
  static Json conditions(const metering::Conditions& where) {
    Json json = Json::object();
    for (const metering::Condition& each : where) {
      json[each.attribute] = each.is_negated ? Json{{"not", each.values}} : Json(each.values);
    }
    return json;
  }

  void add_validity(const pricebook::Validity& validity, Json& json) const {
    if (validity.from) json["from"] = pricebook::date_text(validity.from, zone_);
    if (validity.to) json["to"] = pricebook::date_text(validity.to, zone_);
  }

  static Json bracket(const charge_model::Bracket& bracket) {
    Json json = {{"upto", bracket.up_to ? Json(bracket.up_to->to_text()) : Json()},
                 {"unit", bracket.unit.to_text()}};
    if (!bracket.flat.is_zero()) json["flat"] = bracket.flat.to_text();
    if (!bracket.base.is_zero()) json["base"] = bracket.base.to_text();
    return json;
  }

  Json row(const pricebook::CloudPriceRow& row) const {
    Json json = {{"where", conditions(row.where)}};
    if (row.hours) json["hours"] = words::to_text(*row.hours);
    add_validity(row.validity, json);
    if (row.is_free) json["free"] = true;
    json["price"] = row.price ? Json::array() : Json();
    if (row.price) {
      for (const auto& each : row.price->brackets) json["price"].push_back(bracket(each));
    }
    json["place"] = row.place.to_text();
    return json;
  }

  Json table(const pricebook::CloudPriceTable& table) const {
    Json json = {{"kernel", name_of(table.kernel)},
                 {"per", table.per.to_text()},
                 {"keys", table.keys},
                 {"rows", Json::array()}};
    for (const auto& each : table.rows) json["rows"].push_back(row(each));
    return json;
  }

  std::string zone_;
};

Json meter_of(const pricebook::MeterName& meter) {
  return {{"name", meter.name},
          {"kind", name_of(meter.kind)},
          {"unit", meter.unit},
          {"title", meter.title}};
}

Json attribute_of(const pricebook::AttributeName& attribute) {
  constexpr const char* types[] = {"word", "number", "time"};
  Json json = {{"name", attribute.name},
               {"type", types[static_cast<std::size_t>(attribute.type)]},
               {"values", attribute.values}};
  if (attribute.absent_means) json["default"] = *attribute.absent_means;
  return json;
}

}  // namespace

std::string product_json(const PriceBook& book, const Product& product) {
  const ProductJson writer(book);
  Json json = {{"product", product.id},   {"name", product.name},
               {"codes", product.codes},  {"currency", book.currency.code()},
               {"meters", Json::array()}, {"attributes", Json::array()},
               {"items", Json::array()},  {"orders", Json::array()},
               {"plans", Json::array()}};
  for (const auto& each : product.meters) json["meters"].push_back(meter_of(each));
  for (const auto& each : product.attributes) json["attributes"].push_back(attribute_of(each));
  for (const auto& each : product.items) json["items"].push_back(writer.item(each));
  for (const auto& each : product.orders) json["orders"].push_back(writer.order(each));
  for (const auto& each : product.plans) json["plans"].push_back(writer.plan(each));
  return dumped(json);
}

std::string placeholders_json(const PriceBook& book) {
  Json json = {
      {"book", book.name}, {"currency", book.currency.code()}, {"placeholders", Json::array()}};
  for (const Placeholder& each : placeholders_of(book)) {
    json["placeholders"].push_back({{"product", each.product},
                                    {"item", each.item},
                                    {"for", each.keys},
                                    {"in_force", each.in_force},
                                    {"place", each.place}});
  }
  return dumped(json);
}

}  // namespace steelyard::report
