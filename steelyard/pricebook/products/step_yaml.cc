#include "steelyard/base/limits.h"
#include "steelyard/pricebook/products/rules_yaml.h"

namespace steelyard::pricebook::products {
namespace {

using metering::Step;
using Dims = std::vector<metering::Dim>;

/// The one key of a mapping that may have only one; none, noted, if there are more.
std::optional<std::string> only_key(const ProductFile& file, const YamlMap& map,
                                    std::string_view what) {
  std::optional<std::string> only;
  for (const std::string& key : map.keys()) {
    if (is_remark(key)) continue;
    if (only.has_value()) {
      map.error(key, "unknown_word",
                "'" + *only + "' and '" + key + "' stand in one " + std::string(what) +
                    ": each needs one of its own");
      return std::nullopt;
    }
    only = key;
  }
  if (!only.has_value()) {
    file.findings.error("missing_key", map.place(), "the " + std::string(what) + " says nothing");
  }
  return only;
}

metering::Round read_round(const ProductFile& file, const YAML::Node& node) {
  metering::Round round;
  round.step.constant = money::Rational::whole(1);
  const YamlMap map = file.open(node, "round");
  const auto key = only_key(file, map, "rounding");
  if (!key.has_value()) return round;
  using enum metering::Round::Direction;
  round.direction = *key == "down" ? down : *key == "half_up" ? half_up : up;
  round.step = read_lookup(file, map.at(*key), Zero::refused);
  return round;
}

metering::AtLeast read_at_least(const ProductFile& file, const YAML::Node& node) {
  if (!has_key(node, "value")) return {read_lookup(file, node, Zero::allowed), false};
  const YamlMap map = file.open(node, "at_least");
  return {read_lookup(file, map.at("value"), Zero::allowed), read_flag(map, "even_zero")};
}

metering::Less read_less(const ProductFile& file, const YAML::Node& node, StepPlace place) {
  metering::Less less;
  if (!has_key(node, "of")) {
    less.amount = read_lookup(file, node, Zero::allowed);
    return less;
  }
  const YamlMap map = file.open(node, "less");
  if (place == StepPlace::fact) {
    map.error("of", "wrong_kind", "a fact alone knows no other meter's total: move it to 'shape'");
  }
  less.amount.constant = money::Rational::whole(1);
  if (map.has("times")) less.amount = read_lookup(file, map.at("times"), Zero::allowed);
  if (const auto dim = read_dim(file, map.at("of"), DimPlace::allowance)) {
    less.dim = std::make_shared<const metering::Dim>(*dim);
  }
  if (map.has("round")) less.round = read_round(file, map.at("round"));
  return less;
}

/// A row of a cover: its word, and a number for each dim.
metering::CoverTable::Row read_cover_row(const ProductFile& file, const YAML::Node& node,
                                         const std::string& word_key, const Dims& dims) {
  std::vector<std::string> columns{word_key};
  for (const metering::Dim& dim : dims) columns.push_back(dim.meter);
  const YamlMap row = file.open(node, "cover_row", columns);
  metering::CoverTable::Row result;
  result.word = row.needed(word_key);
  for (const metering::Dim& dim : dims) {
    if (!row.has(dim.meter)) {
      row.error(dim.meter, "missing_key", "the row has no number for '" + dim.meter + '\'');
      continue;
    }
    const auto capacity = read_number(file, row.at(dim.meter), Zero::allowed);
    result.capacities.push_back(capacity.value_or(money::Rational{}));
  }
  return result;
}

metering::CoverTable read_cover(const ProductFile& file, const YAML::Node& node, const Dims& dims) {
  metering::CoverTable cover;
  const YamlMap map = file.open(node, "cover");
  cover.attribute = map.needed("as");
  if (cover.attribute.empty()) return cover;
  for (const YAML::Node& each : members(map, "rows", limits::product_rows_max)) {
    cover.rows.push_back(read_cover_row(file, each, cover.attribute, dims));
  }
  if (cover.rows.empty()) map.error("rows", "missing_key", "the table has no rows");
  return cover;
}

metering::Combine read_combine(const ProductFile& file, const YamlMap& map, const Dims& dims) {
  using enum metering::Combine::Operation;
  const YAML::Node node = map.at("combine");
  if (!node.IsMap()) {
    const auto word = map.one_of("combine", {"max", "sum", "product"});
    return {word == 1 ? sum : word == 2 ? product : max, {}};
  }
  const YamlMap table = file.open(node, "combine");
  if (table.has("cover")) return {cover, read_cover(file, table.at("cover"), dims)};
  table.error("cover", "missing_key", "'cover' is missing");
  return {};
}

std::vector<std::string> read_scope(const ProductFile& file, const YamlMap& map) {
  std::vector<std::string> scope = read_words(file, map, "by");
  for (const std::string& each : scope) {
    if (each != "account" && each != "resource") {
      require_attribute(file, map.place_of("by"), each, {});
    }
  }
  return scope;
}

metering::Pool read_pool(const ProductFile& file, const YAML::Node& node) {
  metering::Pool pool;
  const YamlMap map = file.open(node, "pool");
  if (map.at("op").IsDefined() && map.at("op").IsMap()) {
    pool.operation = metering::Pool::Operation::mean_top;
    pool.top = read_whole(file.open(map.at("op"), "mean_top"), "mean_top", 1, 1'000).value_or(1);
  } else if (map.one_of("op", {"sum", "max"}) == 1) {
    pool.operation = metering::Pool::Operation::max;
  }
  if (map.has("by")) pool.by = read_scope(file, map);
  pool.window = read_window(map, "window");
  if (!pool.by.has_value() && !pool.window.has_value()) {
    file.findings.error("without_effect", map.place(),
                        "a pool has 'by', a coarser scope, or 'window', a longer one");
  }
  return pool;
}

Step read_times(const ProductFile& file, const YamlMap& map) {
  const std::string name = map.needed("times");
  if (file.product.meter(name) != nullptr) return metering::TimesOf{name, false};
  if (file.product.attribute(name) != nullptr) {
    require_number(file, map.place_of("times"), name);
  } else {
    std::vector<std::string_view> known;
    for (const MeterName& each : file.product.meters) known.push_back(each.name);
    for (const AttributeName& each : file.product.attributes) known.push_back(each.name);
    file.unknown(map.place_of("times"), "unknown_meter", "meter or attribute of this product", name,
                 known);
  }
  return metering::TimesOf{name, true};
}

Step read_max_with(const ProductFile& file, const YamlMap& map) {
  const std::string name = map.needed("max_with");
  require_meter(file, map.place_of("max_with"), name);
  return metering::MaxWith{name};
}

Step read_states(const ProductFile& file, const YAML::Node& node) {
  metering::States states;
  const YamlMap map = file.open(node, "states");
  states.attribute = map.needed("by");
  if (states.attribute.empty()) return states;
  require_attribute(file, map.place_of("by"), states.attribute, {});
  for (const std::string& key : map.keys()) {
    if (key == "by" || is_remark(key)) continue;
    const auto condition = read_condition(file, states.attribute, map.key_node(key), {});
    const YAML::Node value = map.at(key);
    std::optional<money::Rational> number;
    if (!is_word(value, "meter")) number = read_number(file, value, Zero::allowed);
    for (const std::string& word : condition.values) states.states.push_back({word, number});
  }
  return states;
}

std::string_view mapping_of(StepPlace place) {
  return place == StepPlace::fact ? "fact_step" : place == StepPlace::dim ? "dim_step" : "step";
}

/// None, noted, if it is no step that may stand here.
std::optional<Step> read_step(const ProductFile& file, const YAML::Node& node, StepPlace place,
                              const Dims& dims) {
  const YamlMap map = file.open(node, mapping_of(place));
  const auto key = only_key(file, map, "step");
  if (!key.has_value()) return std::nullopt;
  const YAML::Node value = map.at(*key);
  const std::string& word = *key;
  if (word == "scale") return metering::Scale{read_lookup(file, value, Zero::allowed)};
  if (word == "round") return read_round(file, value);
  if (word == "at_least") return read_at_least(file, value);
  if (word == "at_most") return metering::AtMost{read_lookup(file, value, Zero::allowed)};
  if (word == "less") return read_less(file, value, place);
  if (word == "short_of") return metering::ShortOf{read_lookup(file, value, Zero::allowed)};
  if (place == StepPlace::item) {
    if (word == "combine") return read_combine(file, map, dims);
    if (word == "pool") return read_pool(file, value);
  }
  if (place == StepPlace::fact) {
    if (word == "times") return read_times(file, map);
    if (word == "max_with") return read_max_with(file, map);
    if (word == "states") return read_states(file, value);
  }
  return std::nullopt;  // Noted as an unknown key.
}

}  // namespace

std::vector<metering::Step> read_steps(const ProductFile& file, const YamlMap& map,
                                       std::string_view key, StepPlace place,
                                       const std::vector<metering::Dim>& dims) {
  std::vector<Step> steps;
  for (const YAML::Node& each : members(map, key, limits::product_steps_max)) {
    if (auto step = read_step(file, each, place, dims)) steps.push_back(*std::move(step));
  }
  return steps;
}

}  // namespace steelyard::pricebook::products
