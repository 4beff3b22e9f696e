#include "steelyard/charge_model/graduated.h"

#include "steelyard/charge_model/slices_for_tests.h"

namespace steelyard::charge_model {
namespace {

/// As bandwidth by size: B-SLB-1, with a bracket more.
const Price open{{bracket("5", "0.04"), bracket("10", "0.14"), bracket("", "0.2")}};
const Price closed{{bracket("5", "0.04"), bracket("10", "0.14")}};

std::string graduated_text(const Price& price, const char* before, const char* quantity) {
  return text_of(Kernel::graduated, price, before, quantity);
}

TEST(Graduated, each_unit_at_the_price_of_its_bracket) {
  EXPECT_EQ(graduated_text(open, "0", "0"), "");
  EXPECT_EQ(graduated_text(open, "0", "4"), "0: 4 x 0.04");
  EXPECT_EQ(graduated_text(open, "0", "5"), "0: 5 x 0.04") << "the bound still belongs to it";
  EXPECT_EQ(graduated_text(open, "0", "6"), "0: 5 x 0.04; 1: 1 x 0.14");
  EXPECT_EQ(graduated_text(open, "0", "5.000000000001"), "0: 5 x 0.04; 1: 1/1000000000000 x 0.14");
  EXPECT_EQ(graduated_text(open, "0", "10"), "0: 5 x 0.04; 1: 5 x 0.14");
  EXPECT_EQ(graduated_text(open, "0", "20"), "0: 5 x 0.04; 1: 5 x 0.14; 2: 10 x 0.2");
}

TEST(Graduated, what_came_before_fills_brackets_and_costs_nothing) {
  EXPECT_EQ(graduated_text(open, "4", "1"), "0: 1 x 0.04");
  EXPECT_EQ(graduated_text(open, "4", "2"), "0: 1 x 0.04; 1: 1 x 0.14");
  EXPECT_EQ(graduated_text(open, "5", "1"), "1: 1 x 0.14");
  EXPECT_EQ(graduated_text(open, "10", "1"), "2: 1 x 0.2");
  EXPECT_EQ(graduated_text(open, "100", "1"), "2: 1 x 0.2");
}

TEST(Graduated, ends_with_its_last_bracket) {
  EXPECT_EQ(graduated_text(closed, "0", "10"), "0: 5 x 0.04; 1: 5 x 0.14");
  EXPECT_EQ(graduated_text(closed, "0", "10.000000000001"), "above_top_tier");
  EXPECT_EQ(graduated_text(closed, "9", "1"), "1: 1 x 0.14");
  EXPECT_EQ(graduated_text(closed, "9", "2"), "above_top_tier");
}

TEST(Graduated, slices_add_up) { expect_slices_add_up(Kernel::graduated, open); }

}  // namespace
}  // namespace steelyard::charge_model
