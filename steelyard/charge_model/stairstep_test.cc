#include "steelyard/charge_model/stairstep.h"

#include "steelyard/charge_model/slices_for_tests.h"

namespace steelyard::charge_model {
namespace {

/// Subscribed bandwidth: B-SLB-6. A table up to 5, then 115 and 80 for each above 5.
const Price bandwidth{
    {bracket("1", "0", "23"), bracket("5", "0", "115"), bracket("", "80", "115", "5")}};
const Price closed{{bracket("50", "0", "1"), bracket("100", "0", "2")}};
const Price without_flat{{bracket("50", "0"), bracket("", "0.02", "0", "50")}};

std::string stairstep_text(const Price& price, const char* before, const char* quantity) {
  return text_of(Kernel::stairstep, price, before, quantity);
}

TEST(Stairstep, flat_and_what_is_above_the_base) {
  EXPECT_EQ(stairstep_text(bandwidth, "0", "0"), "");
  EXPECT_EQ(stairstep_text(bandwidth, "0", "1/1000"), "flat 0: 1 x 23");
  EXPECT_EQ(stairstep_text(bandwidth, "0", "1"), "flat 0: 1 x 23");
  EXPECT_EQ(stairstep_text(bandwidth, "0", "2"), "flat 1: 1 x 115");
  EXPECT_EQ(stairstep_text(bandwidth, "0", "5"), "flat 1: 1 x 115");
  EXPECT_EQ(stairstep_text(bandwidth, "0", "6"), "flat 2: 1 x 115; 2: 1 x 80");
  EXPECT_EQ(stairstep_text(bandwidth, "0", "7"), "flat 2: 1 x 115; 2: 2 x 80");
}

TEST(Stairstep, a_row_may_cost_nothing) {
  EXPECT_EQ(stairstep_text(without_flat, "0", "50"), "");
  EXPECT_EQ(stairstep_text(without_flat, "0", "51"), "1: 1 x 0.02");
}

TEST(Stairstep, what_came_before_has_paid_the_flat_part) {
  EXPECT_EQ(stairstep_text(bandwidth, "6", "1"), "2: 1 x 80");
  EXPECT_EQ(stairstep_text(bandwidth, "1", "1"), "");
}

TEST(Stairstep, ends_with_its_last_row) {
  EXPECT_EQ(stairstep_text(closed, "0", "50"), "flat 0: 1 x 1");
  EXPECT_EQ(stairstep_text(closed, "0", "51"), "flat 1: 1 x 2");
  EXPECT_EQ(stairstep_text(closed, "0", "100"), "flat 1: 1 x 2");
  EXPECT_EQ(stairstep_text(closed, "0", "101"), "above_top_tier");
}

}  // namespace
}  // namespace steelyard::charge_model
