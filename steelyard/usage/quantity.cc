#include "steelyard/usage/quantity.h"

#include <array>
#include <optional>

#include "steelyard/json/number.h"
#include "steelyard/usage/event_fields.h"

namespace steelyard::usage {
namespace {

/// A JSON number that has an exponent, without it: "1.5e3" as "1500".
std::optional<std::string> without_exponent(std::string_view number) {
  const json::Canonical value = json::canonical(number);
  if (value.digits_count == 0) return "0";
  constexpr std::int64_t places_max = 24;
  if (value.digits_count > 19 || value.exponent > places_max ||
      value.exponent < -money::Decimal::fraction_digits) {
    return std::nullopt;
  }
  std::string digits = std::to_string(value.digits);
  if (value.exponent >= 0) {
    digits.append(static_cast<std::size_t>(value.exponent), '0');
  } else {
    const auto places = static_cast<std::size_t>(-value.exponent);
    if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
    digits.insert(digits.size() - places, ".");
  }
  return value.is_negative ? '-' + digits : digits;
}

}  // namespace

Result<money::Decimal> read_quantity(const json::Document& document, const json::Node& node,
                                     std::string_view place, std::string_view name) {
  if (node.is_whole) return money::Decimal::whole(static_cast<std::int64_t>(node.whole));
  const auto refuse = [&] {
    const std::string pointer = std::string(place) + std::string(name);
    return invalid(document, node, pointer.c_str(),
                   "an exact number from 0 to 10^24 with at most 12 decimals",
                   ErrorCode::invalid_quantity);
  };
  std::string_view text = document.text(node);
  std::optional<std::string> written_out;
  if (node.type == json::Type::number && text.find_first_of("eE") != std::string_view::npos) {
    written_out = without_exponent(text);
    if (!written_out.has_value()) return refuse();
    text = *written_out;
  } else if (node.type != json::Type::number && node.type != json::Type::string) {
    return refuse();
  }
  const auto value = money::Decimal::parse(text);
  if (!value.has_value() || value->is_negative()) return refuse();
  return *value;
}

}  // namespace steelyard::usage
