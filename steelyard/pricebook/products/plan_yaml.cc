#include "steelyard/base/limits.h"
#include "steelyard/pricebook/products/rules_yaml.h"
#include "steelyard/pricebook/products/sections.h"

namespace steelyard::pricebook::products {
namespace {

using Factor = CloudPlan::Cover::Factor;

void read_factor(const ProductFile& file, const YamlMap& map, CloudPlan::Cover& cover) {
  const Vocabulary other{Vocabulary::Kind::other_product};
  const YAML::Node node = map.at("factor");
  cover.factor.constant = money::Rational::whole(1);
  if (!node.IsDefined()) return;
  if (is_word(node, "list_price")) {
    cover.kind = Factor::list_price;
  } else if (has_key(node, "multiplier")) {
    cover.kind = Factor::multiplier;
    const YamlMap multiplier = file.open(node, "multiplier");
    cover.factor = read_lookup(file, multiplier.at("multiplier"), Zero::refused, other);
  } else {
    cover.factor = read_lookup(file, node, Zero::refused, other);
  }
}

CloudPlan::Cover read_cover(const ProductFile& file, const YAML::Node& node) {
  const YamlMap map = file.open(node, "covered");
  CloudPlan::Cover cover;
  cover.item = map.needed("item");
  cover.where = read_conditions(file, map, "where", {Vocabulary::Kind::other_product});
  read_factor(file, map, cover);
  return cover;
}

void read_quota(const ProductFile& file, const YamlMap& map, CloudPlan& plan) {
  using metering::WindowKind;
  constexpr WindowKind resets[] = {WindowKind::life, WindowKind::hour, WindowKind::day,
                                   WindowKind::month};
  if (const auto word = map.one_of("reset", {"none", "hour", "day", "month"})) {
    plan.reset = resets[*word];
  }
  plan.is_free = read_flag(map, "free");
  plan.free_quota = read_decimal(file, map, "quota", Zero::refused);
  plan.unless = read_words(file, map, "unless");
  if (plan.is_free && !map.has("quota")) {
    map.error("free", "missing_key", "a free plan needs 'quota': nobody buys one with it");
  }
  if (!plan.is_free && !plan.unless.empty()) {
    map.error("unless", "without_effect", "'unless' is for free plans");
  }
}

}  // namespace

void read_plan(ProductFile& file, const YAML::Node& node) {
  const YamlMap map = file.open(node, "plan");
  CloudPlan plan;
  plan.place = map.place();
  plan.name = map.needed("plan");
  plan.code = read_code(file, map, "plan", plan.name);
  plan.title = map.text("title").value_or("");
  plan.unit = map.needed("unit");
  plan.validity = read_validity(file, map);
  read_quota(file, map, plan);
  for (const YAML::Node& each : members(map, "covers", limits::product_items_max)) {
    plan.covers.push_back(read_cover(file, each));
  }
  if (plan.covers.empty()) {
    map.error("covers", "missing_key", "'covers' is missing: the plan covers nothing");
  }
  if (const auto priority = read_whole(map, "priority", 0, 1'000'000)) {
    plan.priority = static_cast<int>(*priority);
  }
  plan.serves_deepest_discount_first = map.one_of("serves", {"time", "discount"}) == 1;
  plan.is_stackable = !map.has("stackable") || read_flag(map, "stackable");
  if (plan.is_free && map.has("stackable")) {
    map.error("stackable", "without_effect", "'stackable' is for plans that are bought");
  }
  plan.period = read_period(file, map);
  plan.quantity = read_words(file, map, "quantity");
  if (map.has("price")) {
    plan.price = read_price_table(file, map.at("price"), {Vocabulary::Kind::config});
  } else if (!plan.quantity.empty()) {
    map.error("quantity", "without_effect", "'quantity' is priced, and the plan has no 'price'");
  }
  file.product.plans.push_back(std::move(plan));
}

}  // namespace steelyard::pricebook::products
