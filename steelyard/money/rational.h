#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "steelyard/base/result.h"
#include "steelyard/money/decimal.h"

namespace steelyard::money {

/// An exact fraction: what a quantity is between the facts and the price. Hours of gigabytes,
/// a third of a capacity unit and a mean of five days stay exact; only a written quantity or
/// amount is a Decimal.
///
/// Always reduced, denominator above 0. 128 bits above and below: a result that does not fit
/// when it is reduced is_too_large, and so is everything computed with it, so that a chain of steps
/// is checked once, at its end. There is no constructor from double.
class Rational {
 public:
  constexpr Rational() = default;
  static constexpr Rational whole(std::int64_t n) { return Rational(n, 1); }

  /// The fraction n / d, reduced. Requires: d > 0.
  static Rational ratio(int128 n, int128 d);
  static Rational of(Decimal value);

  /// Reads "3", "0.5", "1/800". Errors: decimal_is_malformed, decimal_exceeds_limit.
  [[nodiscard]] static Result<Rational> parse(std::string_view text);

  constexpr bool is_too_large() const { return denominator_ == 0; }
  constexpr bool is_zero() const { return numerator_ == 0 && denominator_ != 0; }
  constexpr bool is_negative() const { return numerator_ < 0; }
  constexpr bool is_positive() const { return numerator_ > 0; }
  constexpr int128 numerator() const { return numerator_; }
  constexpr int128 denominator() const { return denominator_; }

  friend Rational operator+(const Rational& a, const Rational& b) {
    int128 n = 0;
    const bool is_plain = a.denominator_ == 1 && b.denominator_ == 1 &&
                          !__builtin_add_overflow(a.numerator_, b.numerator_, &n);
    return is_plain ? Rational(n, 1) : sum(a, b);
  }
  friend Rational operator*(const Rational& a, const Rational& b) {
    const bool is_plain =
        a.denominator_ == 1 && b.denominator_ == 1 && fits64(a.numerator_) && fits64(b.numerator_);
    return is_plain ? Rational(a.numerator_ * b.numerator_, 1) : product(a, b);
  }
  Rational operator-() const { return Rational(-numerator_, denominator_); }
  friend Rational operator-(const Rational& a, const Rational& b) { return a + -b; }
  Rational& operator+=(const Rational& other) { return *this = *this + other; }

  /// Requires: `b` is not zero.
  friend Rational operator/(const Rational& a, const Rational& b);

  /// Exact. Requires: neither is too large.
  friend std::strong_ordering operator<=>(const Rational& a, const Rational& b);
  constexpr bool operator==(const Rational&) const = default;

  /// The multiple of `step` below, above, or nearest (half away from zero).
  /// Requires: step > 0.
  Rational to_multiple(const Rational& step, Rounding rounding) const;

  /// With twelve decimals. Errors: decimal_exceeds_limit.
  [[nodiscard]] Result<Decimal> to_decimal(Rounding rounding) const;

  /// "1/800", "7".
  std::string to_text() const;

  /// a × b with twelve decimals, also where the fraction itself is too large.
  /// Errors: decimal_exceeds_limit.
  [[nodiscard]] static Result<Decimal> product_to_decimal(const Rational& a, const Rational& b,
                                                          Rounding rounding);

 private:
  constexpr Rational(int128 numerator, int128 denominator)
      : numerator_(numerator), denominator_(denominator) {}
  static Rational wide_sum(const Rational& a, const Rational& b, int128 common);

  static constexpr bool fits64(int128 n) { return static_cast<std::int64_t>(n) == n; }
  static Rational sum(const Rational& a, const Rational& b);
  static Rational product(const Rational& a, const Rational& b);

  int128 numerator_ = 0;
  int128 denominator_ = 1;  ///< 0: too large.
};

inline Rational max(const Rational& a, const Rational& b) { return a < b ? b : a; }
inline Rational min(const Rational& a, const Rational& b) { return b < a ? b : a; }

}  // namespace steelyard::money
