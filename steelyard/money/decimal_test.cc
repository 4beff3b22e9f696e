#include "steelyard/money/decimal.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/multiprecision/cpp_int.hpp>
#include <optional>
#include <random>
#include <string_view>
#include <type_traits>

#include "steelyard/base/hash.h"
#include "steelyard/money/money.h"

namespace steelyard::money {
namespace {

using boost::multiprecision::cpp_int;

Decimal decimal(const char* text) {
  const auto value = Decimal::parse(text);
  EXPECT_TRUE(value.has_value()) << text;
  return value.value_or(Decimal());
}

TEST(Decimal, prints_the_shortest_text_that_reads_back) {
  for (const char* text : {"0", "7", "-7", "0.0002", "-0.0002", "123456789.000000000001", "10",
                           "1000000000000000000000000", "0.1", "18446744.073709551616"}) {
    EXPECT_EQ(decimal(text).to_text(), text);
  }
  EXPECT_EQ(decimal("-0").to_text(), "0");
  EXPECT_EQ(decimal("007.500").to_text(), "7.5");
  std::string text = "amount ";
  decimal("0.5").append_to(text);
  EXPECT_EQ(text, "amount 0.5");
}

TEST(Decimal, refuses_what_is_no_plain_decimal) {
  for (const char* text : {"", "-", ".", "1.", ".5", "1..2", "1.2.3", "+1", " 1", "1 ", "1e3",
                           "NaN", "inf", "0x10", "1,000", "--1", "1-", "0.0000000000001", "١"}) {
    const auto value = Decimal::parse(text);
    ASSERT_FALSE(value.has_value()) << text;
    EXPECT_EQ(value.error().code, ErrorCode::decimal_is_malformed) << text;
  }
  for (const char* text :
       {"1000000000000000000000000.000000000001", "1000000000000000000000001",
        "340282366920938463463374607431768211456", "-9999999999999999999999999"}) {
    const auto value = Decimal::parse(text);
    ASSERT_FALSE(value.has_value()) << text;
    EXPECT_EQ(value.error().code, ErrorCode::decimal_exceeds_limit) << text;
  }
}

struct Case {
  const char* value;
  Rounding rounding;
  const char* expected;
};

// Source: the examples of IEEE 754-2019, 4.3, and commercial rounding, by hand.
TEST(Decimal, rounds_as_its_word_says) {
  using enum Rounding;
  for (const Case& each : std::initializer_list<Case>{{"2.5", toward_zero, "2"},
                                                      {"-2.5", toward_zero, "-2"},
                                                      {"2.1", away_from_zero, "3"},
                                                      {"-2.1", away_from_zero, "-3"},
                                                      {"2", away_from_zero, "2"},
                                                      {"2.5", half_away, "3"},
                                                      {"-2.5", half_away, "-3"},
                                                      {"2.4", half_away, "2"},
                                                      {"2.5", half_even, "2"},
                                                      {"3.5", half_even, "4"},
                                                      {"-2.5", half_even, "-2"},
                                                      {"2.500000000001", half_even, "3"},
                                                      {"0.4", half_away, "0"},
                                                      {"-0.5", half_even, "0"}}) {
    EXPECT_EQ(decimal(each.value).rounded(0, each.rounding).to_text(), each.expected) << each.value;
  }
  EXPECT_EQ(decimal("0.04599822").rounded(2, toward_zero).to_text(), "0.04");  // Huawei, W11.
  EXPECT_EQ(decimal("1.005").rounded(2, half_away).to_text(), "1.01");  // Where floats say 1.00.
}

TEST(Decimal, ten_times_a_tenth_is_one) {
  Decimal sum;
  for (int i = 0; i < 10; ++i) sum += decimal("0.1");
  EXPECT_EQ(sum, Decimal::whole(1));
}

cpp_int integer(int128 value) {
  const bool is_negative = value < 0;
  const auto magnitude =
      is_negative ? -static_cast<base::uint128>(value) : static_cast<base::uint128>(value);
  cpp_int result = static_cast<std::uint64_t>(magnitude >> 64);
  result = (result << 64) + static_cast<std::uint64_t>(magnitude);
  return is_negative ? cpp_int(-result) : result;
}

/// a * b / c by a big-integer library, rounded.
cpp_int expected_quotient(const cpp_int& numerator, const cpp_int& divisor, Rounding rounding) {
  const bool is_negative = numerator < 0;
  const cpp_int magnitude = is_negative ? cpp_int(-numerator) : numerator;
  cpp_int quotient = magnitude / divisor;
  const cpp_int twice = 2 * (magnitude % divisor);
  bool up = false;
  switch (rounding) {
    case Rounding::toward_zero: break;
    case Rounding::away_from_zero: up = twice != 0; break;
    case Rounding::half_away: up = twice >= divisor; break;
    case Rounding::half_even:
      up = twice > divisor || (twice == divisor && quotient % 2 == 1);
      break;
  }
  if (up) ++quotient;
  return is_negative ? cpp_int(-quotient) : quotient;
}

/// A value of any size up to 10^24, so that every path is met.
Decimal random_decimal(std::mt19937_64& random) {
  const int bits = static_cast<int>(random() % 120);
  auto magnitude = (static_cast<base::uint128>(random()) << 64) | random();
  magnitude &= (static_cast<base::uint128>(1) << bits) - 1;
  const auto limit = static_cast<base::uint128>(decimal("1000000000000000000000000").scaled());
  magnitude %= limit + 1;
  const auto value = static_cast<int128>(magnitude);
  return Decimal::from_scaled(random() % 2 == 0 ? value : -value);
}

TEST(Decimal, agrees_with_a_big_integer_library) {
  std::mt19937_64 random(20'261'124);
  const cpp_int limit = integer(decimal("1000000000000000000000000").scaled());
  int in_range = 0;
  for (int i = 0; i < 200'000; ++i) {
    const Decimal a = random_decimal(random);
    const Decimal b = random_decimal(random);
    Decimal c = random_decimal(random);
    if (c.is_negative()) c = -c;
    if (c.is_zero()) c = Decimal::whole(1);
    const auto rounding = static_cast<Rounding>(random() % 4);
    const cpp_int expected =
        expected_quotient(integer(a.scaled()) * integer(b.scaled()), integer(c.scaled()), rounding);
    const auto result = Decimal::mul_div(a, b, c, rounding);
    if (abs(expected) > limit) {
      ASSERT_FALSE(result.has_value())
          << a.to_text() << " * " << b.to_text() << " / " << c.to_text();
      continue;
    }
    ++in_range;
    ASSERT_TRUE(result.has_value()) << a.to_text() << " * " << b.to_text() << " / " << c.to_text();
    ASSERT_EQ(integer(result->scaled()), expected)
        << a.to_text() << " * " << b.to_text() << " / " << c.to_text();
    const int digits = static_cast<int>(random() % 13);
    const cpp_int unit = pow(cpp_int(10), static_cast<unsigned>(12 - digits));
    ASSERT_EQ(integer(a.rounded(digits, rounding).scaled()),
              expected_quotient(integer(a.scaled()), unit, rounding) * unit);
  }
  EXPECT_GT(in_range, 50'000);
}

RC_GTEST_PROP(Decimal, parse_of_print_is_the_identity, (std::int64_t high, std::uint64_t low)) {
  const int128 scaled =
      (static_cast<int128>(high % 1'000'000'000'000'000'000) << 59) + static_cast<int128>(low >> 5);
  const Decimal value = Decimal::from_scaled(scaled);
  const auto again = Decimal::parse(value.to_text());
  RC_ASSERT(again.has_value());
  RC_ASSERT(*again == value);
}

RC_GTEST_PROP(Decimal, adding_is_exact_and_can_be_undone, (std::int64_t a, std::int64_t b)) {
  const Decimal x = Decimal::from_scaled(a);
  const Decimal y = Decimal::from_scaled(b);
  RC_ASSERT(x + y - y == x);
  RC_ASSERT(x + y == y + x);
  RC_ASSERT((x < y) == (a < b));
}

TEST(DecimalDeathTest, a_sum_past_128_bits_ends_the_process) {
  const Decimal largest =
      Decimal::from_scaled(static_cast<int128>(~static_cast<base::uint128>(0) >> 1));
  EXPECT_DEATH(static_cast<void>(largest + Decimal::from_scaled(1)), "check failed");
  EXPECT_DEATH(
      static_cast<void>(Decimal::mul_div(largest, largest, Decimal(), Rounding::half_even)),
      "check failed");
}

// Whether such an expression is one: each of these must not compile.
template <class A, class B>
concept can_be_added = requires(A a, B b) { a + b; };
template <class A, class B>
concept can_be_added_up = requires(A a, B b) { a += b; };
template <class A, class B>
concept can_be_subtracted = requires(A a, B b) { a - b; };
template <class A, class B>
concept can_be_subtracted_from = requires(A a, B b) { a -= b; };
template <class A, class B>
concept can_be_compared = requires(A a, B b) { a < b; };
template <class A, class B>
constexpr bool can_be_joined =
    can_be_added<A, B> || can_be_added_up<A, B> || can_be_subtracted<A, B> ||
    can_be_subtracted_from<A, B> || can_be_compared<A, B>;

static_assert(can_be_joined<Decimal, Decimal>, "what is looked for can be found");
static_assert(!can_be_joined<Money, Money>);
static_assert(!can_be_joined<Money, Decimal> && !can_be_joined<Decimal, Money>);
static_assert(!can_be_joined<Money, int> && !can_be_joined<int, Money>);
static_assert(!std::is_convertible_v<Decimal, Money> && !std::is_convertible_v<Money, Decimal>);
static_assert(!std::is_convertible_v<std::string_view, Currency>);

TEST(Money, F13_a_sum_over_currencies_can_not_be_written) {
  // The assertions above are the test; this is what can be written.
  const Money yuan(Decimal::whole(1), Currency("CNY"));
  EXPECT_EQ(sum(yuan, yuan), Money(Decimal::whole(2), Currency("CNY")));
  EXPECT_EQ(sum(yuan, Money::zero(Currency("USD"))), std::nullopt);
}

}  // namespace
}  // namespace steelyard::money
