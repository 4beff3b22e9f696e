#include "steelyard/charges/duckdb/rollup_sums.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace steelyard::charges::duckdb {
namespace {

using money::Decimal;

TEST(RollupSums, add_up_what_is_alike_and_come_in_the_order_of_their_keys) {
  std::mt19937_64 random(7);
  RollupSums sums;
  for (int round = 0; round < 3; ++round) {  // It is used again and again.
    std::map<RollupKey, RollupRow> expected;
    for (int i = 0; i < 20'000; ++i) {
      RollupKey key;
      key.tenant = static_cast<std::int32_t>(random() % 3);
      key.account = static_cast<std::int32_t>(random() % 50);
      key.hour = static_cast<std::int64_t>(random() % 5) * 3'600'000'000;
      key.price = static_cast<std::int32_t>(random() % 4);
      key.project = static_cast<std::int32_t>(random() % 3);
      const Decimal quantity = Decimal::whole(static_cast<std::int64_t>(random() % 1'000));
      const Decimal amount = Decimal::from_scaled(static_cast<std::int64_t>(random() % 99) - 50);
      sums.add(key, quantity, amount);
      RollupRow& row = expected[key];
      row.quantity += quantity;
      row.amount += amount;
      ++row.lines;
    }
    const std::vector<RollupRow> rows = sums.take();
    ASSERT_EQ(rows.size(), expected.size());
    std::size_t at = 0;
    for (const auto& [key, row] : expected) {
      EXPECT_EQ(rows[at].key, key);
      EXPECT_EQ(rows[at].quantity, row.quantity);
      EXPECT_EQ(rows[at].amount, row.amount);
      EXPECT_EQ(rows[at].lines, row.lines);
      ++at;
    }
    EXPECT_TRUE(sums.take().empty());
  }
}

}  // namespace
}  // namespace steelyard::charges::duckdb
