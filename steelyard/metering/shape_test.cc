#include "steelyard/metering/shape.h"

#include <gtest/gtest.h>

namespace steelyard::metering {
namespace {

using money::Rational;
using Kind = PlainStep::Kind;

Rational number(const char* text) { return Rational::parse(text).value(); }

TEST(Shape, each_step_at_its_edges) {
  struct {
    Kind kind;
    const char* by;
    const char* q;
    const char* result;
  } const cases[] = {
      {Kind::scale, "1/800", "4000", "5"},
      {Kind::scale, "0", "4000", "0"},
      {Kind::round_up, "1", "0", "0"},
      {Kind::round_up, "1", "1", "1"},
      {Kind::round_up, "1", "1.000000000001", "2"},
      {Kind::round_up, "10000", "1", "10000"},
      {Kind::round_up, "1/12", "5/60", "1/12"},     // Five minutes, in slots of five.
      {Kind::round_up, "1/12", "301/3600", "1/6"},  // One second over.
      {Kind::round_down, "1", "0.999999999999", "0"},
      {Kind::round_down, "1", "1", "1"},
      {Kind::round_half_up, "0.000001", "0.0000005", "1/1000000"},
      {Kind::round_half_up, "0.000001", "0.000000499999", "0"},
      {Kind::at_least, "20", "0", "0"},
      {Kind::at_least, "20", "19.9", "20"},
      {Kind::at_least, "20", "20", "20"},
      {Kind::at_least, "20", "21", "21"},
      {Kind::at_least_even_zero, "1", "0", "1"},
      {Kind::at_least_even_zero, "1", "2", "2"},
      {Kind::at_most, "50000", "50000", "50000"},
      {Kind::at_most, "50000", "50001", "50000"},
      {Kind::at_most, "50000", "0", "0"},
      {Kind::less, "20", "20", "0"},
      {Kind::less, "20", "19", "0"},
      {Kind::less, "20", "21", "1"},
      {Kind::short_of, "720", "0", "720"},
      {Kind::short_of, "720", "480", "240"},
      {Kind::short_of, "720", "720", "0"},
      {Kind::short_of, "720", "721", "0"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(apply({.kind = each.kind, .number = number(each.by)}, number(each.q), {}),
              number(each.result))
        << static_cast<int>(each.kind) << ": " << each.q << " by " << each.by;
  }
}

TEST(Shape, an_allowance_is_a_share_of_another_meter) {
  PlainStep step{.kind = Kind::less_measured, .number = number("0.5"), .allowance = 1};
  const std::vector<Rational> meters = {number("7"), number("1001")};
  EXPECT_EQ(apply(step, number("700"), meters), number("199.5"));
  EXPECT_EQ(apply(step, number("500"), meters), number("0"));
  step.rounded = number("1");
  EXPECT_EQ(apply(step, number("700"), meters), number("199"));
  step.direction = Round::Direction::down;
  EXPECT_EQ(apply(step, number("700"), meters), number("200"));
}

TEST(Shape, quantities_combine) {
  const std::vector<Rational> quantities = {number("5"), number("7.2"), number("0.5")};
  EXPECT_EQ(combined(Kind::combine_max, quantities), number("7.2"));
  EXPECT_EQ(combined(Kind::combine_sum, quantities), number("12.7"));
  EXPECT_EQ(combined(Kind::combine_product, quantities), number("18"));
  for (const Kind kind : {Kind::combine_max, Kind::combine_sum, Kind::combine_product}) {
    EXPECT_EQ(combined(kind, {number("3")}), number("3"));
  }
}

TEST(Shape, what_is_too_large_stays_so) {
  const Rational huge = Rational::whole(INT64_MAX) * Rational::whole(INT64_MAX);
  const Rational over = huge * huge;
  ASSERT_TRUE(over.is_too_large());
  for (const Kind kind :
       {Kind::scale, Kind::round_up, Kind::round_down, Kind::round_half_up, Kind::at_least,
        Kind::at_least_even_zero, Kind::at_most, Kind::less, Kind::short_of}) {
    EXPECT_TRUE(apply({.kind = kind, .number = number("2")}, over, {}).is_too_large())
        << static_cast<int>(kind);
  }
  EXPECT_TRUE(combined(Kind::combine_max, {number("1"), over}).is_too_large());
  EXPECT_TRUE(combined(Kind::combine_max, {over, number("1")}).is_too_large());
}

}  // namespace
}  // namespace steelyard::metering
