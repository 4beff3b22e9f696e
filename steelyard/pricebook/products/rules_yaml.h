#pragma once

#include "steelyard/pricebook/products/product_file.h"

/// The parts of a rule: conditions, lookups, steps, dims.
namespace steelyard::pricebook::products {

/// Which names and values conditions may have.
struct Vocabulary {
  /// usage: the declared attributes. config: any name, as the config of an order is its own;
  /// values of a declared attribute are checked. other_product: nothing is known here.
  enum class Kind : std::uint8_t { usage, config, other_product };
  Kind kind = Kind::usage;

  /// Names beside the attributes: the `as` of a cover, with its words.
  std::vector<AttributeName> more{};

  const AttributeName* find(const ProductFile& file, const std::string& name) const;
};

/// One attribute and what it must be: `word`, `[words]`, `{not: words}`.
metering::Condition read_condition(const ProductFile& file, const std::string& attribute,
                                   const YAML::Node& node, const Vocabulary& vocabulary);

/// Those behind a key such as `where`.
metering::Conditions read_conditions(const ProductFile& file, const YamlMap& map,
                                     std::string_view key, const Vocabulary& vocabulary);

/// Notes a name that is not declared. `what`: "key", "scope".
void require_attribute(const ProductFile& file, const Place& place, const std::string& name,
                       const Vocabulary& vocabulary);

/// A number attribute; notes another.
void require_number(const ProductFile& file, const Place& place, const std::string& name);

/// A meter; null, noted, if it is not declared.
const MeterName* require_meter(const ProductFile& file, const Place& place,
                               const std::string& name);

metering::Lookup read_lookup(const ProductFile& file, const YAML::Node& node, Zero zero,
                             const Vocabulary& vocabulary = {});

/// Where a list of steps stands.
enum class StepPlace : std::uint8_t { fact, dim, item };

/// `dims`: what the item measures, which a cover names.
std::vector<metering::Step> read_steps(const ProductFile& file, const YamlMap& map,
                                       std::string_view key, StepPlace place,
                                       const std::vector<metering::Dim>& dims = {});

enum class DimPlace : std::uint8_t { measure, times, allowance };

/// None, noted, if it measures nothing.
std::optional<metering::Dim> read_dim(const ProductFile& file, const YAML::Node& node,
                                      DimPlace place);

/// The table behind `price`. `usage` keys are attributes; `config` keys any words of an order.
CloudPriceTable read_price_table(const ProductFile& file, const YAML::Node& node,
                                 const Vocabulary& vocabulary);

}  // namespace steelyard::pricebook::products
