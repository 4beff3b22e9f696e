#pragma once

#include <array>
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

/// An exact amount in one currency. Adding two currencies is our mistake, not the
/// customer's, so it ends the process; converting is a ledger transaction, never an
/// operator. Amounts stay exact until an invoice rounds them.
class Money {
 public:
  constexpr Money(Decimal amount, Currency currency) : amount_(amount), currency_(currency) {}
  static constexpr Money zero(Currency currency) { return Money(Decimal(), currency); }

  constexpr Decimal amount() const { return amount_; }
  constexpr Currency currency() const { return currency_; }
  std::string to_text() const { return amount_.to_text() + ' ' + std::string(currency_.code()); }

  constexpr Money& operator+=(Money other) {
    STEELYARD_CHECK(currency_ == other.currency_);
    amount_ += other.amount_;
    return *this;
  }
  friend constexpr Money operator+(Money a, Money b) { return a += b; }
  constexpr Money operator-() const { return Money(-amount_, currency_); }
  constexpr bool operator==(const Money&) const = default;

 private:
  Decimal amount_;
  Currency currency_;
};

}  // namespace steelyard::money
