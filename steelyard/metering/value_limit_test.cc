#include "steelyard/metering/value_limit.h"

#include <gtest/gtest.h>

#include "steelyard/metering/measured.h"

namespace steelyard::metering {
namespace {

using money::Rational;

constexpr Nanoseconds hour = 3'600'000'000'000;

Rational number(const char* text) { return Rational::parse(text).value(); }

Dim dim(Dim::Aggregate aggregate) {
  Dim result;
  result.aggregate = aggregate;
  return result;
}

TEST(ValueLimit, is_ten_to_the_twelfth_in_twelve_decimals) {
  const ValueLimit limit = value_limit(dim(Dim::Aggregate::sum), WindowKind::month, {});
  EXPECT_TRUE(limit.admits(number("1000000000000")));
  EXPECT_TRUE(limit.admits(number("999999999999.999999999999")));
  EXPECT_FALSE(limit.admits(number("1000000000000.000000000001")));
  EXPECT_FALSE(limit.admits(number("-1000000000001")));
  EXPECT_FALSE(limit.admits(number("0.000000000001") * number("0.1")));
  EXPECT_FALSE(limit.admits(number("1/3")));
  EXPECT_FALSE(limit.admits(number("1000000000000") * number("1000000000000") *
                            number("1000000000000") * number("1000000000000")));
}

TEST(ValueLimit, what_the_book_divides_by_is_no_fineness_of_the_fact) {
  const std::vector<PlainStep> each = {{PlainStep::Kind::scale, number("1/1048576")}};
  const ValueLimit limit = value_limit(dim(Dim::Aggregate::sum), WindowKind::hour, each);
  EXPECT_TRUE(limit.admits(number("0.000000000001") * number("1/1048576")));
  EXPECT_FALSE(limit.admits(number("0.000000000001") * number("1/3")));
}

TEST(ValueLimit, of_an_area_depends_on_the_window) {
  const auto largest = [](WindowKind window) {
    return value_limit(dim(Dim::Aggregate::integral), window, {}).largest;
  };
  EXPECT_EQ(largest(WindowKind::hour), number("1000000000000"));
  EXPECT_LT(largest(WindowKind::day), largest(WindowKind::hour));
  EXPECT_LT(largest(WindowKind::month), largest(WindowKind::day));
  EXPECT_GT(largest(WindowKind::month), number("3000000000"));
}

/// What the limit is for: whichever samples are admitted, all of them fit together.
TEST(ValueLimit, samples_at_the_limit_fit_together) {
  for (const auto& [window, length] :
       {std::pair(WindowKind::hour, hour), std::pair(WindowKind::day, 25 * hour),
        std::pair(WindowKind::month, (31 * 24 + 1) * hour)}) {
    const Dim area = dim(Dim::Aggregate::integral);
    const ValueLimit limit = value_limit(area, window, {});
    const Rational top =
        limit.largest.to_multiple(number("0.000000000001"), money::Rounding::toward_zero) -
        number("0.000000000007");
    ASSERT_TRUE(limit.admits(top));
    Measured measured;
    for (int i = 0; i < 50; ++i) {
      const Sample sample{i, length - i * 1'000'003 - 1,
                          top - Rational::ratio(i, 1'000'000'000'000)};
      ASSERT_NE(measured.add(area, sample), Measured::Added::too_large);
    }
    ASSERT_FALSE(measured.quantity(area, length).is_too_large());
  }
}

}  // namespace
}  // namespace steelyard::metering
