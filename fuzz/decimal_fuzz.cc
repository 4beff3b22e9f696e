// A text that is a decimal prints and reads back as the same value.
#include <cstdint>
#include <string_view>

#include "steelyard/base/check.h"
#include "steelyard/money/decimal.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using steelyard::money::Decimal;
  using steelyard::money::Rounding;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto value = Decimal::parse(text);
  if (!value.has_value()) return 0;
  const auto again = Decimal::parse(value->to_text());
  STEELYARD_CHECK(again.has_value() && *again == *value);
  const Decimal cents = value->rounded(2, Rounding::half_even);
  STEELYARD_CHECK(cents.rounded(2, Rounding::toward_zero) == cents);
  const auto third =
      Decimal::mul_div(*value, Decimal::whole(1), Decimal::whole(3), Rounding::toward_zero);
  STEELYARD_CHECK(third.has_value() && third->is_negative() == (*third < Decimal()));
  return 0;
}
