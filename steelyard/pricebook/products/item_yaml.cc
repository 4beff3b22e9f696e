#include <algorithm>

#include "steelyard/base/limits.h"
#include "steelyard/pricebook/products/rules_yaml.h"
#include "steelyard/pricebook/products/sections.h"

namespace steelyard::pricebook::products {
namespace {

using metering::Dim;
using metering::WindowKind;

std::optional<MoneyRules::To> read_rounding(const ProductFile& file, const YamlMap& map,
                                            std::string_view key) {
  const YAML::Node node = map.map(key);
  if (!node.IsDefined() || !node.IsMap()) return std::nullopt;
  const YamlMap rounding = file.open(node, "rounding");
  std::optional<MoneyRules::To> result;
  constexpr std::pair<std::string_view, money::Rounding> words[] = {
      {"half_up", money::Rounding::half_away},
      {"down", money::Rounding::toward_zero},
      {"up", money::Rounding::away_from_zero}};
  for (const auto& [word, direction] : words) {
    if (!rounding.has(word)) continue;
    if (result.has_value()) rounding.error(word, "unknown_word", "two roundings stand here");
    result = {static_cast<int>(read_whole(rounding, word, 0, 12).value_or(12)), direction};
  }
  if (!result.has_value()) {
    map.error(key, "missing_key", "half_up, down or up is missing: the digits after the point");
  }
  return result;
}

MoneyRules read_money(const ProductFile& file, const YamlMap& item) {
  MoneyRules rules;
  const YAML::Node node = item.map("money");
  if (!node.IsDefined() || !node.IsMap()) return rules;
  const YamlMap map = file.open(node, "money");
  rules.line = read_rounding(file, map, "line");
  rules.fee = read_rounding(file, map, "fee");
  rules.minimum = read_decimal(file, map, "minimum", Zero::refused);
  return rules;
}

std::vector<Dim> read_dims(const ProductFile& file, const YamlMap& map, std::string_view key,
                           DimPlace place) {
  std::vector<Dim> dims;
  for (const YAML::Node& each : members(map.at(key))) {
    if (dims.size() == limits::product_dims_max) {
      map.error(key, "too_large", "'" + std::string(key) + "' has too many entries");
      break;
    }
    if (auto dim = read_dim(file, each, place)) dims.push_back(*std::move(dim));
  }
  return dims;
}

/// The price table may also choose by what a cover found.
Vocabulary vocabulary_of(const CloudItem& item) {
  Vocabulary vocabulary;
  for (const metering::Step& step : item.shape) {
    const auto* const combine = std::get_if<metering::Combine>(&step);
    if (combine == nullptr || combine->operation != metering::Combine::Operation::cover) continue;
    AttributeName name{combine->cover.attribute, AttributeName::Type::word, {}, {}, {}, {}};
    for (const auto& row : combine->cover.rows) name.values.push_back(row.word);
    vocabulary.more.push_back(std::move(name));
  }
  return vocabulary;
}

std::int64_t seconds_of(metering::TimeUnit unit) {
  constexpr std::int64_t seconds[] = {1, 60, 3'600, 86'400};
  return seconds[static_cast<std::size_t>(unit)];
}

/// Whether an item's only meter is presence, rounded to its whole window.
bool is_whole_slot(const CloudItem& item) {
  if (item.measure.size() != 1 || !item.times.empty()) return false;
  const Dim& dim = item.measure.front();
  if (dim.aggregate != Dim::Aggregate::up || !dim.each.empty()) return false;
  const auto& steps = dim.shape.empty() ? item.shape : dim.shape;
  if (steps.empty()) return false;
  const auto* const round = std::get_if<metering::Round>(&steps.front());
  if (round == nullptr || round->direction == metering::Round::Direction::half_up ||
      !round->step.constant.has_value()) {
    return false;
  }
  const std::int64_t window = item.window == WindowKind::minute ? 60
                              : item.window == WindowKind::hour ? 3'600
                              : item.window == WindowKind::day  ? 86'400
                                                                : 0;
  return *round->step.constant * money::Rational::whole(seconds_of(dim.unit)) ==
         money::Rational::whole(window);
}

void read_on_change(const YamlMap& map, CloudItem& item) {
  using enum CloudItem::OnChange;
  if (const auto word = map.one_of("on_change", {"split", "dearest"})) {
    item.on_change = *word == 0 ? split : dearest;
  } else {
    item.on_change = is_whole_slot(item) ? dearest : split;
  }
}

void read_scope(const ProductFile& file, const YamlMap& map, CloudItem& item) {
  item.where = read_conditions(file, map, "where", {});
  item.window = read_window(map, "window").value_or(WindowKind::hour);
  item.by = read_words(file, map, "by");
  for (const std::string& each : item.by) {
    if (each == "account" || each == "resource") {
      map.error("by", "without_effect",
                "an item is always apart by account and resource; coarser is a step 'pool'");
    } else {
      require_attribute(file, map.place_of("by"), each, {});
    }
  }
}

}  // namespace

void read_item(ProductFile& file, const YAML::Node& node) {
  const YamlMap map = file.open(node, "item");
  CloudItem item;
  item.place = map.place();
  item.name = map.needed("item");
  item.code = read_code(file, map, "item", item.name);
  item.title = map.text("title").value_or("");
  item.unit = map.needed("unit");
  item.validity = read_validity(file, map);
  read_scope(file, map, item);
  if (!map.has("measure")) map.error("measure", "missing_key", "'measure' is missing");
  item.measure = read_dims(file, map, "measure", DimPlace::measure);
  item.shape = read_steps(file, map, "shape", StepPlace::item, item.measure);
  item.times = read_dims(file, map, "times", DimPlace::times);
  if (map.has("price")) {
    item.price = read_price_table(file, map.at("price"), vocabulary_of(item));
  } else {
    map.error("price", "missing_key",
              "'price' is missing; if it is not known: {" + std::string(file.book.currency.code()) +
                  ": placeholder}");
  }
  read_on_change(map, item);
  item.money = read_money(file, map);
  item.covered_fills_tiers = map.one_of("tiers_count", {"rest", "all"}) == 1;
  item.settle = map.text("settle").value_or("");
  file.product.items.push_back(std::move(item));
}

}  // namespace steelyard::pricebook::products
