#include "steelyard/money/rational.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/multiprecision/cpp_int.hpp>

namespace steelyard::money {
namespace {

using Exact = boost::multiprecision::cpp_rational;
using Big = boost::multiprecision::cpp_int;

Big big(int128 n) {
  const bool is_negative = n < 0;
  __extension__ typedef unsigned __int128 uint128;
  const uint128 size = is_negative ? -static_cast<uint128>(n) : static_cast<uint128>(n);
  Big result = static_cast<std::uint64_t>(size >> 64);
  result = (result << 64) + static_cast<std::uint64_t>(size);
  return is_negative ? Big(-result) : result;
}

Exact exact(const Rational& value) { return {big(value.numerator()), big(value.denominator())}; }

/// Small ones, ones of a book, and ones at the edge of 128 bits.
Rational any() {
  const auto n = *rc::gen::arbitrary<std::int64_t>();
  const auto d = *rc::gen::inRange<std::int64_t>(1, INT64_MAX);
  switch (*rc::gen::inRange(0, 4)) {
    case 0: return Rational::ratio(n % 1'000, d % 1'000 + 1);
    case 1: return Rational::ratio(n, d);
    case 2: return Rational::ratio(n, 1) * Rational::ratio(d, 7);
    default: return Rational::ratio(1, d) * Rational::ratio(n % 1'000, 3);
  }
}

bool fits(const Exact& value) {
  const Big limit = Big(1) << 127;
  return numerator(value) < limit && numerator(value) > -limit && denominator(value) < limit;
}

/// Right, or too large; and never too large where the result fits.
void expect_same(const Rational& actual, const Exact& expected) {
  if (!fits(expected)) {
    RC_ASSERT(actual.is_too_large());
  } else {
    RC_ASSERT(!actual.is_too_large());
    RC_ASSERT(exact(actual) == expected);
    RC_ASSERT(actual.denominator() > 0);
    RC_ASSERT(big(actual.denominator()) == denominator(expected));  // Reduced.
  }
}

RC_GTEST_PROP(Rational, computes_as_another_library_does, ()) {
  const Rational a = any();
  const Rational b = any();
  expect_same(a + b, exact(a) + exact(b));
  expect_same(a - b, exact(a) - exact(b));
  expect_same(a * b, exact(a) * exact(b));
  if (!b.is_zero()) expect_same(a / b, exact(a) / exact(b));
  RC_ASSERT((a < b) == (exact(a) < exact(b)));
  RC_ASSERT((a == b) == (exact(a) == exact(b)));
}

/// In units of 10^-12, half away from zero.
Big written(const Exact& value) {
  const Exact scaled = value * Exact(Big("1000000000000"));
  const Exact size = scaled < 0 ? Exact(-scaled) : scaled;
  const Big rounded = (2 * numerator(size) + denominator(size)) / (2 * denominator(size));
  return scaled < 0 ? Big(-rounded) : rounded;
}

/// Written, unless what is written is too large, however large the fraction is.
void expect_written(const Result<Decimal>& actual, const Exact& expected) {
  const Big count = written(expected);
  const Big limit = boost::multiprecision::pow(Big(10), 36);
  RC_ASSERT(actual.has_value() == (count <= limit && count >= -limit));
  if (actual.has_value()) RC_ASSERT(big(actual->scaled()) == count);
}

RC_GTEST_PROP(Rational, is_written_as_another_library_writes_it, ()) {
  const Rational a = any();
  const Rational b = any();
  expect_written(a.to_decimal(Rounding::half_away), exact(a));
  expect_written(Rational::product_to_decimal(a, b, Rounding::half_away), exact(a) * exact(b));
}

RC_GTEST_PROP(Rational, small_numbers_are_never_too_large, ()) {
  const auto small = [] {
    return Rational::ratio(*rc::gen::inRange<std::int64_t>(-1'000'000, 1'000'000),
                           *rc::gen::inRange<std::int64_t>(1, 1'000'000));
  };
  const Rational a = small();
  const Rational b = small();
  RC_ASSERT(exact(a + b) == exact(a) + exact(b));
  RC_ASSERT(exact(a * b) == exact(a) * exact(b));
}

RC_GTEST_PROP(Rational, a_multiple_is_the_nearest_in_its_direction, ()) {
  const Rational q = any();
  const Rational step = Rational::ratio(*rc::gen::inRange<std::int64_t>(1, 5'000),
                                        *rc::gen::inRange<std::int64_t>(1, 5'000));
  const Rational down = q.to_multiple(step, Rounding::toward_zero);
  const Rational up = q.to_multiple(step, Rounding::away_from_zero);
  RC_PRE(!down.is_too_large() && !up.is_too_large());
  const auto size = [](const Exact& value) { return value < 0 ? Exact(-value) : value; };
  RC_ASSERT(denominator(Exact(exact(down) / exact(step))) == 1);
  RC_ASSERT(size(exact(down)) <= size(exact(q)));
  RC_ASSERT(size(exact(q)) <= size(exact(up)));
  RC_ASSERT(size(exact(up)) - size(exact(down)) <= exact(step));
}

TEST(Rational, is_reduced) {
  EXPECT_EQ(Rational::ratio(6, 4).to_text(), "3/2");
  EXPECT_EQ(Rational::ratio(-6, 4).to_text(), "-3/2");
  EXPECT_EQ(Rational::ratio(0, 4).to_text(), "0");
  EXPECT_EQ((Rational::ratio(1, 6) + Rational::ratio(1, 3)).to_text(), "1/2");
  EXPECT_EQ((Rational::ratio(1, 6) - Rational::ratio(1, 6)).denominator(), 1);
  EXPECT_EQ((Rational::whole(2) / Rational::ratio(-4, 3)).to_text(), "-3/2");
}

TEST(Rational, is_read) {
  EXPECT_EQ(Rational::parse("1/800").value().to_text(), "1/800");
  EXPECT_EQ(Rational::parse("0.5").value().to_text(), "1/2");
  EXPECT_EQ(Rational::parse("-3").value().to_text(), "-3");
  EXPECT_EQ(Rational::parse("0.5/0.25").value().to_text(), "2");
  for (const char* const wrong : {"", "/", "1/", "/2", "1/0", "1/-2", "x", "1/2/3", "1e3"}) {
    EXPECT_FALSE(Rational::parse(wrong).has_value()) << wrong;
  }
}

TEST(Rational, too_large_is_sticky_and_reported) {
  const Rational huge = Rational::whole(INT64_MAX) * Rational::whole(INT64_MAX);
  ASSERT_FALSE(huge.is_too_large());
  const Rational over = huge * huge;
  ASSERT_TRUE(over.is_too_large());
  const Rational one = Rational::whole(1);
  for (const Rational& each :
       {over + one, one + over, over - over, -over, over * one, over * Rational(), over / one,
        one / over, over.to_multiple(one, Rounding::half_away)}) {
    EXPECT_TRUE(each.is_too_large()) << each.to_text();
  }
  EXPECT_FALSE(over.is_zero());
  EXPECT_EQ(over.to_text(), "(too large)");
  const auto written = over.to_decimal(Rounding::half_away);
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().code, ErrorCode::decimal_exceeds_limit);
}

TEST(Rational, a_sum_that_needs_one_more_bit_is_too_large) {
  Rational sum = Rational::whole(1);
  for (int i = 0; i < 126; ++i) sum = sum * Rational::whole(2);
  EXPECT_FALSE(sum.is_too_large());  // 2^126.
  EXPECT_TRUE((sum + sum).is_too_large());
  EXPECT_FALSE((sum + (sum - Rational::whole(1))).is_too_large());  // 2^127 - 1.
}

/// 13 nanosecond-exact gigabyte-hours: 26 digits above, 13 below, and ten times as many on the way.
TEST(Rational, only_a_result_is_too_large_not_the_way_to_it) {
  const int128 nanosecond_hours = int128{3'600'000'000'000} * 1'000'000'000'000;
  const Rational fine = Rational::ratio(13 * nanosecond_hours + 1'000'000'007, nanosecond_hours);
  EXPECT_EQ(fine.to_decimal(Rounding::half_away)->to_text(), "13");
  EXPECT_EQ(fine.to_decimal(Rounding::away_from_zero)->to_text(), "13.000000000001");
  const Rational price = Rational::parse("0.0001234567").value() / Rational::whole(720);
  ASSERT_TRUE((fine * price * price).is_too_large());
  EXPECT_EQ(Rational::product_to_decimal(fine, price, Rounding::half_away)->to_text(),
            "0.000002229079");

  const int128 odd = (int128{1} << 126) + 1;
  EXPECT_EQ((Rational::ratio(odd, 2) + Rational::ratio(odd, 2)).to_text(),
            Rational::ratio(odd, 1).to_text());
  EXPECT_EQ((Rational::ratio(odd, 2) + Rational::ratio(1, 6)) - Rational::ratio(1, 6),
            Rational::ratio(odd, 2));
}

TEST(Rational, to_multiple_rounds_on_both_sides_of_zero) {
  struct {
    const char* q;
    const char* step;
    Rounding rounding;
    const char* result;
  } const cases[] = {
      {"0", "1", Rounding::away_from_zero, "0"},
      {"1", "1", Rounding::away_from_zero, "1"},
      {"1.000000000001", "1", Rounding::away_from_zero, "2"},
      {"-1.1", "1", Rounding::away_from_zero, "-2"},
      {"1.9", "1", Rounding::toward_zero, "1"},
      {"-1.9", "1", Rounding::toward_zero, "-1"},
      {"1.5", "1", Rounding::half_away, "2"},
      {"-1.5", "1", Rounding::half_away, "-2"},
      {"1.499999999999", "1", Rounding::half_away, "1"},
      {"2.5", "1", Rounding::half_even, "2"},
      {"3.5", "1", Rounding::half_even, "4"},
      {"11/60", "1/6", Rounding::away_from_zero, "1/3"},  // 11 minutes in slots of 10.
      {"10/60", "1/6", Rounding::away_from_zero, "1/6"},
      {"600001", "10000", Rounding::away_from_zero, "610000"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(Rational::parse(each.q)
                  .value()
                  .to_multiple(Rational::parse(each.step).value(), each.rounding)
                  .to_text(),
              each.result)
        << each.q << " by " << each.step;
  }
}

TEST(Rational, to_decimal_rounds_the_thirteenth_digit) {
  const auto half = [](int sign, int more) {
    return Rational::ratio(sign * (10 + more), 20'000'000'000'000);
  };
  EXPECT_EQ(half(1, 0).to_decimal(Rounding::half_away)->to_text(), "0.000000000001");
  EXPECT_EQ(half(1, -1).to_decimal(Rounding::half_away)->to_text(), "0");
  EXPECT_EQ(half(-1, 0).to_decimal(Rounding::half_away)->to_text(), "-0.000000000001");
  EXPECT_EQ(half(1, 0).to_decimal(Rounding::half_even)->to_text(), "0");
  EXPECT_EQ(half(1, 1).to_decimal(Rounding::half_even)->to_text(), "0.000000000001");
  EXPECT_EQ(half(1, 9).to_decimal(Rounding::toward_zero)->to_text(), "0");
  EXPECT_EQ(half(1, -9).to_decimal(Rounding::away_from_zero)->to_text(), "0.000000000001");
  EXPECT_EQ(Rational::ratio(1, 3).to_decimal(Rounding::half_away)->to_text(), "0.333333333333");
  EXPECT_EQ(Rational::ratio(2, 3).to_decimal(Rounding::half_away)->to_text(), "0.666666666667");
}

TEST(Rational, to_decimal_ends_at_ten_to_the_24th) {
  const Rational trillion = Rational::whole(1'000'000'000'000);
  const Rational limit = trillion * trillion;
  EXPECT_TRUE(limit.to_decimal(Rounding::half_away).has_value());
  EXPECT_FALSE((limit + Rational::whole(1)).to_decimal(Rounding::half_away).has_value());
  EXPECT_FALSE((-limit - Rational::whole(1)).to_decimal(Rounding::half_away).has_value());
}

}  // namespace
}  // namespace steelyard::money
