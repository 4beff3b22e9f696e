#include <algorithm>

#include "steelyard/base/text.h"
#include "steelyard/pricebook/products/rules_yaml.h"

namespace steelyard::pricebook::products {
namespace {

std::vector<std::string_view> names_of(const std::vector<AttributeName>& attributes) {
  std::vector<std::string_view> names;
  for (const AttributeName& each : attributes) names.push_back(each.name);
  return names;
}

/// One value of an attribute as events say it: numbers in their shortest form.
std::string value_of(const ProductFile& file, const AttributeName* attribute,
                     const std::string& word, const YAML::Node& node) {
  if (attribute == nullptr) return word;
  if (attribute->type == AttributeName::Type::number) {
    const auto value = money::Decimal::parse(word);
    if (value.has_value()) return value->to_text();
    file.error(node, "malformed_number",
               "'" + word + "' is not a number, and attribute '" + attribute->name + "' is one");
  } else if (attribute->type == AttributeName::Type::time) {
    file.error(node, "wrong_kind",
               "attribute '" + attribute->name + "' is a time: it can not choose anything");
  }
  if (!attribute->values.empty() &&
      std::ranges::find(attribute->values, word) == attribute->values.end()) {
    const std::vector<std::string_view> known(attribute->values.begin(), attribute->values.end());
    file.unknown(file.place_of(node), "unknown_value", "value of '" + attribute->name + "'", word,
                 known);
  }
  return word;
}

void add_values(const ProductFile& file, const AttributeName* attribute, const YAML::Node& node,
                std::vector<std::string>& values) {
  if (!node.IsScalar() || node.Scalar().empty()) {
    file.error(node, "malformed_yaml", "a value, a list of values or {not: …} was expected here");
    return;
  }
  const auto add = [&](const std::string& word) {
    std::string value = value_of(file, attribute, word, node);
    if (std::ranges::find(values, value) == values.end()) values.push_back(std::move(value));
  };
  const auto group = file.groups.find(node.Scalar());
  if (group == file.groups.end()) return add(node.Scalar());
  for (const std::string& word : group->second) add(word);
}

/// A config may say what no attribute does; a near miss is doubted.
void doubt_config_name(const ProductFile& file, const Place& place, const std::string& name) {
  const auto known = names_of(file.product.attributes);
  const std::string close = base::nearest(name, known);
  if (close.empty()) return;
  file.findings.warning(
      "unknown_attribute", place,
      "'" + name + "' is no attribute of this product, '" + close + "' is one: a slip?");
}

}  // namespace

const AttributeName* Vocabulary::find(const ProductFile& file, const std::string& name) const {
  if (kind == Kind::other_product) return nullptr;
  const auto found = std::ranges::find(more, name, &AttributeName::name);
  return found != more.end() ? &*found : file.product.attribute(name);
}

void require_attribute(const ProductFile& file, const Place& place, const std::string& name,
                       const Vocabulary& vocabulary) {
  if (vocabulary.kind == Vocabulary::Kind::other_product) return;
  if (vocabulary.find(file, name) != nullptr) return;
  if (vocabulary.kind == Vocabulary::Kind::config) {
    if (file.product.meter(name) == nullptr) doubt_config_name(file, place, name);
    return;
  }
  auto known = names_of(file.product.attributes);
  for (const AttributeName& each : vocabulary.more) known.push_back(each.name);
  file.unknown(place, "unknown_attribute", "attribute of this product", name, known);
}

void require_number(const ProductFile& file, const Place& place, const std::string& name) {
  require_attribute(file, place, name, {});
  const AttributeName* const attribute = file.product.attribute(name);
  if (attribute == nullptr || attribute->type == AttributeName::Type::number) return;
  file.findings.error("wrong_kind", place,
                      "attribute '" + name + "' is no number: it needs 'type: number'");
}

metering::Condition read_condition(const ProductFile& file, const std::string& attribute,
                                   const YAML::Node& node, const Vocabulary& vocabulary) {
  metering::Condition condition{attribute, {}, false};
  YAML::Node values = node;
  if (node.IsMap()) {
    const YamlMap map = file.open(node, "exclusion");
    condition.is_negated = true;
    values.reset(map.at("not"));
    if (!map.has("not")) map.error("not", "missing_key", "'not' is missing");
  }
  const AttributeName* const declared = vocabulary.find(file, attribute);
  for (const YAML::Node& each : members(values)) {
    add_values(file, declared, each, condition.values);
  }
  if (condition.values.empty()) {
    file.error(node, "malformed_yaml", "'" + attribute + "' has no values here: it fits nothing");
  }
  return condition;
}

metering::Conditions read_conditions(const ProductFile& file, const YamlMap& map,
                                     std::string_view key, const Vocabulary& vocabulary) {
  metering::Conditions conditions;
  const YAML::Node node = map.map(key);
  if (!node.IsDefined() || !node.IsMap()) return conditions;
  const YamlMap where = file.open(node, "conditions");
  for (const std::string& attribute : where.keys()) {
    if (is_remark(attribute)) continue;
    require_attribute(file, where.place_of(attribute), attribute, vocabulary);
    conditions.push_back(read_condition(file, attribute, where.at(attribute), vocabulary));
  }
  return conditions;
}

}  // namespace steelyard::pricebook::products
