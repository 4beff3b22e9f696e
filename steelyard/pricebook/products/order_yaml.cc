#include "steelyard/pricebook/products/rules_yaml.h"
#include "steelyard/pricebook/products/sections.h"

namespace steelyard::pricebook::products {
namespace {

constexpr std::uint32_t months_max = 120;

void read_term(const ProductFile& file, const YamlMap& order, OrderItem& item) {
  const YAML::Node node = order.map("term");
  if (!node.IsDefined() || !node.IsMap()) return;
  const YamlMap map(node, file.name, {}, file.findings);
  for (const std::string& key : map.keys()) {
    if (is_remark(key)) continue;
    const auto months = money::Decimal::parse(key);
    const auto charged = read_decimal(file, map, key, Zero::allowed);
    std::uint32_t bought = 1;
    while (bought <= months_max && months != money::Decimal::whole(bought)) ++bought;
    if (bought > months_max) {
      file.error(
          map.key_node(key), "malformed_number",
          "'" + key + "' is not a whole number of months up to " + std::to_string(months_max));
    } else if (charged.has_value()) {
      item.months_charged[static_cast<int>(bought)] = *charged;
    }
  }
}

void read_refund(const ProductFile& file, const YamlMap& order, RefundRule& rule) {
  const YAML::Node node = order.map("refund");
  if (!node.IsDefined() || !node.IsMap()) return;
  const YamlMap map = file.open(node, "refund");
  const auto days = [&](std::string_view key, int& count) {
    if (const auto value = read_whole(map, key, 0, 3'650)) count = static_cast<int>(*value);
  };
  days("full_within_days", rule.full_within_days);
  days("short_use_days", rule.short_use_days);
  if (const auto factor = read_decimal(file, map, "short_use_factor", Zero::refused)) {
    rule.short_use_factor = *factor;
  }
  if (const auto fee = read_decimal(file, map, "fee", Zero::allowed)) rule.fee = *fee;
  rule.conversion_fee = read_decimal(file, map, "conversion_fee", Zero::allowed);
  const auto check_share = [&](const char* key, const money::Decimal& share) {
    if (share <= money::Decimal::whole(1)) return;
    map.error(key, "malformed_number",
              "'" + std::string(key) + "' is a share of what is left: at most 1");
  };
  check_share("fee", rule.fee);
  check_share("conversion_fee", rule.conversion_fee.value_or(money::Decimal{}));
}

}  // namespace

PeriodRule read_period(const ProductFile& file, const YamlMap& map) {
  PeriodRule rule;
  const YAML::Node node = map.map("period");
  if (!node.IsDefined() || !node.IsMap()) return rule;
  const YamlMap period = file.open(node, "period");
  if (const auto word = period.one_of("start", {"purchase", "top_of_hour", "next_midnight"})) {
    rule.start = static_cast<PeriodRule::Start>(*word);
  }
  if (const auto word = period.one_of("end", {"end_of_day", "same_clock_time"})) {
    rule.end = static_cast<PeriodRule::End>(*word);
  }
  rule.extra_days = static_cast<int>(read_whole(period, "extra_days", 0, 366).value_or(0));
  rule.month_days = static_cast<int>(read_whole(period, "month_days", 1, 366).value_or(0));
  return rule;
}

void read_order(ProductFile& file, const YAML::Node& node) {
  const YamlMap map = file.open(node, "order");
  const Vocabulary config{Vocabulary::Kind::config};
  OrderItem item;
  item.place = map.place();
  item.name = map.needed("order");
  item.code = read_code(file, map, "order", item.name);
  item.title = map.text("title").value_or("");
  item.unit = map.needed("unit");
  item.validity = read_validity(file, map);
  item.where = read_conditions(file, map, "where", config);
  item.quantity = read_words(file, map, "quantity");
  for (const std::string& each : item.quantity) {
    require_attribute(file, map.place_of("quantity"), each, config);
  }
  if (map.has("price")) {
    item.price = read_price_table(file, map.at("price"), config);
  } else {
    map.error("price", "missing_key", "'price' is missing; if it is not known: placeholder");
  }
  read_term(file, map, item);
  item.period = read_period(file, map);
  read_refund(file, map, item.refund);
  file.product.orders.push_back(std::move(item));
}

}  // namespace steelyard::pricebook::products
