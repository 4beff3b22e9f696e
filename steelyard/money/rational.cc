#include "steelyard/money/rational.h"

#include <bit>

namespace steelyard::money {
namespace {

__extension__ typedef unsigned __int128 uint128;

constexpr int128 scale = 1'000'000'000'000;

uint128 magnitude(int128 n) { return n < 0 ? -static_cast<uint128>(n) : static_cast<uint128>(n); }

std::uint64_t gcd64(std::uint64_t a, std::uint64_t b) {
  if (a == 0) return b;
  if (b == 0) return a;
  const int shift = std::countr_zero(a | b);
  a >>= std::countr_zero(a);
  while (b != 0) {
    b >>= std::countr_zero(b);
    if (a > b) std::swap(a, b);
    b -= a;
  }
  return a << shift;
}

uint128 gcd(uint128 a, uint128 b) {
  constexpr uint128 small = UINT64_MAX;
  while (b != 0) {
    if (a <= small && b <= small) {
      return gcd64(static_cast<std::uint64_t>(a), static_cast<std::uint64_t>(b));
    }
    const uint128 rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

int128 gcd_of(int128 a, int128 b) {
  if (b == 1) return 1;
  return static_cast<int128>(gcd(magnitude(a), magnitude(b)));
}

/// a × b as 256 bits.
struct Wide {
  uint128 high;
  uint128 low;
  auto operator<=>(const Wide&) const = default;
};

Wide multiply(uint128 a, uint128 b) {
  constexpr uint128 half = UINT64_MAX;
  const uint128 low = (a & half) * (b & half);
  const uint128 cross = ((a >> 64) * (b & half)) + (low >> 64);
  const uint128 middle = ((a & half) * (b >> 64)) + (cross & half);
  return {((a >> 64) * (b >> 64)) + (cross >> 64) + (middle >> 64), (middle << 64) | (low & half)};
}

/// Quotient toward zero and remainder, rounded. Requires: divisor > 0.
bool rounded_quotient(int128 n, int128 divisor, Rounding rounding, int128& quotient) {
  const bool negative = n < 0;
  const uint128 d = static_cast<uint128>(divisor);
  uint128 q = magnitude(n) / d;
  const uint128 rest = magnitude(n) % d;
  bool up = false;
  switch (rounding) {
    case Rounding::toward_zero: break;
    case Rounding::away_from_zero: up = rest != 0; break;
    case Rounding::half_away: up = rest >= d - rest; break;
    case Rounding::half_even: up = rest > d - rest || (rest == d - rest && (q & 1) == 1); break;
  }
  if (up) ++q;
  if (q > (~uint128{0} >> 1)) return false;
  quotient = negative ? -static_cast<int128>(q) : static_cast<int128>(q);
  return true;
}

}  // namespace

Rational Rational::ratio(int128 n, int128 d) {
  STEELYARD_CHECK(d > 0);
  const int128 common = gcd_of(n, d);
  return common <= 1 ? Rational(n, d) : Rational(n / common, d / common);
}

Rational Rational::of(Decimal value) {
  if (value.scaled() % scale == 0) return Rational(value.scaled() / scale, 1);
  return ratio(value.scaled(), scale);
}

Result<Rational> Rational::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  STEELYARD_TRY(above, Decimal::parse(text.substr(0, slash)));
  if (slash == std::string_view::npos) return of(above);
  STEELYARD_TRY(below, Decimal::parse(text.substr(slash + 1)));
  if (below <= Decimal()) return failure(ErrorCode::decimal_is_malformed, std::string(text));
  return of(above) / of(below);
}

Rational operator+(const Rational& a, const Rational& b) {
  if (a.is_too_large() || b.is_too_large()) return Rational(0, 0);
  int128 n = 0;
  if (a.denominator_ == b.denominator_) {
    if (__builtin_add_overflow(a.numerator_, b.numerator_, &n)) return Rational(0, 0);
    return a.denominator_ == 1 ? Rational(n, 1) : Rational::ratio(n, a.denominator_);
  }
  const int128 common = gcd_of(a.denominator_, b.denominator_);
  int128 left = 0;
  int128 right = 0;
  int128 d = 0;
  if (__builtin_mul_overflow(a.numerator_, b.denominator_ / common, &left) ||
      __builtin_mul_overflow(b.numerator_, a.denominator_ / common, &right) ||
      __builtin_add_overflow(left, right, &n)) {
    return Rational(0, 0);
  }
  const int128 shared = gcd_of(n, common);
  if (__builtin_mul_overflow(a.denominator_ / common, b.denominator_ / (shared == 0 ? 1 : shared),
                             &d)) {
    return Rational(0, 0);
  }
  return n == 0 ? Rational() : Rational(n / shared, d);
}

Rational Rational::operator-() const { return Rational(-numerator_, denominator_); }

Rational operator*(const Rational& a, const Rational& b) {
  if (a.is_too_large() || b.is_too_large()) return Rational(0, 0);
  if (a.numerator_ == 0 || b.numerator_ == 0) return Rational();
  const int128 first = gcd_of(a.numerator_, b.denominator_);
  const int128 second = gcd_of(b.numerator_, a.denominator_);
  int128 n = 0;
  int128 d = 0;
  if (__builtin_mul_overflow(a.numerator_ / first, b.numerator_ / second, &n) ||
      __builtin_mul_overflow(a.denominator_ / second, b.denominator_ / first, &d)) {
    return Rational(0, 0);
  }
  return Rational(n, d);
}

Rational operator/(const Rational& a, const Rational& b) {
  STEELYARD_CHECK(b.is_too_large() || b.numerator_ != 0);
  if (b.is_too_large()) return b;
  return b.numerator_ < 0 ? a * Rational(-b.denominator_, -b.numerator_)
                          : a * Rational(b.denominator_, b.numerator_);
}

std::strong_ordering operator<=>(const Rational& a, const Rational& b) {
  STEELYARD_CHECK(!a.is_too_large() && !b.is_too_large());
  if (a.denominator_ == b.denominator_) return a.numerator_ <=> b.numerator_;
  if (a.is_negative() != b.is_negative()) {
    return a.is_negative() ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  const Wide left = multiply(magnitude(a.numerator_), magnitude(b.denominator_));
  const Wide right = multiply(magnitude(b.numerator_), magnitude(a.denominator_));
  return a.is_negative() ? right <=> left : left <=> right;
}

Rational Rational::to_multiple(const Rational& step, Rounding rounding) const {
  const Rational count = *this / step;
  if (count.is_too_large()) return count;
  if (count.denominator_ == 1) return *this;
  int128 whole_count = 0;
  if (!rounded_quotient(count.numerator_, count.denominator_, rounding, whole_count)) {
    return Rational(0, 0);
  }
  return Rational(whole_count, 1) * step;
}

Result<Decimal> Rational::to_decimal(Rounding rounding) const {
  constexpr uint128 limit =
      static_cast<uint128>(scale) * static_cast<uint128>(scale) * static_cast<uint128>(scale);
  const Rational scaled = *this * Rational(scale, 1);
  int128 count = 0;
  if (scaled.is_too_large() ||
      !rounded_quotient(scaled.numerator_, scaled.denominator_, rounding, count) ||
      magnitude(count) > limit) {
    return failure(ErrorCode::decimal_exceeds_limit, "a quantity does not fit into 128 bits");
  }
  return Decimal::from_scaled(count);
}

std::string Rational::to_text() const {
  if (is_too_large()) return "(too large)";
  const auto digits = [](int128 n) {
    std::string text;
    for (uint128 rest = magnitude(n); text.empty() || rest != 0; rest /= 10) {
      text.insert(text.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
    }
    return n < 0 ? '-' + text : text;
  };
  return denominator_ == 1 ? digits(numerator_) : digits(numerator_) + '/' + digits(denominator_);
}

}  // namespace steelyard::money
