#include "steelyard/ledger/ledger.h"

#include <gtest/gtest.h>

namespace steelyard::ledger {
namespace {
TEST(Ledger, smoke) {
  Ledger ledger;
  EXPECT_FALSE(ledger.imbalance());
}
}  // namespace
}  // namespace steelyard::ledger
