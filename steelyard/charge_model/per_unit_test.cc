#include "steelyard/charge_model/per_unit.h"

#include "steelyard/charge_model/slices_for_tests.h"

namespace steelyard::charge_model {
namespace {

TEST(PerUnit, is_one_slice_of_everything) {
  const Price price{{bracket("", "0.147")}};
  EXPECT_EQ(text_of(Kernel::per_unit, price, "0", "0"), "");
  EXPECT_EQ(text_of(Kernel::per_unit, price, "0", "1/3"), "0: 1/3 x 0.147");
  EXPECT_EQ(text_of(Kernel::per_unit, price, "7", "4"), "0: 4 x 0.147");
  expect_slices_add_up(Kernel::per_unit, price);
}

}  // namespace
}  // namespace steelyard::charge_model
