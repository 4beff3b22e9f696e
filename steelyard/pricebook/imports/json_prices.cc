#include "steelyard/pricebook/imports/json_prices.h"

#include <algorithm>

#include "steelyard/base/limits.h"
#include "steelyard/json/number.h"

namespace steelyard::pricebook::imports {

Result<void> JsonPrices::parse(std::string_view text) {
  text_ = text;
  if (text.size() > limits::price_file_bytes_max) {
    return failure(
        ErrorCode::file_is_malformed,
        file_ + ": has more than " + std::to_string(limits::price_file_bytes_max) + " bytes");
  }
  if (document_.parse_copy(text)) return {};
  const auto offset = static_cast<std::ptrdiff_t>(document_.error().offset);
  const auto line = 1 + std::count(text.begin(), text.begin() + offset, '\n');
  return failure(ErrorCode::file_is_malformed,
                 file_ + ':' + std::to_string(line) + ": " + document_.error().what);
}

Place JsonPrices::place_of(const json::Node& node) const {
  const auto begin =
      text_.begin() + static_cast<std::ptrdiff_t>(node.is_unescaped ? 0 : node.begin);
  return {file_, static_cast<int>(1 + std::count(text_.begin(), begin, '\n'))};
}

std::optional<money::Decimal> JsonPrices::price(const json::Node& node, int power,
                                                const std::string& what, Findings& findings) const {
  const auto refuse = [&](const char* why) {
    findings.error("malformed_price", place_of(node),
                   what + ": '" + std::string(document_.text(node).substr(0, 60)) + "' " + why);
    return std::nullopt;
  };
  if (node.type != json::Type::number) return refuse("is no number");
  const json::Canonical value = json::canonical(document_.text(node));
  if (value.digits_count == 0) return money::Decimal();
  if (value.is_negative) return refuse("is negative");
  const std::int64_t exponent = value.exponent + power;
  if (value.digits_count > 19 || exponent < -money::Decimal::fraction_digits) {
    return refuse("has more than twelve decimals for 1,000 tokens");
  }
  if (exponent > 8) return refuse("is too large for a price");
  std::string digits = std::to_string(value.digits);
  if (exponent >= 0) {
    digits.append(static_cast<std::size_t>(exponent), '0');
  } else {
    const auto places = static_cast<std::size_t>(-exponent);
    if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
    digits.insert(digits.size() - places, ".");
  }
  const auto result = money::Decimal::parse(digits);
  if (!result.has_value() || *result > money::Decimal::whole(limits::token_price_max)) {
    return refuse("is too large for a price");
  }
  return *result;
}

std::optional<std::uint64_t> JsonPrices::tokens(const json::Node& node) const {
  if (node.type != json::Type::number) return std::nullopt;
  const json::Canonical value = json::canonical(document_.text(node));
  if (value.digits_count == 0) return 0;
  if (value.is_negative || value.exponent < 0 ||
      static_cast<std::int64_t>(value.digits_count) + value.exponent > 15) {
    return std::nullopt;
  }
  std::uint64_t whole = value.digits;
  for (std::int64_t i = 0; i < value.exponent; ++i) whole *= 10;
  return whole;
}

std::string bound_label(std::uint64_t tokens) {
  if (tokens != 0 && tokens % 1'000'000 == 0) return std::to_string(tokens / 1'000'000) + 'm';
  if (tokens % 1'000 == 0) return std::to_string(tokens / 1'000) + 'k';
  return std::to_string(tokens);
}

TierRange tier_between(std::uint64_t above, std::optional<std::uint64_t> up_to) {
  if (!up_to.has_value()) {
    return {above == 0 ? "-" : bound_label(above) + '+', above, std::nullopt};
  }
  return {bound_label(above) + '-' + bound_label(*up_to), above, up_to};
}

}  // namespace steelyard::pricebook::imports
