#include "steelyard/charges/charge_feed.h"

#include <gtest/gtest.h>

#include <thread>

#include "steelyard/charges/facts_for_tests.h"

namespace steelyard::charges {
namespace {

using for_tests::FactMaker;
using for_tests::Folder;

class ChargeFeedTest : public testing::Test {
 protected:
  ChargeFeedTest() : store_(*ChargeStore::open(folder_ / "c.duckdb")) {}

  std::string cell(const std::string& sql) const {
    const auto table = store_.sql(sql);
    return table.has_value() ? table->rows[0][0].value_or("NULL") : table.error().detail;
  }

  Folder folder_{testing::TempDir()};
  ChargeStore store_;
};

TEST_F(ChargeFeedTest, what_was_added_is_there_after_flush) {
  ChargeFeed feed(store_, {.queued_facts_max = 500, .batch_facts_max = 200});
  FactMaker maker(1);
  money::Decimal amount;
  for (Position at = 0; at < 3'000; at += 30) {
    FactBatch batch;
    for (int i = 0; i < 30; ++i) {
      const ChargedFact& fact = maker.next();
      for (const ChargedLine& line : fact.lines) amount += line.amount;
      batch.add(fact);
    }
    ASSERT_TRUE(feed.add(std::move(batch), at + 30).has_value());
  }
  ASSERT_TRUE(feed.add(FactBatch(), 3'100).has_value());  // Positions without a charge.
  ASSERT_TRUE(feed.flush().has_value());
  EXPECT_EQ(feed.position(), 3'100U);
  EXPECT_EQ(store_.applied(), 3'100U);
  EXPECT_EQ(cell("SELECT count(*) FROM facts"), "3000");
  EXPECT_EQ(cell("SELECT sum(amount) FROM charges"), amount.to_text());
}

TEST_F(ChargeFeedTest, nothing_is_lost_when_it_stops) {
  {
    ChargeFeed feed(store_, {.batch_wait = std::chrono::minutes(1)});
    ASSERT_TRUE(feed.add(for_tests::facts(77), 80).has_value());
  }
  EXPECT_EQ(store_.applied(), 80U);
  EXPECT_EQ(cell("SELECT count(*) FROM facts"), "77");
}

TEST_F(ChargeFeedTest, it_writes_by_itself_after_a_while) {
  ChargeFeed feed(store_, {.batch_wait = std::chrono::milliseconds(5)});
  ASSERT_TRUE(feed.add(for_tests::facts(10), 10).has_value());
  for (int i = 0; feed.position() < 10 && i < 2'000; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(feed.position(), 10U);
}

TEST_F(ChargeFeedTest, a_log_that_is_replayed_doubles_nothing) {
  {
    ChargeFeed feed(store_);
    ASSERT_TRUE(feed.add(for_tests::facts(100), 100).has_value());
  }
  ChargeFeed feed(store_);
  EXPECT_EQ(feed.position(), 100U);
  ASSERT_TRUE(feed.add(for_tests::facts(60), 60).has_value());
  ASSERT_TRUE(feed.add(for_tests::facts(150), 150).has_value());
  ASSERT_TRUE(feed.flush().has_value());
  EXPECT_EQ(cell("SELECT count(*) FROM facts"), "150");
  EXPECT_EQ(cell("SELECT count(DISTINCT id) FROM facts"), "150");
}

TEST_F(ChargeFeedTest, flush_of_nothing_returns) {
  ChargeFeed feed(store_);
  EXPECT_TRUE(feed.flush().has_value());
}

TEST_F(ChargeFeedTest, a_batch_is_larger_than_the_queue) {
  ChargeFeed feed(store_, {.queued_facts_max = 10, .batch_facts_max = 5});
  ASSERT_TRUE(feed.add(for_tests::facts(100), 100).has_value());
  ASSERT_TRUE(feed.flush().has_value());
  EXPECT_EQ(cell("SELECT count(*) FROM facts"), "100");
}

/// Waits until it has written so far, and has nothing to do.
void wait_for(const ChargeFeed& feed, Position position) {
  for (int i = 0; feed.position() < position && i < 2'000; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

TEST_F(ChargeFeedTest, full_parts_are_written_and_the_rest_waits) {
  ChargeFeed feed(store_, {.batch_facts_max = 40, .batch_wait = std::chrono::minutes(1)});
  ASSERT_TRUE(feed.add(for_tests::facts(100), 100).has_value());
  wait_for(feed, 80);
  EXPECT_EQ(feed.position(), 80U);
  EXPECT_EQ(feed.waiting_facts(), 20U);
  EXPECT_EQ(cell("SELECT count(*) FROM facts"), "80");
  ASSERT_TRUE(feed.flush().has_value());
  EXPECT_EQ(feed.position(), 100U);
  EXPECT_EQ(cell("SELECT count(DISTINCT id) FROM facts"), "100");
}

TEST_F(ChargeFeedTest, facts_of_one_position_are_written_together) {
  ChargeFeed feed(store_, {.batch_facts_max = 40, .batch_wait = std::chrono::minutes(1)});
  FactBatch batch;
  FactMaker maker(1);
  for (std::uint64_t i = 0; i < 90; ++i) {
    ChargedFact fact = maker.next();
    fact.sequence = 1 + i / 30;
    batch.add(fact);
  }
  ASSERT_TRUE(feed.add(std::move(batch), 3).has_value());
  wait_for(feed, 2);
  EXPECT_EQ(feed.position(), 2U);
  EXPECT_EQ(cell("SELECT count(*) FROM facts"), "60");
  ASSERT_TRUE(feed.flush().has_value());
  EXPECT_EQ(feed.position(), 3U);
  EXPECT_EQ(cell("SELECT count(*) FROM facts"), "90");
}

TEST(FactBatch, its_facts_are_copies) {
  FactBatch batch;
  {
    std::string tenant(40, 't');
    std::string item(100'000, 'i');
    const ChargedLine line{item, "-", "x", {}, {}, {}, {}, money::Decimal::whole(3)};
    ChargedFact fact;
    fact.sequence = 1;
    fact.tenant = tenant;
    fact.lines = {&line, 1};
    batch.add(fact);
    fact.sequence = 2;
    batch.add(fact);
    tenant.assign(40, 'x');
    item.assign(100'000, 'x');
  }
  batch.add(batch.facts()[0]);
  ASSERT_EQ(batch.size(), 3U);
  for (const ChargedFact& fact : batch.facts()) {
    EXPECT_EQ(fact.tenant, std::string(40, 't'));
    ASSERT_EQ(fact.lines.size(), 1U);
    EXPECT_EQ(fact.lines[0].item, std::string(100'000, 'i'));
    EXPECT_EQ(fact.lines[0].amount, money::Decimal::whole(3));
  }
}

}  // namespace
}  // namespace steelyard::charges
