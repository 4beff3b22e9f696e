#include "steelyard/money/decimal.h"

#include <algorithm>
#include <array>

namespace steelyard::money {
namespace {

__extension__ typedef unsigned __int128 uint128;

constexpr uint128 scale = 1'000'000'000'000;
constexpr uint128 limit = scale * scale * scale;  // 10^24, scaled.

uint128 magnitude(int128 n) { return n < 0 ? -static_cast<uint128>(n) : static_cast<uint128>(n); }
int128 with_sign(uint128 n, bool negative) {
  return negative ? -static_cast<int128>(n) : static_cast<int128>(n);
}

struct Division {
  uint128 quotient;
  uint128 remainder;
};

struct Product {  // 256 bits.
  uint128 high;
  uint128 low;
};

/// School multiplication in halves of 64 bits. No sum can overflow: the largest is
/// (2^64 - 1)^2 + 2^64 - 1.
Product multiply(uint128 a, uint128 b) {
  constexpr uint128 half = ~std::uint64_t{0};
  const uint128 low = (a & half) * (b & half);
  const uint128 cross = ((a >> 64) * (b & half)) + (low >> 64);
  const uint128 middle = ((a & half) * (b >> 64)) + (cross & half);
  return {((a >> 64) * (b >> 64)) + (cross >> 64) + (middle >> 64), (middle << 64) | (low & half)};
}

/// One bit at a time: the plain version that the short path below must agree with.
/// Requires: n.high < divisor < 2^127, so that the quotient fits and no carry is lost.
Division divide(Product n, uint128 divisor) {
  STEELYARD_CHECK(n.high < divisor);
  STEELYARD_CHECK((divisor >> 127) == 0);
  Division d{0, n.high};
  for (int bit = 127; bit >= 0; --bit) {
    d.remainder = (d.remainder << 1) | ((n.low >> bit) & 1);
    d.quotient <<= 1;
    if (d.remainder >= divisor) {
      d.remainder -= divisor;
      d.quotient |= 1;
    }
  }
  return d;
}

uint128 round(Division d, uint128 divisor, Rounding rounding) {
  const uint128 to_next = divisor - d.remainder;
  bool up = false;
  switch (rounding) {
    case Rounding::toward_zero: break;
    case Rounding::away_from_zero: up = d.remainder != 0; break;
    case Rounding::half_away: up = d.remainder >= to_next; break;
    case Rounding::half_even:
      up = d.remainder > to_next || (d.remainder == to_next && (d.quotient & 1) == 1);
      break;
  }
  return d.quotient + (up ? 1 : 0);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

Result<Decimal> Decimal::parse(std::string_view text) {
  const auto refuse = [&](ErrorCode code) { return failure(code, std::string(text)); };
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative) rest.remove_prefix(1);

  uint128 digits = 0;
  int fraction = -1;  // Digits after the point so far; -1 before the point.
  char last = '.';    // A point may not come first, last or twice.
  for (char c : rest) {
    const bool fits = c == '.' ? last != '.' && fraction < 0 : is_digit(c);
    if (!fits) return refuse(ErrorCode::decimal_is_malformed);
    last = c;
    if (c == '.') {
      fraction = 0;
      continue;
    }
    if (fraction >= 0) ++fraction;
    if (fraction > fraction_digits) return refuse(ErrorCode::decimal_is_malformed);
    digits = digits * 10 + static_cast<uint128>(c - '0');
    if (digits > limit) return refuse(ErrorCode::decimal_exceeds_limit);
  }
  if (last == '.') return refuse(ErrorCode::decimal_is_malformed);

  for (int i = std::max(fraction, 0); i < fraction_digits; ++i) {
    digits *= 10;
    if (digits > limit) return refuse(ErrorCode::decimal_exceeds_limit);
  }
  return Decimal(with_sign(digits, negative));
}

namespace {

/// The digits of `whole` and, behind a point, those of `fraction` (12 digits, without zeros
/// at the end), written backwards from `end`. Returns where they begin.
template <class Whole>
char* write_backwards(Whole whole, std::uint64_t fraction, char* end) {
  if (fraction != 0) {
    int digits = Decimal::fraction_digits;
    for (; fraction % 10 == 0; fraction /= 10) --digits;
    for (; digits > 0; --digits, fraction /= 10) *--end = static_cast<char>('0' + fraction % 10);
    *--end = '.';
  }
  do {
    *--end = static_cast<char>('0' + static_cast<int>(whole % 10));
    whole /= 10;
  } while (whole != 0);
  return end;
}

}  // namespace

std::string Decimal::to_text() const {
  std::string text;
  append_to(text);
  return text;
}

void Decimal::append_to(std::string& to) const {
  std::array<char, 48> digits;
  char* const end = digits.data() + digits.size();
  char* begin = nullptr;
  const uint128 value = magnitude(scaled_);
  if (value <= UINT64_MAX) {
    const auto small = static_cast<std::uint64_t>(value);
    constexpr auto unit = static_cast<std::uint64_t>(scale);
    begin = write_backwards(small / unit, small % unit, end);
  } else {
    const uint128 whole = value / scale;
    const auto fraction = static_cast<std::uint64_t>(value % scale);
    begin = whole <= UINT64_MAX ? write_backwards(static_cast<std::uint64_t>(whole), fraction, end)
                                : write_backwards(whole, fraction, end);
  }
  if (scaled_ < 0) *--begin = '-';
  to.append(begin, end);
}

Result<Decimal> Decimal::mul_div(Decimal a, Decimal b, Decimal c, Rounding rounding) {
  STEELYARD_CHECK(c > Decimal());
  const bool negative = (a.scaled_ < 0) != (b.scaled_ < 0);
  const uint128 divisor = magnitude(c.scaled_);
  const auto too_large = [&] {
    return failure(ErrorCode::decimal_exceeds_limit,
                   a.to_text() + " * " + b.to_text() + " / " + c.to_text());
  };

  Division d{};
  uint128 product = 0;
  if (!__builtin_mul_overflow(magnitude(a.scaled_), magnitude(b.scaled_), &product)) {
    const uint128 quotient = product / divisor;
    d = {quotient, product - quotient * divisor};
  } else {
    const Product wide = multiply(magnitude(a.scaled_), magnitude(b.scaled_));
    if (wide.high >= divisor) return too_large();
    d = divide(wide, divisor);
  }
  const uint128 rounded = round(d, divisor, rounding);
  if (rounded > limit) return too_large();
  return Decimal(with_sign(rounded, negative));
}

Decimal Decimal::rounded(int digits, Rounding rounding) const {
  STEELYARD_CHECK(0 <= digits && digits <= fraction_digits);
  STEELYARD_CHECK(magnitude(scaled_) <= limit);
  uint128 unit = 1;
  for (int i = digits; i < fraction_digits; ++i) unit *= 10;
  const uint128 n = magnitude(scaled_);
  return Decimal(with_sign(round({n / unit, n % unit}, unit, rounding) * unit, scaled_ < 0));
}

}  // namespace steelyard::money
