#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/money/rational.h"
#include "steelyard/pricebook/price_book.h"
#include "steelyard/pricebook/products/keys.h"
#include "steelyard/pricebook/yaml.h"

/// What reads products/*.yaml, a file of code for each section of the format.
namespace steelyard::pricebook::products {

/// A product file while it is read: what it declares, for which book, and what was found.
struct ProductFile {
  std::string name;  ///< "products/slb.yaml"
  const PriceBook& book;
  Product& product;
  Findings& findings;
  std::map<std::string, std::vector<std::string>> groups{};

  /// A mapping of the format; notes keys that it does not have. Where it may have others, any
  /// are allowed, or only those in `others`, such as the keys of a table.
  YamlMap open(const YAML::Node& node, std::string_view mapping) const;
  YamlMap open(const YAML::Node& node, std::string_view mapping,
               std::span<const std::string> others) const;

  Place place_of(const YAML::Node& node) const { return {name, node.Mark().line + 1}; }
  void error(const YAML::Node& node, const char* word, std::string message) const;

  /// "'x' is no KIND of this product; did you mean 'y'?"
  void unknown(const Place& place, const char* word, const std::string& kind,
               const std::string& text, std::span<const std::string_view> known) const;
};

/// `each`, or every member of a list; nothing if it is not there.
std::vector<YAML::Node> members(const YAML::Node& node);

/// The list behind a key, cut at `most` with a finding.
std::vector<YAML::Node> members(const YamlMap& map, std::string_view key, std::size_t most);

/// A word or several; what is none is noted.
std::vector<std::string> read_words(const ProductFile& file, const YAML::Node& node);
std::vector<std::string> read_words(const ProductFile& file, const YamlMap& map,
                                    std::string_view key);

/// `from` and `to`.
Validity read_validity(const ProductFile& file, const YamlMap& map);

enum class Zero : std::uint8_t { allowed, refused };

/// Numbers from 0 on; what is none is noted.
std::optional<money::Decimal> read_decimal(const ProductFile& file, const YAML::Node& node,
                                           Zero zero);
std::optional<money::Decimal> read_decimal(const ProductFile& file, const YamlMap& map,
                                           std::string_view key, Zero zero);
std::optional<money::Rational> read_number(const ProductFile& file, const YAML::Node& node,
                                           Zero zero);
std::optional<std::uint32_t> read_whole(const YamlMap& map, std::string_view key,
                                        std::uint32_t least, std::uint32_t most);
bool read_flag(const YamlMap& map, std::string_view key);

/// "fact" to "life".
std::optional<metering::WindowKind> read_window(const YamlMap& map, std::string_view key);

/// Which code a name such as "nlb/lcu" begins with; notes that it is none.
std::string read_code(const ProductFile& file, const YamlMap& map, std::string_view key,
                      const std::string& name);

/// Whether a mapping has a key.
bool has_key(const YAML::Node& node, std::string_view key);

/// Whether a scalar says `word`.
bool is_word(const YAML::Node& node, std::string_view word);

}  // namespace steelyard::pricebook::products
