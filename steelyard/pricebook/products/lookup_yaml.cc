#include "steelyard/base/limits.h"
#include "steelyard/pricebook/products/rules_yaml.h"

namespace steelyard::pricebook::products {
namespace {

using metering::Lookup;

/// A number, or none for `placeholder`.
std::optional<money::Rational> value_of(const ProductFile& file, const YAML::Node& node,
                                        Zero zero) {
  if (is_word(node, "placeholder")) return std::nullopt;
  return read_number(file, node, zero);
}

Lookup::Row read_row(const ProductFile& file, const YAML::Node& node, Zero zero,
                     const Vocabulary& vocabulary) {
  const YamlMap map = file.open(node, "lookup_row");
  Lookup::Row row;
  row.validity = read_validity(file, map);
  if (map.has("value")) {
    row.value = value_of(file, map.at("value"), zero);
  } else {
    map.error("value", "missing_key", "'value' is missing: a number, or placeholder");
  }
  for (const std::string& key : map.keys()) {
    if (key == "value" || key == "from" || key == "to" || is_remark(key)) continue;
    require_attribute(file, map.place_of(key), key, vocabulary);
    row.where.push_back(read_condition(file, key, map.at(key), vocabulary));
  }
  return row;
}

void read_by(const ProductFile& file, const YamlMap& map, Zero zero, const Vocabulary& vocabulary,
             Lookup& lookup) {
  const std::string attribute = map.needed("by");
  if (attribute.empty()) return;
  require_attribute(file, map.place_of("by"), attribute, vocabulary);
  for (const std::string& key : map.keys()) {
    if (key == "by" || key == "else" || is_remark(key)) continue;
    lookup.rows.push_back({{read_condition(file, attribute, map.key_node(key), vocabulary)},
                           {},
                           value_of(file, map.at(key), zero)});
  }
  if (map.has("else")) {
    lookup.rows.push_back({{}, {}, value_of(file, map.at("else"), zero)});
  }
  if (lookup.rows.empty()) map.error("by", "missing_key", "there is no number for any value");
}

}  // namespace

metering::Lookup read_lookup(const ProductFile& file, const YAML::Node& node, Zero zero,
                             const Vocabulary& vocabulary) {
  Lookup lookup;
  if (is_word(node, "placeholder")) {
    lookup.rows.emplace_back();
    return lookup;
  }
  if (!node.IsMap()) {
    lookup.constant = read_number(file, node, zero).value_or(money::Rational::whole(1));
    return lookup;
  }
  if (has_key(node, "by")) {
    read_by(file, file.open(node, "by_attribute"), zero, vocabulary, lookup);
  } else if (has_key(node, "rows")) {
    const YamlMap map = file.open(node, "from_rows");
    for (const YAML::Node& each : members(map, "rows", limits::product_rows_max)) {
      lookup.rows.push_back(read_row(file, each, zero, vocabulary));
    }
    if (lookup.rows.empty()) map.error("rows", "missing_key", "'rows' has no rows");
  } else if (has_key(node, "attribute")) {
    const YamlMap map = file.open(node, "from_attribute");
    lookup.attribute = map.needed("attribute");
    if (vocabulary.kind == Vocabulary::Kind::usage) {
      require_number(file, map.place_of("attribute"), lookup.attribute);
    }
  } else {
    file.error(node, "missing_key",
               "a number was expected here, or {attribute: …}, {by: …} or {rows: […]}");
  }
  return lookup;
}

}  // namespace steelyard::pricebook::products
