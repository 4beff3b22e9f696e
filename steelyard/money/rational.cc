#include "steelyard/money/rational.h"

#include <bit>

#include "steelyard/money/wide.h"

namespace steelyard::money {
namespace {

constexpr int128 scale = 1'000'000'000'000;

uint128 magnitude(int128 n) { return n < 0 ? -static_cast<uint128>(n) : static_cast<uint128>(n); }

std::uint64_t gcd64(std::uint64_t a, std::uint64_t b) {
  if (a == 1 || b == 1) return 1;
  if (a < b) std::swap(a, b);
  if (b == 0) return a;
  a %= b;  // Brings the two to one size: often one is a multiple of the other.
  if (a == 0) return b;
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

// Most numbers fit into 64 bits, where all this is cheap; both ways give the same fraction.

bool fits64(int128 n) { return static_cast<std::int64_t>(n) == n; }
bool fits32(int128 n) { return static_cast<std::int32_t>(n) == n; }

std::uint64_t magnitude64(std::int64_t n) {
  return n < 0 ? -static_cast<std::uint64_t>(n) : static_cast<std::uint64_t>(n);
}

/// n / d. Requires: d > 0 divides n.
int128 divided(int128 n, std::uint64_t d) {
  if (d == 1) return n;
  if (fits64(n) && d <= INT64_MAX) {
    return static_cast<std::int64_t>(n) / static_cast<std::int64_t>(d);
  }
  return n / static_cast<int128>(d);
}

/// a × b as 256 bits.
struct Product {
  uint128 high;
  uint128 low;
  auto operator<=>(const Product&) const = default;
};

Product multiply(uint128 a, uint128 b) {
  constexpr uint128 half = UINT64_MAX;
  const uint128 low = (a & half) * (b & half);
  const uint128 cross = ((a >> 64) * (b & half)) + (low >> 64);
  const uint128 middle = ((a & half) * (b >> 64)) + (cross & half);
  return {((a >> 64) * (b >> 64)) + (cross >> 64) + (middle >> 64), (middle << 64) | (low & half)};
}

/// Whether a quotient is rounded away from zero. Requires: d > 0, rest < d.
template <class Number>
bool rounds_up(const Number& rest, const Number& other_rest, bool is_odd, Rounding rounding) {
  switch (rounding) {
    case Rounding::toward_zero: return false;
    case Rounding::away_from_zero: return rest != Number{};
    case Rounding::half_away: return rest >= other_rest;
    case Rounding::half_even: return rest > other_rest || (rest == other_rest && is_odd);
  }
  return false;
}

/// Quotient toward zero and remainder, rounded. Requires: divisor > 0.
bool rounded_quotient(int128 n, int128 divisor, Rounding rounding, int128& quotient) {
  if (divisor == 1) {
    quotient = n;
    return true;
  }
  const bool negative = n < 0;
  const uint128 d = static_cast<uint128>(divisor);
  uint128 q = magnitude(n) / d;
  const uint128 rest = magnitude(n) - q * d;
  if (rounds_up(rest, d - rest, (q & 1) == 1, rounding)) ++q;
  if (q > (~uint128{0} >> 1)) return false;
  quotient = negative ? -static_cast<int128>(q) : static_cast<int128>(q);
  return true;
}

/// The same for a number that is wider than the quotient may be.
bool rounded_quotient(Wide n, const Wide& divisor, bool is_negative, Rounding rounding,
                      int128& quotient) {
  const Wide count = n.take_out(divisor);
  if (!count.fits_127_bits()) return false;
  uint128 q = count.narrow();
  Wide other_rest = divisor;
  other_rest -= n;
  if (rounds_up(n, other_rest, (q & 1) == 1, rounding)) ++q;
  if (q > (~uint128{0} >> 1)) return false;
  quotient = is_negative ? -static_cast<int128>(q) : static_cast<int128>(q);
  return true;
}

/// Within the range that a Decimal may have. `count` is of 10^-12.
Result<Decimal> decimal_of(bool is_known, int128 count) {
  constexpr uint128 limit =
      static_cast<uint128>(scale) * static_cast<uint128>(scale) * static_cast<uint128>(scale);
  if (!is_known || magnitude(count) > limit) {
    return failure(ErrorCode::decimal_exceeds_limit, "a quantity does not fit into 128 bits");
  }
  return Decimal::from_scaled(count);
}

}  // namespace

Rational Rational::ratio(int128 n, int128 d) {
  STEELYARD_CHECK(d > 0);
  if (d == 1) return Rational(n, 1);
  if (fits64(n) && fits64(d)) {
    const std::uint64_t common =
        gcd64(magnitude64(static_cast<std::int64_t>(n)), static_cast<std::uint64_t>(d));
    return Rational(divided(n, common), divided(d, common));
  }
  const int128 common = gcd_of(n, d);
  return common <= 1 ? Rational(n, d) : Rational(n / common, d / common);
}

Rational Rational::of(Decimal value) {
  if (fits64(value.scaled())) {
    const auto scaled = static_cast<std::int64_t>(value.scaled());
    constexpr auto unit = static_cast<std::int64_t>(scale);
    const std::int64_t whole = scaled / unit;
    if (whole * unit == scaled) return Rational(whole, 1);
  } else if (value.scaled() % scale == 0) {
    return Rational(value.scaled() / scale, 1);
  }
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

Rational Rational::sum(const Rational& a, const Rational& b) {
  if (a.is_too_large() || b.is_too_large()) return Rational(0, 0);
  int128 n = 0;
  if (a.denominator_ == b.denominator_) {
    if (__builtin_add_overflow(a.numerator_, b.numerator_, &n)) {
      return Rational::wide_sum(a, b, a.denominator_);
    }
    return a.denominator_ == 1 ? Rational(n, 1) : Rational::ratio(n, a.denominator_);
  }
  if (fits64(a.numerator_) && fits64(b.numerator_) && fits64(a.denominator_) &&
      fits64(b.denominator_)) {
    const std::uint64_t common = gcd64(static_cast<std::uint64_t>(a.denominator_),
                                       static_cast<std::uint64_t>(b.denominator_));
    const int128 above = a.numerator_ * divided(b.denominator_, common) +
                         b.numerator_ * divided(a.denominator_, common);
    if (above == 0) return Rational();
    if (common == 1) return Rational(above, a.denominator_ * b.denominator_);
    const auto shared = static_cast<std::uint64_t>(gcd_of(above, static_cast<int128>(common)));
    return Rational(divided(above, shared),
                    divided(a.denominator_, common) * divided(b.denominator_, shared));
  }
  const int128 common = gcd_of(a.denominator_, b.denominator_);
  int128 left = 0;
  int128 right = 0;
  int128 d = 0;
  if (__builtin_mul_overflow(a.numerator_, b.denominator_ / common, &left) ||
      __builtin_mul_overflow(b.numerator_, a.denominator_ / common, &right) ||
      __builtin_add_overflow(left, right, &n)) {
    return Rational::wide_sum(a, b, common);
  }
  const int128 shared = gcd_of(n, common);
  if (__builtin_mul_overflow(a.denominator_ / common, b.denominator_ / (shared == 0 ? 1 : shared),
                             &d)) {
    return Rational(0, 0);
  }
  return n == 0 ? Rational() : Rational(n / shared, d);
}

/// a + b, where the numerator over the product of the denominators does not fit, but what is left
/// of it when it is reduced may. `common` divides both denominators.
Rational Rational::wide_sum(const Rational& a, const Rational& b, int128 common) {
  const auto times = [](int128 x, int128 y) { return Wide(magnitude(x)) * magnitude(y); };
  Wide n = times(a.numerator_, b.denominator_ / common);
  Wide other = times(b.numerator_, a.denominator_ / common);
  bool is_negative = a.is_negative();
  if (a.is_negative() == b.is_negative()) {
    n += other;
  } else {
    if (n < other) {
      std::swap(n, other);
      is_negative = b.is_negative();
    }
    n -= other;
  }
  Wide rest = n;
  rest.take_out(Wide(magnitude(common)));
  const auto shared = static_cast<int128>(gcd(rest.narrow(), magnitude(common)));
  const Wide above = n.take_out(Wide(magnitude(shared)));
  int128 d = 0;
  if (!above.fits_127_bits() ||
      __builtin_mul_overflow(a.denominator_ / common, b.denominator_ / shared, &d)) {
    return Rational(0, 0);
  }
  const auto whole = static_cast<int128>(above.narrow());
  return Rational(is_negative ? -whole : whole, d);
}

Rational Rational::product(const Rational& a, const Rational& b) {
  if (a.is_too_large() || b.is_too_large()) return Rational(0, 0);
  if (a.numerator_ == 0 || b.numerator_ == 0) return Rational();
  if (fits64(a.numerator_) && fits64(b.numerator_) && fits64(a.denominator_) &&
      fits64(b.denominator_)) {
    const std::uint64_t one = gcd64(magnitude64(static_cast<std::int64_t>(a.numerator_)),
                                    static_cast<std::uint64_t>(b.denominator_));
    const std::uint64_t other = gcd64(magnitude64(static_cast<std::int64_t>(b.numerator_)),
                                      static_cast<std::uint64_t>(a.denominator_));
    return Rational(divided(a.numerator_, one) * divided(b.numerator_, other),
                    divided(a.denominator_, other) * divided(b.denominator_, one));
  }
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
  const Product left = multiply(magnitude(a.numerator_), magnitude(b.denominator_));
  const Product right = multiply(magnitude(b.numerator_), magnitude(a.denominator_));
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
  constexpr std::int64_t small = INT64_MAX / static_cast<std::int64_t>(scale) / 2;
  if (is_too_large()) return decimal_of(false, 0);
  if (-small < numerator_ && numerator_ < small && fits64(denominator_) &&
      rounding == Rounding::half_away) {
    const std::int64_t n = static_cast<std::int64_t>(numerator_) * static_cast<std::int64_t>(scale);
    const auto d = static_cast<std::int64_t>(denominator_);
    std::int64_t count = n / d;
    const std::int64_t rest = n < 0 ? count * d - n : n - count * d;
    if (rest >= d - rest) count += n < 0 ? -1 : 1;
    return Decimal::from_scaled(count);
  }
  int128 count = 0;
  int128 scaled = 0;
  const bool is_known =
      __builtin_mul_overflow(numerator_, scale, &scaled)
          ? rounded_quotient(Wide(magnitude(numerator_)) * scale, Wide(magnitude(denominator_)),
                             is_negative(), rounding, count)
          : rounded_quotient(scaled, denominator_, rounding, count);
  return decimal_of(is_known, count);
}

Result<Decimal> Rational::product_to_decimal(const Rational& a, const Rational& b,
                                             Rounding rounding) {
  // Where it is small it need not be reduced: the quotient is the same.
  if (fits32(a.numerator_) && fits32(b.numerator_) && fits32(a.denominator_) &&
      fits32(b.denominator_) && !a.is_too_large() && !b.is_too_large()) {
    return Rational(a.numerator_ * b.numerator_, a.denominator_ * b.denominator_)
        .to_decimal(rounding);
  }
  const Rational product = a * b;
  if (!product.is_too_large()) return product.to_decimal(rounding);
  if (a.is_too_large() || b.is_too_large()) return decimal_of(false, 0);
  int128 count = 0;
  const bool is_known =
      rounded_quotient(Wide(magnitude(a.numerator_)) * magnitude(b.numerator_) * scale,
                       Wide(magnitude(a.denominator_)) * magnitude(b.denominator_),
                       a.is_negative() != b.is_negative(), rounding, count);
  return decimal_of(is_known, count);
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
