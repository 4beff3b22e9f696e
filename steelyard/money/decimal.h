#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "steelyard/base/check.h"
#include "steelyard/base/result.h"

namespace steelyard::money {

__extension__ typedef __int128 int128;

/// How a digit is dropped. Every call that can drop a digit takes one; there is no
/// default and no process-wide setting, so a past bill can be computed again.
enum class Rounding : std::uint8_t {
  toward_zero,     ///<  2.5 ->  2,  -2.5 -> -2
  away_from_zero,  ///<  2.1 ->  3,  -2.1 -> -3
  half_away,       ///<  2.5 ->  3,  -2.5 -> -3   (commercial rounding)
  half_even,       ///<  2.5 ->  2,   3.5 ->  4   (IEEE 754-2019, 4.3.1)
};

/// An exact number with twelve digits after the point: a quantity, or the number in
/// an amount. It has no unit; Money and the name of a field add one.
///
/// Range: |x| <= 10^24 from outside and from `mul_div`, so that at least a hundred
/// such values can be added; a sum past 128 bits ends the process. There is no
/// constructor from double: 0.1 would already be wrong.
class Decimal {
 public:
  static constexpr int fraction_digits = 12;

  constexpr Decimal() = default;
  static constexpr Decimal whole(std::int64_t n) { return Decimal(int128{n} * scale); }

  /// Reads "12", "-0.0002". No exponent, no thousands separator, no spaces.
  /// Errors: decimal_is_malformed (also: more than twelve fraction digits, which
  /// would need a rounding nobody asked for), decimal_exceeds_limit.
  [[nodiscard]] static Result<Decimal> parse(std::string_view text);

  /// The value as a count of 10^-12: what stores keep and the hot path multiplies.
  static constexpr Decimal from_scaled(int128 scaled) { return Decimal(scaled); }
  constexpr int128 scaled() const { return scaled_; }

  /// The shortest text that parses back to the same value: "0.0002", "7".
  std::string to_text() const;

  /// The same, behind what `to` already holds; allocates only if `to` must grow.
  void append_to(std::string& to) const;

  constexpr bool is_zero() const { return scaled_ == 0; }
  constexpr bool is_negative() const { return scaled_ < 0; }
  constexpr auto operator<=>(const Decimal&) const = default;

  constexpr Decimal operator-() const { return Decimal(-scaled_); }
  constexpr Decimal& operator+=(Decimal other) {
    STEELYARD_CHECK(!__builtin_add_overflow(scaled_, other.scaled_, &scaled_));
    return *this;
  }
  friend constexpr Decimal operator+(Decimal a, Decimal b) { return a += b; }
  friend constexpr Decimal operator-(Decimal a, Decimal b) { return a += -b; }

  /// a * b / c, rounded once, from an exact product. The only multiplication,
  /// because "price per 1000 tokens" is price * tokens / 1000.
  /// Requires: c > 0. Errors: decimal_exceeds_limit.
  [[nodiscard]] static Result<Decimal> mul_div(Decimal a, Decimal b, Decimal c, Rounding rounding);

  /// Keeps `digits` digits after the point. Requires: 0 <= digits <= 12, |x| <= 10^24.
  Decimal rounded(int digits, Rounding rounding) const;

 private:
  static constexpr std::int64_t scale = 1'000'000'000'000;
  explicit constexpr Decimal(int128 scaled) : scaled_(scaled) {}
  int128 scaled_ = 0;  ///< The value times 10^12.
};

static_assert(sizeof(Decimal) == 16, "a Decimal is one 128-bit column in the store");
static_assert(Decimal::whole(2) - Decimal::whole(5) == Decimal::whole(-3));

}  // namespace steelyard::money
