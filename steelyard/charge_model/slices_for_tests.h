#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "steelyard/charge_model/fee.h"

namespace steelyard::charge_model {

inline money::Decimal decimal(const std::string& text) {
  return money::Decimal::parse(text).value();
}

/// A bracket; no bound if it is empty.
inline Bracket bracket(const std::string& up_to, const std::string& unit,
                       const std::string& flat = "0", const std::string& base = "0") {
  Bracket result{std::nullopt, decimal(unit), decimal(flat), decimal(base)};
  if (!up_to.empty()) result.up_to = decimal(up_to);
  return result;
}

/// "0: 5 x 0.04; 1: 15 x 0.14", "flat 1: 1 x 125", or the error.
inline std::string text_of(Kernel kernel, const Price& price, const std::string& before,
                           const std::string& quantity) {
  const auto result = slices(kernel, price, money::Rational::parse(before).value(),
                             money::Rational::parse(quantity).value());
  if (!result.has_value()) return std::string(base::name_of(result.error().code));
  std::string text;
  for (const Slice& each : *result) {
    text += (text.empty() ? "" : "; ") + std::string(each.is_flat ? "flat " : "") +
            std::to_string(each.bracket) + ": " + each.quantity.to_text() + " x " +
            each.price.to_text();
  }
  return text;
}

/// Slices at prices that depend on the order cost what the quantity costs at once.
inline void expect_slices_add_up(Kernel kernel, const Price& price) {
  using money::Rational;
  for (std::int64_t first = 0; first <= 24; ++first) {
    for (std::int64_t second = 1; second <= 24; ++second) {
      const Rational before = Rational::ratio(first, 2);
      const Rational quantity = Rational::ratio(second, 2);
      Rational sum;
      const auto result = slices(kernel, price, before, quantity);
      ASSERT_TRUE(result.has_value());
      for (const Slice& each : *result) {
        EXPECT_TRUE(each.quantity.is_positive());
        EXPECT_FALSE(each.is_flat);
        sum += each.quantity;
      }
      EXPECT_EQ(sum, quantity) << before.to_text() << " before " << quantity.to_text();
    }
  }
}

}  // namespace steelyard::charge_model
