#include "steelyard/pricebook/products/product_yaml.h"

#include <algorithm>

#include "steelyard/base/limits.h"
#include "steelyard/pricebook/products/content.h"
#include "steelyard/pricebook/products/product_file.h"
#include "steelyard/pricebook/products/sections.h"

namespace steelyard::pricebook {
namespace products {
namespace {

/// Whether a document is small enough when its aliases are written out, and no alias stands
/// in itself.
bool is_small(const YAML::Node& node, std::size_t depth, std::size_t& nodes) {
  if (depth > limits::product_depth_max || ++nodes > limits::product_nodes_max) return false;
  if (node.IsSequence()) {
    for (const auto& each : node) {
      if (!is_small(each, depth + 1, nodes)) return false;
    }
  } else if (node.IsMap()) {
    for (const auto& entry : node) {
      if (!is_small(entry.first, depth + 1, nodes) || !is_small(entry.second, depth + 1, nodes)) {
        return false;
      }
    }
  }
  return true;
}

/// The entries of a mapping from names to anything, such as `meters`.
template <class Read>
void each_name(const ProductFile& file, const YamlMap& map, std::string_view key, Read read) {
  const YAML::Node node = map.map(key);
  if (!node.IsDefined() || !node.IsMap()) return;
  const YamlMap names(node, file.name, {}, file.findings);
  for (const std::string& name : names.keys()) {
    if (!is_remark(name)) read(name, names.at(name), names.place_of(name));
  }
}

void read_codes(ProductFile& file, const YamlMap& map) {
  Product& product = file.product;
  product.codes = read_words(file, map, "codes");
  if (product.codes.empty()) product.codes.push_back(product.id);
  each_name(
      file, map, "aliases", [&](const std::string& name, const YAML::Node& node, Place place) {
        const std::string code = node.IsScalar() ? node.Scalar() : "";
        if (std::ranges::find(product.codes, code) == product.codes.end()) {
          const std::vector<std::string_view> codes(product.codes.begin(), product.codes.end());
          file.unknown(place, "unknown_word", "code of this product", code, codes);
        } else if (std::ranges::find(product.codes, name) != product.codes.end()) {
          file.findings.error("without_effect", place, "'" + name + "' is a code itself");
        } else {
          product.aliases[name] = code;
        }
      });
}

/// Groups may name groups before them.
void read_groups(ProductFile& file, const YamlMap& map) {
  each_name(file, map, "groups", [&](const std::string& name, const YAML::Node& node, Place place) {
    std::vector<std::string> values;
    for (const std::string& word : read_words(file, node)) {
      const auto group = file.groups.find(word);
      if (group == file.groups.end()) {
        values.push_back(word);
      } else {
        values.insert(values.end(), group->second.begin(), group->second.end());
      }
    }
    if (values.empty()) file.findings.error("missing_value", place, "the group has no values");
    if (values.size() > limits::product_rows_max) values.resize(limits::product_rows_max);
    file.groups[name] = std::move(values);
  });
}

void read_meters(ProductFile& file, const YamlMap& map) {
  each_name(file, map, "meters", [&](const std::string& name, const YAML::Node& node, Place place) {
    const YamlMap meter = file.open(node, "meter");
    MeterName result{name, metering::MeterKind::counter, meter.text("unit").value_or(""),
                     meter.text("title").value_or(""), place};
    if (!meter.has("kind")) meter.error("kind", "missing_key", "'kind' is missing");
    if (const auto kind = meter.one_of("kind", {"counter", "gauge", "presence"})) {
      result.kind = static_cast<metering::MeterKind>(*kind);
    }
    file.product.meters.push_back(std::move(result));
  });
}

/// The default must be one of the values, a number or a time, as the type says.
void check_default(const YamlMap& map, const AttributeName& attribute) {
  if (!attribute.absent_means.has_value()) return;
  const std::string& word = *attribute.absent_means;
  base::Instant ignored;
  if (!attribute.values.empty() &&
      std::ranges::find(attribute.values, word) == attribute.values.end()) {
    map.error("default", "unknown_value", "the default '" + word + "' is none of the values");
  } else if (attribute.type == AttributeName::Type::number &&
             !money::Decimal::parse(word).has_value()) {
    map.error("default", "malformed_number", "the default '" + word + "' is not a number");
  } else if (attribute.type == AttributeName::Type::time && !base::parse_rfc3339(word, ignored)) {
    map.error("default", "malformed_date", "the default '" + word + "' is no RFC 3339 time");
  }
}

void read_attributes(ProductFile& file, const YamlMap& map) {
  each_name(file, map, "attributes",
            [&](const std::string& name, const YAML::Node& node, Place place) {
              AttributeName result;
              result.name = name;
              result.place = place;
              if (!node.IsNull()) {
                const YamlMap attribute = file.open(node, "attribute");
                result.values = read_words(file, attribute, "values");
                result.absent_means = attribute.text("default");
                result.title = attribute.text("title").value_or("");
                const auto type = attribute.one_of("type", {"word", "number", "time"});
                result.type = static_cast<AttributeName::Type>(type.value_or(0));
                check_default(attribute, result);
              }
              if (file.product.meter(name) != nullptr) {
                file.findings.error("duplicate_key", place, "'" + name + "' is a meter as well");
              }
              file.product.attributes.push_back(std::move(result));
            });
}

template <class Read>
void each_entry(ProductFile& file, const YamlMap& map, std::string_view key, Read read) {
  for (const YAML::Node& each : members(map, key, limits::product_items_max)) {
    if (each.IsMap()) {
      read(file, each);
    } else {
      file.error(each, "malformed_yaml", "keys and values were expected here");
    }
  }
}

void read_product(ProductFile& file, const YAML::Node& document) {
  const YamlMap map = file.open(document, "product");
  Product& product = file.product;
  product.place = map.place();
  product.id = map.needed("product");
  product.name = map.needed("name");
  if (file.name.starts_with("products/") && file.name != "products/" + product.id + ".yaml") {
    map.error("product", "wrong_name", "product '" + product.id + "' stands in " + file.name);
  }
  read_codes(file, map);
  read_groups(file, map);
  read_meters(file, map);
  read_attributes(file, map);
  each_entry(file, map, "items", read_item);
  each_entry(file, map, "discounts", read_discount);
  each_entry(file, map, "orders", read_order);
  each_entry(file, map, "plans", read_plan);
  product.groups = file.groups;
  product.is_priced = !product.items.empty() || !product.orders.empty() || !product.plans.empty();
}

}  // namespace
}  // namespace products

void read_product_yaml(std::string_view text, const std::string& name, PriceBook& book,
                       Findings& findings) {
  const auto document = read_yaml(text, name, findings);
  if (!document.has_value()) return;
  std::size_t nodes = 0;
  if (!products::is_small(*document, 0, nodes)) {
    findings.error("too_large", {name, 0},
                   "the file is nested more than " + std::to_string(limits::product_depth_max) +
                       " deep, or has more than " + std::to_string(limits::product_nodes_max) +
                       " values");
    return;
  }
  Product product;
  products::ProductFile file{name, book, product, findings};
  products::read_product(file, *document);
  product.content = products::content_of(*document, book.currency.code());
  book.products.push_back(std::move(product));
}

}  // namespace steelyard::pricebook
