#include "steelyard/charge_model/volume.h"

#include "steelyard/charge_model/slices_for_tests.h"

namespace steelyard::charge_model {
namespace {

const Price open{{bracket("5", "0.9"), bracket("10", "0.8"), bracket("", "0.7")}};
const Price closed{{bracket("5", "0.9"), bracket("10", "0.8")}};

std::string volume_text(const Price& price, const char* before, const char* quantity) {
  return text_of(Kernel::volume, price, before, quantity);
}

TEST(Volume, everything_at_the_price_of_one_bracket) {
  EXPECT_EQ(volume_text(open, "0", "0"), "");
  EXPECT_EQ(volume_text(open, "0", "4"), "0: 4 x 0.9");
  EXPECT_EQ(volume_text(open, "0", "5"), "0: 5 x 0.9");
  EXPECT_EQ(volume_text(open, "0", "6"), "1: 6 x 0.8");
  EXPECT_EQ(volume_text(open, "0", "10"), "1: 10 x 0.8");
  EXPECT_EQ(volume_text(open, "0", "11"), "2: 11 x 0.7");
}

TEST(Volume, what_came_before_decides_the_bracket) {
  EXPECT_EQ(volume_text(open, "4", "1"), "0: 1 x 0.9");
  EXPECT_EQ(volume_text(open, "5", "1"), "1: 1 x 0.8");
  EXPECT_EQ(volume_text(open, "100", "1"), "2: 1 x 0.7");
}

TEST(Volume, ends_with_its_last_bracket) {
  EXPECT_EQ(volume_text(closed, "0", "10"), "1: 10 x 0.8");
  EXPECT_EQ(volume_text(closed, "0", "11"), "above_top_tier");
  EXPECT_EQ(volume_text(closed, "10", "1/1000"), "above_top_tier");
}

TEST(Volume, slices_add_up) { expect_slices_add_up(Kernel::volume, open); }

}  // namespace
}  // namespace steelyard::charge_model
