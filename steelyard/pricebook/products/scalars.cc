#include <charconv>

#include "steelyard/base/limits.h"
#include "steelyard/pricebook/dates.h"
#include "steelyard/pricebook/products/product_file.h"

namespace steelyard::pricebook::products {
namespace {

/// The text of a scalar; empty, noted, for everything else.
std::string scalar_of(const ProductFile& file, const YAML::Node& node) {
  if (node.IsScalar() && !node.Scalar().empty()) return node.Scalar();
  file.error(node, "malformed_number", "a number was expected here");
  return {};
}

void refuse(const ProductFile& file, const YAML::Node& node, Zero zero) {
  file.error(node, "malformed_number",
             "'" + node.Scalar() + "' is not a number such as 0.037" +
                 (zero == Zero::refused ? " above 0" : " from 0 on") +
                 ", with at most twelve decimals, up to " +
                 std::to_string(limits::product_number_max));
}

}  // namespace

Validity read_validity(const ProductFile& file, const YamlMap& map) {
  const auto validity =
      parse_validity(map.text("from").value_or(""), map.text("to").value_or(""), file.book);
  if (validity.has_value()) return *validity;
  const bool is_empty = validity.error().code == ErrorCode::price_book_is_invalid;
  map.error(map.has("to") ? "to" : "from", is_empty ? "empty_validity" : "malformed_date",
            validity.error().detail);
  return {};
}

std::optional<money::Decimal> read_decimal(const ProductFile& file, const YAML::Node& node,
                                           Zero zero) {
  const std::string text = scalar_of(file, node);
  if (text.empty()) return std::nullopt;
  const auto value = money::Decimal::parse(text);
  if (value.has_value() && !value->is_negative() && !(value->is_zero() && zero == Zero::refused) &&
      *value <= money::Decimal::whole(limits::product_number_max)) {
    return *value;
  }
  refuse(file, node, zero);
  return std::nullopt;
}

std::optional<money::Decimal> read_decimal(const ProductFile& file, const YamlMap& map,
                                           std::string_view key, Zero zero) {
  const YAML::Node node = map.at(key);
  return node.IsDefined() ? read_decimal(file, node, zero) : std::nullopt;
}

std::optional<money::Rational> read_number(const ProductFile& file, const YAML::Node& node,
                                           Zero zero) {
  const std::string text = scalar_of(file, node);
  if (text.empty()) return std::nullopt;
  const auto value = money::Rational::parse(text);
  if (value.has_value() && !value->is_too_large() && !value->is_negative() &&
      !(value->is_zero() && zero == Zero::refused) &&
      *value <= money::Rational::whole(limits::product_number_max)) {
    return *value;
  }
  refuse(file, node, zero);
  return std::nullopt;
}

std::optional<std::uint32_t> read_whole(const YamlMap& map, std::string_view key,
                                        std::uint32_t least, std::uint32_t most) {
  const auto text = map.text(key);
  if (!text.has_value()) return std::nullopt;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error == std::errc() && end == text->data() + text->size() && value >= least &&
      value <= most) {
    return value;
  }
  map.error(key, "malformed_number",
            "'" + std::string(key) + ": " + *text + "' is not a whole number from " +
                std::to_string(least) + " to " + std::to_string(most));
  return std::nullopt;
}

bool read_flag(const YamlMap& map, std::string_view key) {
  return map.one_of(key, {"false", "true"}).value_or(0) == 1;
}

std::optional<metering::WindowKind> read_window(const YamlMap& map, std::string_view key) {
  const auto word = map.one_of(key, {"fact", "minute", "hour", "day", "month", "life"});
  if (!word.has_value()) return std::nullopt;
  return static_cast<metering::WindowKind>(*word);
}

}  // namespace steelyard::pricebook::products
