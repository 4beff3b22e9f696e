#include "steelyard/batch/totals.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace steelyard::batch {
namespace {

/// Records of accounts that follow each other in no pattern of eight: each sum stays with the
/// account whose record it is, though several records are being added at once.
TEST(Totals, every_amount_stays_with_its_account) {
  rating::PriceRow row;
  row.item_index = 0;
  const std::vector<std::string> names = {"acme", "bluefin", "cirrus", "dune", "echo"};
  std::vector<Record> records;
  std::map<std::string, std::int64_t> expected;
  for (std::int64_t i = 0; i < 103; ++i) {
    Record& record = records.emplace_back();
    const std::string& name = names[static_cast<std::size_t>(i * i % 5)];
    record.account = name;
    record.status = i % 7 == 3 ? Status::duplicate : Status::rated;
    record.charge.is_rated = true;
    record.charge.line_count = 1;
    record.charge.lines[0] = {&row, 10, money::Decimal::whole(i)};
    record.charge.amount = money::Decimal::whole(i);
    if (record.status == Status::rated) expected[name] += i;
  }
  Totals totals;
  totals.add(records);
  std::map<std::string, money::Decimal> sums;
  for (const ItemTotal& each : totals.items()) {
    sums[totals.account_name(each.account)] += each.amount;
  }
  ASSERT_EQ(sums.size(), expected.size());
  for (const auto& [name, sum] : expected) {
    EXPECT_EQ(sums[name], money::Decimal::whole(sum)) << name;
  }
}

}  // namespace
}  // namespace steelyard::batch
