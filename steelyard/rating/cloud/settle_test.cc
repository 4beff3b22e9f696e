#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "steelyard/rating/cloud/demo_book_for_tests.h"
#include "steelyard/rating/cloud/engine.h"

namespace steelyard::rating::cloud {
namespace {

const char* const product = R"(meters:
  storage_gb: {kind: gauge}
  gb:         {kind: counter}
  kept_gb:    {kind: gauge}
  up:         {kind: presence}
attributes:
  spec: {values: [small, large], default: small}
items:
  - {item: demo/storage, unit: GB-hour, measure: {integral: storage_gb}, price: {CNY: 1}}
  - item: demo/traffic
    unit: GB
    measure: {sum: gb}
    shape: [{pool: {by: [account], window: month}}]
    price: {kernel: graduated, rows: [{brackets: [{upto: 100, CNY: 2}, {CNY: 1}]}]}
  - item: demo/node
    unit: hour
    measure: {up: up}
    shape: [{round: {up: 1}}]
    on_change: dearest
    price: {keys: [spec], rows: [{spec: small, CNY: 1}, {spec: large, CNY: 5}]}
  - {item: demo/kept, unit: GB-hour, measure: {integral: kept_gb}, window: month, price: {CNY: 1}}
plans:
  - plan: demo/daily
    unit: GB-hour
    reset: day
    covers: [{item: demo/storage}, {item: demo/kept}]
  - {plan: demo/bundle, unit: GB-hour, reset: none, covers: [{item: demo/storage}]}
)";

constexpr std::int64_t hour = 3'600;

class Settling : public testing::Test {
 protected:
  Fact fact(const std::string& resource, std::int64_t start, std::int64_t seconds,
            const std::string& meter, std::int64_t value, std::string_view spec = "small") {
    Fact fact;
    fact.account = "acme";
    fact.resource = texts_.emplace_back(resource);
    fact.start = {start, 0};
    fact.end = {start + seconds, 0};
    fact.attributes = {spec};
    fact.sequence = texts_.size();
    fact.meters = {{static_cast<std::uint16_t>(catalog_.code(0).meter_numbers.find(meter)),
                    money::Decimal::whole(value)}};
    return fact;
  }
  BoughtPlan bundle(std::int64_t quota, std::int64_t from) const {
    return plan_of("demo/bundle", quota, from);
  }
  BoughtPlan plan_of(const std::string& name, std::int64_t quota, std::int64_t from) const {
    const auto& plans = book_.versions[0].products[0].plans;
    BoughtPlan plan;
    plan.rule = &*std::ranges::find(plans, name, &pricebook::CloudPlan::name);
    plan.id = "p";
    plan.account = "acme";
    plan.from = from;
    plan.to = from + 30 * 24 * hour;
    plan.quota = money::Rational::whole(quota);
    return plan;
  }
  std::string amount(const Charge& charge) {
    EXPECT_TRUE(charge.is_rated) << charge.detail;
    return charge.amount.to_text();
  }

