#include "steelyard/batch/cloud_run.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "steelyard/base/time.h"
#include "steelyard/batch/chunk_rater.h"
#include "steelyard/identity/identity_set.h"
#include "steelyard/rating/cloud/demo_book_for_tests.h"

namespace steelyard::batch {
namespace {

constexpr std::int64_t hour = 3'600;

/// Usage of ten resources, an hour each, one hour after the other.
class HourlyUsage : public testing::Test {
 protected:
  void use(std::int64_t hour_of_use, int resource, std::int64_t hours = 1,
           const char* meter = "gb") {
    const std::string from = base::to_rfc3339({start_ + hour_of_use * hour, 0});
    const std::string to = base::to_rfc3339({start_ + (hour_of_use + hours) * hour, 0});
    text_ += R"({"specversion":"1.0","id":")" + std::to_string(next_++) +
             R"(","source":"collector/1","type":"cloud.resource.usage","subject":"acme","time":")" +
             to + R"(","data":{"product":"demo","resource":"r-)" + std::to_string(resource) +
             R"(","start":")" + from + R"(","end":")" + to + R"(","meters":{")" + meter +
             R"(":1}}})" + "\n";
  }
  void say(const std::string& type, const std::string& id, std::int64_t hour_of_it,
           const std::string& data) {
    text_ += R"({"specversion":"1.0","id":")" + id + R"(","source":"shop","type":")" + type +
             R"(","subject":"acme","time":")" + base::to_rfc3339({start_ + hour_of_it * hour, 0}) +
             R"(","data":)" + data + "}\n";
  }
  std::span<Record> rate() {
    read_ = std::move(text_);
    text_.clear();
    const std::size_t size = read_.size();
    read_.append(json::Document::padding, '\0');
    chunk_rater_.rate(std::string_view(read_).substr(0, size));
    chunk_rater_.decide_identities(identities_, *cloud_);
    return chunk_rater_.records();
  }
  std::size_t open_windows() { return cloud_->engine().cells().open_windows(); }

  rating::Rater rater_{
      std::make_shared<const pricebook::PriceBookSeries>(rating::cloud::demo_book(R"(meters:
  gb: {kind: gauge}
  large_gb: {kind: gauge}
attributes:
  spec: {values: [small, large], default: small}
items:
  - {item: demo/large, unit: GB-hour, measure: {integral: large_gb}, where: {spec: large},
     price: {CNY: 2}}
  - {item: demo/storage, unit: GB-hour, measure: {integral: gb}, price: {CNY: 2}}
plans:
  - {plan: demo/bundle, unit: GB-hour, reset: none, price: {CNY: 7}, covers: [{item: demo/storage}]}
)"))};
  ChunkRater chunk_rater_{rater_};
  std::unique_ptr<CloudRun> cloud_ = std::make_unique<CloudRun>(rater_);
  identity::IdentitySet identities_;
  const std::int64_t start_ = rating::cloud::instant_at("2026-01-01T00:00:00").seconds;

 private:
  std::string text_;
  std::string read_;
  int next_ = 0;
};

TEST_F(HourlyUsage, windows_stay_open_unless_they_are_settled) {
  for (int i = 0; i < 1'200; ++i) {
    for (int resource = 0; resource < 10; ++resource) use(i, resource);
    rate();
  }
  EXPECT_EQ(open_windows(), 12'000U);
}

TEST_F(HourlyUsage, what_is_over_is_settled_as_usage_goes_on) {
  cloud_->settle_after(24 * hour);
  std::size_t most = 0;
  money::Decimal sum;
  for (int i = 0; i < 6'000; ++i) {
    for (int resource = 0; resource < 10; ++resource) use(i, resource);
    if (i % 50 == 20) use(i - 20, 77);  // Late, but not too late.
    for (const Record& record : rate()) {
      ASSERT_EQ(record.status, Status::rated) << record.detail;
      sum += record.charge.amount;
    }
    most = std::max(most, open_windows());
  }
  EXPECT_EQ(sum, money::Decimal::whole(2 * (6'000 * 10 + 6'000 / 50)));
  // Those of the latest 10,000 facts and a day, and as many again until it is worth while.
  EXPECT_LE(most, 25'000U);
  EXPECT_EQ(cloud_->facts().size(), open_windows());

  use(100, 3);
  const Record& late = rate().front();
  EXPECT_EQ(late.status, Status::unrated);
  EXPECT_EQ(late.reason, ErrorCode::window_is_settled);
  EXPECT_EQ(late.detail, "demo/storage: the window that ended at 2026-01-04T21:00:00Z is settled");
}

/// Facts of a day each, while windows are hours: none of them is late.
TEST_F(HourlyUsage, long_facts_that_are_in_time_are_rated) {
  cloud_->settle_after(0);
  for (int day = 0; day < 3'000; ++day) {
    for (int resource = 0; resource < 10; ++resource) use(day * 24, resource, 24);
    for (const Record& record : rate()) ASSERT_EQ(record.status, Status::rated) << record.detail;
  }
  EXPECT_LE(open_windows(), 24U * 25'000);
}

TEST_F(HourlyUsage, facts_that_nothing_reads_are_forgotten) {
  cloud_->settle_after(24 * hour);
  for (int i = 0; i < 6'000; ++i) {
    for (int resource = 0; resource < 10; ++resource) use(i, resource, 1, "large_gb");
    rate();
  }
  EXPECT_LE(cloud_->facts().size(), 25'000U);
}

/// So a run over the same events gives the same, however the input is cut.
TEST_F(HourlyUsage, how_the_input_is_cut_changes_nothing) {
  cloud_->settle_after(hour);
  std::string by_hours;
  std::string at_once;
  const auto note = [](std::span<const Record> records, std::string& to) {
    for (const Record& record : records) to += record.status == Status::rated ? '.' : 'x';
  };
  const auto use_hour = [&](int i) {
    for (int resource = 0; resource < 10; ++resource) use(i, resource);
    if (i % 20 == 19 && i > 1'300) use(i - 1'200 - i % 100, 99);  // Late, and some too late.
  };
  for (int i = 0; i < 3'000; ++i) {
    use_hour(i);
    note(rate(), by_hours);
  }
  cloud_ = std::make_unique<CloudRun>(rater_);
  cloud_->settle_after(hour);
  for (int i = 0; i < 3'000; ++i) use_hour(i);
  note(rate(), at_once);
  EXPECT_EQ(at_once, by_hours);
  EXPECT_NE(at_once.find('x'), std::string::npos);
}

/// What it has covered would stay free, and the plan be paid back.
TEST_F(HourlyUsage, a_plan_that_covers_what_is_settled_is_not_voided) {
  say("cloud.plan.purchase", "early", 0, R"({"plan":"demo/bundle","id":"1","quota":1})");
  say("cloud.plan.purchase", "late", 100, R"({"plan":"demo/bundle","id":"2","quota":1})");
  use(1, 1);
  for (const Record& record : rate()) ASSERT_EQ(record.status, Status::rated) << record.detail;
  cloud_->settle(start_ + 50 * hour);
  say("cloud.resource.void", "v-1", 101, R"({"voids":{"source":"shop","id":"early"}})");
  say("cloud.resource.void", "v-2", 101, R"({"voids":{"source":"shop","id":"late"}})");
  const std::span<const Record> records = rate();
  EXPECT_EQ(records[0].reason, ErrorCode::unknown_event);
  EXPECT_EQ(
      records[0].detail,
      "no rated usage of source 'shop' and id 'early' came before, or its windows are settled");
  EXPECT_EQ(records[1].status, Status::rated) << records[1].detail;
  EXPECT_EQ(records[1].charge.amount.to_text(), "-7");
}

TEST_F(HourlyUsage, a_fact_from_the_future_settles_nothing) {
  cloud_->settle_after(24 * hour);
  use(1'000'000, 1);
  for (int i = 0; i < 1'200; ++i) {
    for (int resource = 0; resource < 10; ++resource) use(i, resource);
    rate();
  }
  use(1'000, 5);
  EXPECT_EQ(rate().front().status, Status::rated);
}

}  // namespace
}  // namespace steelyard::batch
