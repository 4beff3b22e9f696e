#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "steelyard/rating/cloud/demo_book_for_tests.h"
#include "steelyard/rating/cloud/engine.h"

/// Usage at the edges of 128 bits: a fact that is too large is so whatever came before it.
namespace steelyard::rating::cloud {
namespace {

using money::Decimal;

const char* const product = R"(meters:
  storage_gb: {kind: gauge}
  gb:         {kind: counter}
attributes:
  copies: {type: number, default: 1}
items:
  - item: demo/storage
    unit: GB-hour
    measure: {integral: storage_gb}
    shape: [{pool: {by: [account], window: month}}]
    price: {per: 720, CNY: 0.0001234567}
  - item: demo/copied
    unit: GB
    measure: {sum: gb, each: [{times: copies}]}
    price: {CNY: 1}
)";

class LargeUsage : public testing::Test {
 protected:
  Fact storage(const char* value, base::Instant start, base::Instant end,
               const char* resource = "r") {
    return fact("storage_gb", value, start, end, "1", resource);
  }
  Fact copied(const char* value, const char* copies) {
    return fact("gb", value, {midnight_, 0}, {midnight_ + 60, 0}, copies, "r");
  }

  pricebook::PriceBookSeries book_ = demo_book(product);
  Catalog catalog_{book_};
  const std::int64_t midnight_ = instant_at("2026-11-02T00:00:00").seconds;

 private:
  Fact fact(const char* meter, const char* value, base::Instant start, base::Instant end,
            const char* copies, const char* resource) {
    Fact fact;
    fact.account = "acme";
    fact.resource = resource;
    fact.start = start;
    fact.end = end;
    fact.attributes = {copies};
    fact.sequence = ++sequence_;
    fact.meters = {{static_cast<std::uint16_t>(catalog_.code(0).meter_numbers.find(meter)),
                    Decimal::parse(value).value()}};
    return fact;
  }
  std::uint64_t sequence_ = 0;
};

/// Each alone was refused when the other was there: twelve decimals held for nanoseconds made a
/// fraction whose numerator, times 10^12, did not fit, though the amount is 0.04.
TEST_F(LargeUsage, fine_usage_is_charged_in_any_order) {
  const std::vector<Fact> facts = {
      storage("73086.123456789013", {midnight_, 1}, {midnight_ + 3'500, 999'999'997}),
      storage("91234.000000000007", {midnight_ + 7'200, 3}, {midnight_ + 10'801, 11}, "s"),
      storage("80001.999999999999", {midnight_ + 14'400, 7}, {midnight_ + 17'999, 13}, "t")};
  std::vector<std::size_t> order = {0, 1, 2};
  std::set<std::string> sums;
  do {
    Engine engine(catalog_, 0, "CNY");
    Decimal sum;
    for (const std::size_t each : order) {
      const Charge charge = engine.apply(facts[each]);
      ASSERT_TRUE(charge.is_rated) << charge.detail;
      sum += charge.amount;
    }
    sums.insert(sum.to_text());
  } while (std::ranges::next_permutation(order).found);
  EXPECT_EQ(sums.size(), 1U);
  // Σ value × nanoseconds ÷ 3.6·10^12 ÷ 720 × 0.0001234567, in another program.
  EXPECT_EQ(*sums.begin(), "0.041549245228");
}

TEST_F(LargeUsage, a_fact_is_too_large_or_too_fine_alone) {
  for (const bool is_first : {true, false}) {
    Engine engine(catalog_, 0, "CNY");
    if (!is_first) {
      ASSERT_TRUE(engine.apply(copied("1000000000000", "1")).is_rated);
    }
    const Charge large = engine.apply(copied("500000000000.5", "2"));
    EXPECT_FALSE(large.is_rated);
    EXPECT_EQ(large.reason, ErrorCode::invalid_quantity);
    EXPECT_EQ(large.detail,
              "demo/copied: 1000000000001 of meter gb is more than 1000000000000, or finer than "
              "twelve decimals");
    const Charge fine = engine.apply(copied("0.000000000001", "0.5"));
    EXPECT_FALSE(fine.is_rated);
    EXPECT_EQ(fine.reason, ErrorCode::invalid_quantity);
    EXPECT_TRUE(engine.apply(copied("0.000000000001", "3")).is_rated);
  }
}

/// More than anyone uses: a thousand facts at the limit of one.
TEST_F(LargeUsage, facts_at_the_limit_add_up) {
  Engine engine(catalog_, 0, "CNY");
  for (int i = 0; i < 1'000; ++i) {
    const Charge charge = engine.apply(copied("999999999999.999999999999", "1"));
    ASSERT_TRUE(charge.is_rated) << charge.detail;
  }
}

}  // namespace
}  // namespace steelyard::rating::cloud