  pricebook::PriceBookSeries book_ = demo_book(product);
  Catalog catalog_{book_};
  Engine engine_{catalog_, 0, "CNY"};
  std::deque<std::string> texts_;
  const std::int64_t midnight_ = instant_at("2026-11-02T00:00:00").seconds;
};

/// What is kept is that of one hour, however many hours there were: resources that come and go.
TEST_F(Settling, memory_is_in_proportion_to_open_windows) {
  const auto use = [&](std::int64_t hour_of_use, int resources) {
    const std::int64_t start = midnight_ + hour_of_use * hour;
    for (int i = 0; i < resources; ++i) {
      const std::string name = std::to_string(hour_of_use) + "-" + std::to_string(i);
      for (int part = 0; part < 12; ++part) {
        ASSERT_EQ(amount(engine_.apply(fact(name, start + part * 300, 300, "storage_gb", 12))),
                  "1");
      }
    }
  };
  use(0, 100);
  const std::size_t windows = engine_.cells().open_windows();
  const std::size_t bytes = engine_.cells().bytes();
  EXPECT_EQ(windows, 100U);
  for (std::int64_t i = 1; i <= 50; ++i) {
    use(i, 100);
    engine_.settle(midnight_ + i * hour);
    EXPECT_EQ(engine_.cells().open_windows(), windows);
    EXPECT_LE(engine_.cells().bytes(), bytes + bytes / 20);
  }
  use(51, 300);
  engine_.settle(midnight_ + 51 * hour);
  EXPECT_EQ(engine_.cells().open_windows(), 3 * windows);
  EXPECT_NEAR(static_cast<int>(engine_.cells().bytes() / 1'000),
              static_cast<int>(3 * bytes / 1'000), static_cast<int>(bytes / 10'000));
  engine_.settle(midnight_ + 52 * hour);
  EXPECT_EQ(engine_.cells().open_windows(), 0U);
  EXPECT_LT(engine_.cells().bytes(), bytes / 50);
}

/// A gauge reported every second takes the room of one that is reported once.
TEST_F(Settling, memory_does_not_grow_with_the_facts_of_a_window) {
  engine_.apply(fact("r", midnight_, 1, "storage_gb", 7));
  const std::size_t bytes = engine_.cells().bytes();
  for (int i = 1; i < 3'600; ++i) engine_.apply(fact("r", midnight_ + i, 1, "storage_gb", 7));
  EXPECT_EQ(engine_.cells().bytes(), bytes);
}

TEST_F(Settling, usage_of_a_settled_window_is_set_aside_and_changes_nothing) {
  EXPECT_EQ(amount(engine_.apply(fact("r", midnight_, hour, "storage_gb", 7))), "7");
  engine_.settle(midnight_ + hour);
  const Charge late = engine_.apply(fact("r", midnight_ + 10, 60, "storage_gb", 700));
  EXPECT_FALSE(late.is_rated);
  EXPECT_EQ(late.reason, ErrorCode::window_is_settled);
  EXPECT_EQ(late.detail, "demo/storage: the window that ended at 2026-11-01T17:00:00Z is settled");
  EXPECT_TRUE(late.lines.empty());
  const Charge straddling = engine_.apply(fact("r", midnight_ + hour / 2, hour, "storage_gb", 7));
  EXPECT_FALSE(straddling.is_rated) << "half of it is settled: refused as a whole";
  EXPECT_FALSE(engine_.take_back(fact("r", midnight_, hour, "storage_gb", 7)).is_rated);
  EXPECT_EQ(amount(engine_.apply(fact("r", midnight_ + hour, hour, "storage_gb", 3))), "3");
}

TEST_F(Settling, what_ends_at_the_second_is_settled_and_what_ends_later_is_not) {
  engine_.settle(midnight_ + hour - 1);
  EXPECT_EQ(amount(engine_.apply(fact("r", midnight_, 60, "storage_gb", 60))), "1");
  engine_.settle(midnight_);  // Settling does not go back.
  engine_.settle(midnight_ + hour);
  EXPECT_FALSE(engine_.apply(fact("r", midnight_, 60, "storage_gb", 60)).is_rated);
}

/// 90 GB in the settled hours at 2, then 20: 10 of them still at 2 and 10 at 1.
TEST_F(Settling, a_longer_window_keeps_what_settled_ones_gave_it) {
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(amount(engine_.apply(fact("r", midnight_ + i * hour, 60, "gb", 10))), "20");
  }
  engine_.settle(midnight_ + 9 * hour);
  EXPECT_EQ(engine_.cells().open_windows(), 1U) << "the month";
  EXPECT_EQ(amount(engine_.apply(fact("r", midnight_ + 9 * hour, 60, "gb", 20))), "30");
}

/// 30 of 50 are taken in the settled hour: 20 are left for the next one, whatever comes later.
TEST_F(Settling, what_settled_windows_took_of_a_plan_stays_taken) {
  EXPECT_EQ(amount(engine_.add_plan(bundle(50, midnight_))), "0");
  EXPECT_EQ(amount(engine_.apply(fact("r", midnight_, hour, "storage_gb", 30))), "0");
  engine_.settle(midnight_ + hour);
  EXPECT_EQ(amount(engine_.apply(fact("r", midnight_ + hour, hour, "storage_gb", 30))), "10");
  BoughtPlan other = bundle(3, midnight_);
  other.id = "q";
  EXPECT_EQ(amount(engine_.add_plan(other)), "-3") << "of the open hour alone";
  EXPECT_EQ(amount(engine_.take_back_plan(other)), "3");
  EXPECT_EQ(amount(engine_.apply(fact("s", midnight_ + hour, hour, "storage_gb", 1))), "1");
}

TEST_F(Settling, nothing_that_is_open_is_settled) {
  engine_.settle(midnight_ + hour);
  EXPECT_TRUE(engine_.is_settled(fact("r", midnight_, 60, "storage_gb", 1)));
  EXPECT_TRUE(engine_.is_settled(fact("r", midnight_ + 60, hour, "storage_gb", 1)));
  EXPECT_FALSE(engine_.is_settled(fact("r", midnight_ + hour, 60, "storage_gb", 1)));
  // A counter is in the window of its last instant.
  EXPECT_TRUE(engine_.is_settled(fact("r", midnight_ + 60, hour - 60, "gb", 1)));
  EXPECT_FALSE(engine_.is_settled(fact("r", midnight_ + 60, hour, "gb", 1)));
}

/// A large node that is not there, or for no time, does not make the hour dear: 1 and not 5.
TEST_F(Settling, the_dearest_of_what_is_present) {
  EXPECT_EQ(amount(engine_.apply(fact("r", midnight_, 60, "up", 0, "large"))), "0");
  EXPECT_EQ(amount(engine_.apply(fact("r", midnight_, 60, "up", 1, "small"))), "1");
  EXPECT_EQ(amount(engine_.apply(fact("r", midnight_ + 90, 0, "up", 1, "large"))), "0");
  EXPECT_EQ(amount(engine_.apply(fact("r", midnight_ + 120, 60, "up", 1, "large"))), "4");
  EXPECT_EQ(amount(engine_.take_back(fact("r", midnight_ + 120, 60, "up", 1, "large"))), "-4");
}

/// What is measured by the month draws on the first day's quota, however late it comes.
TEST_F(Settling, a_quota_that_was_used_up_stays_so_for_windows_that_begin_with_it) {
  const std::int64_t first = midnight_ - 24 * hour;
  engine_.add_plan(plan_of("demo/daily", 5, first));
  EXPECT_EQ(amount(engine_.apply(fact("r", first, hour, "storage_gb", 5))), "0");
  EXPECT_EQ(amount(engine_.apply(fact("r", first + hour, hour, "storage_gb", 2))), "2");
  engine_.settle(midnight_ + 24 * hour);
  EXPECT_EQ(amount(engine_.apply(fact("r", first + 240 * hour, hour, "kept_gb", 5))), "5");
  EXPECT_EQ(amount(engine_.apply(fact("r", first + 240 * hour, hour, "storage_gb", 5))), "0");
}

/// Nothing of it is in a window, so nobody would refuse to take it back; but nobody will.
TEST_F(Settling, a_fact_that_nothing_reads_is_over_when_its_end_is) {
  const Fact nothing = fact("r", midnight_, hour, "storage_gb", 1, "small");
  Fact unread = nothing;
  unread.meters.clear();
  engine_.settle(midnight_ + hour);
  EXPECT_TRUE(engine_.is_settled(nothing));
  EXPECT_FALSE(engine_.is_settled(unread));
  engine_.settle(midnight_ + hour + 1);
  EXPECT_TRUE(engine_.is_settled(unread));
}

}  // namespace
}  // namespace steelyard::rating::cloud
