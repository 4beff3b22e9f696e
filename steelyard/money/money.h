#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "steelyard/base/check.h"
#include "steelyard/money/decimal.h"

namespace steelyard::money {

/// An ISO 4217 alphabetic code, or a custom unit such as a credit: "CNY", "CRD".
class Currency {
 public:
  /// Requires: three capital ASCII letters (checked when the price book is read).
  explicit constexpr Currency(std::string_view code) : code_{code.at(0), code.at(1), code.at(2)} {
    STEELYARD_CHECK(code.size() == 3);
  }

  constexpr std::string_view code() const { return {code_.data(), code_.size()}; }
  constexpr bool operator==(const Currency&) const = default;

 private:
  std::array<char, 3> code_;
};

/// How many digits behind the point an amount has that is paid: 2 but for those of ISO 4217 that
/// have none or three, and of a custom unit 2.
constexpr int minor_digits(Currency currency) {
  constexpr std::string_view none[] = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW",
                                       "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"};
  constexpr std::string_view three[] = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};
  for (const std::string_view code : none) {
    if (code == currency.code()) return 0;
  }
  for (const std::string_view code : three) {
    if (code == currency.code()) return 3;
  }
  return 2;
}

/// An exact amount in one currency. There is no operator that joins two of them, nor one with a
/// bare number: a sum over currencies can not be written. Converting is a ledger transaction.
/// Amounts stay exact until an invoice rounds them.
class Money {
 public:
  constexpr Money(Decimal amount, Currency currency) : amount_(amount), currency_(currency) {}
  static constexpr Money zero(Currency currency) { return Money(Decimal(), currency); }

  constexpr Decimal amount() const { return amount_; }
  constexpr Currency currency() const { return currency_; }
  std::string to_text() const { return amount_.to_text() + ' ' + std::string(currency_.code()); }

  constexpr Money operator-() const { return Money(-amount_, currency_); }
  constexpr bool operator==(const Money&) const = default;

 private:
  Decimal amount_;
  Currency currency_;
};

/// None of two currencies.
[[nodiscard]] constexpr std::optional<Money> sum(Money a, Money b) {
  if (a.currency() != b.currency()) return std::nullopt;
  return Money(a.amount() + b.amount(), a.currency());
}

}  // namespace steelyard::money
