#include <gtest/gtest.h>

#include <algorithm>

#include "steelyard/core/machine_for_tests.h"
#include "steelyard/ledger/bytes.h"

namespace steelyard::core {
namespace {

using batch::Status;

/// 600 GB of storage in an hour of 22 November, UTC.
std::string storage(const std::string& id, const std::string& hour,
                    const std::string& resource = "b") {
  const std::string at = "2026-11-22T" + hour;
  return R"({"specversion":"1.0","id":")" + id +
         R"(","source":"s","type":"cloud.resource.usage","subject":"acme","time":")" + at +
         R"(:59:00Z","data":{"product":"oss","resource":")" + resource + R"(","start":")" + at +
         R"(:00:00Z","end":")" + at +
         R"(:59:00Z","meters":{"storage_gb":600},)"
         R"("attributes":{"region":"cn-hangzhou","class":"standard_lrs"}}})"
         "\n";
}

std::string voided(const std::string& id) {
  return R"({"specversion":"1.0","id":"void-)" + id +
         R"(","source":"s","type":"cloud.resource.void","subject":"acme",)"
         R"("time":"2026-11-22T20:00:00Z","data":{"voids":{"source":"s","id":")" +
         id + "\"}}}\n";
}

Answer close(Machine& machine, const std::string& hour) {
  return machine.ask(R"({"command":"close_usage","period":"2026-11","before":"2026-11-22T)" + hour +
                     ":00:00Z\"}");
}

TEST(ClosedUsage, what_comes_late_is_set_aside_and_costs_nothing) {
  Machine machine;
  machine.take(storage("a", "08"));
  machine.take(storage("b", "10"));
  EXPECT_EQ(machine.core.open_windows(1), 2U);
  const money::Decimal owed = machine.balance().receivable;
  ASSERT_GT(owed, money::Decimal());
  EXPECT_FALSE(close(machine, "09").refused.has_value());
  EXPECT_EQ(machine.core.open_windows(1), 1U);

  EXPECT_EQ(machine.take(storage("late", "08", "other")), std::vector{Status::unrated});
  EXPECT_EQ(machine.last().reason, ErrorCode::window_is_settled);
  EXPECT_EQ(machine.last().detail,
            "oss/storage: the window that ended at 2026-11-22T09:00:00Z is settled");
  EXPECT_EQ(machine.take(voided("a")), std::vector{Status::unrated});
  EXPECT_EQ(machine.last().reason, ErrorCode::unknown_event);
  EXPECT_EQ(machine.balance().receivable, owed);
  EXPECT_EQ(machine.core.waiting().size(), 1U);

  EXPECT_EQ(machine.take(voided("b")), std::vector{Status::rated});
  EXPECT_EQ(machine.take(call("c", 1'000)), std::vector{Status::rated});
  EXPECT_EQ(machine.core.imbalance(), std::nullopt);
}

TEST(ClosedUsage, a_period_is_closed_an_hour_behind_its_end_and_not_before) {
  Machine machine;
  const std::int64_t now = machine.place().received.seconds;
  const auto close_before = [&](std::int64_t second) {
    return machine
        .ask(R"({"command":"close_usage","period":"2026-11","before":")" +
             base::to_rfc3339({second, 0}) + "\"}")
        .refused;
  };
  const auto early = close_before(now - 3'599);
  ASSERT_TRUE(early.has_value());
  EXPECT_EQ(early->why, ledger::Refusal::period_not_over);
  EXPECT_TRUE(machine.core.closings(1).empty());
  EXPECT_FALSE(close_before(now - 3'600).has_value());
  EXPECT_EQ(machine.core.closings(1).back().before, now - 3'600);
}

TEST(ClosedUsage, does_not_go_back) {
  Machine machine;
  EXPECT_FALSE(close(machine, "09").is_repeat);
  EXPECT_TRUE(close(machine, "09").is_repeat);
  EXPECT_TRUE(close(machine, "07").is_repeat);
  EXPECT_FALSE(close(machine, "10").is_repeat);
  EXPECT_EQ(machine.core.closings(1).size(), 2U);
  EXPECT_TRUE(machine.core.closings(2).empty());
  EXPECT_EQ(machine.take(storage("a", "09")), std::vector{Status::unrated});
}

/// What was charged before a closing is made of the same facts behind a restart, and what was
/// refused then is refused again.
TEST(ClosedUsage, is_closed_behind_a_restart) {
  Machine machine;
  machine.take(storage("a", "08"));
  close(machine, "09");
  machine.take(storage("late", "08", "other"));
  machine.take(storage("b", "10"));
  Machine::Entities kept;
  machine.keep(kept);

  Machine next(machine.identities);
  next.restore(kept, machine.place());
  EXPECT_EQ(next.core.closings(1).size(), 1U);
  EXPECT_EQ(next.core.open_windows(1), 1U);
  for (Machine* const each : {&machine, &next}) {
    EXPECT_EQ(each->take(storage("later", "08", "third")), std::vector{Status::unrated});
    EXPECT_EQ(each->take(storage("c", "10", "third")), std::vector{Status::rated});
  }
  EXPECT_EQ(machine.lines(), next.lines());
  EXPECT_EQ(machine.balance().receivable, next.balance().receivable);
  Machine::Entities kept_of_next = kept;
  machine.keep(kept);
  next.keep(kept_of_next);
  EXPECT_EQ(kept, kept_of_next);
}

using Replaced = std::vector<std::pair<std::string, std::string>>;

/// The shipped book with other words in one of its products.
rating::Rater rater_with(const std::string& product, const Replaced& replaced) {
  auto files = pricebook::read_files(STEELYARD_ROOT "/pricebooks/aliyun-ai-paas").value();
  std::string& text = files.at("products/" + product + ".yaml");
  for (const auto& [from, to] : replaced) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    if (at != std::string::npos) text.replace(at, from.size(), to);
  }
  return rating::Rater(
      std::make_shared<const pricebook::PriceBookSeries>(pricebook::load(files, "a test").value()));
}

std::string usage(const std::string& id, const std::string& product, const std::string& from,
                  const std::string& to, const std::string& rest) {
  return R"({"specversion":"1.0","id":")" + id +
         R"(","source":"s","type":"cloud.resource.usage","subject":"acme","time":")" + to +
         R"(","data":{"product":")" + product + R"(","resource":"r","start":")" + from +
         R"(","end":")" + to + R"(",)" + rest + "}}\n";
}

void close_october(Machine& machine) {
  const Answer closed = machine.ask(
      R"({"command":"close_usage","period":"2024-10","before":"2024-10-31T16:00:00Z"})");
  EXPECT_FALSE(closed.refused.has_value());
}

/// 10,000 GB are charged in November, of which they end: 240 of the month's free 10,240 are left.
/// Newer prices read tags, too, which lie in October as well: then 240 GB are free, still.
TEST(ClosedUsage, newer_prices_that_read_more_of_a_fact_lose_nothing_of_it) {
  const std::string free =
      "shape: [{pool: {by: [account, region], window: month}}, {less: 10240}]\n"
      "    price: {keys: [region], rows: [{CNY: ";
  const std::string tags =
      "measure: {integral: tags}\n    price: {per: 7200000, keys: [region], rows: [{CNY: ";
  const rating::Rater older =
      rater_with("oss", {{free + "placeholder", free + "0.025"},
                         {tags + "placeholder", "where: {class: ia_lrs}\n    " + tags + "1"}});
  const rating::Rater newer = rater_with(
      "oss", {{free + "placeholder", free + "0.025"}, {tags + "placeholder", tags + "1"}});
  const std::string both = R"("meters":{"processing_gb":10000,"tags":7},)"
                           R"("attributes":{"region":"cn-hangzhou","class":"standard_lrs"})";
  Machine machine({}, older);
  close_october(machine);
  EXPECT_EQ(machine.take(usage("f", "oss", "2024-10-31T15:30:00Z", "2024-10-31T16:30:00Z", both)),
            std::vector{Status::rated});
  Machine::Entities kept;
  machine.keep(kept);
  Machine next(machine.identities, newer);
  next.restore(kept, machine.place());
  next.take(usage("g", "oss", "2024-11-05T08:00:00Z", "2024-11-05T09:00:00Z", both));
  const auto lines = next.lines();
  EXPECT_TRUE(std::ranges::count(lines, "oss/image_processing, -: 9760 = 244") == 1)
      << testing::PrintToString(lines);
}

/// 60 of 100 GB are covered by a plan that has no price; it gets one, 50, and 60 GB more come, of
/// which 20 cost 0.8 each. Whether or not the first are closed.
TEST(ClosedUsage, a_plan_that_gets_a_price_has_covered_what_it_has_covered) {
  const std::string price =
      "covers: [{item: clb/traffic, factor: 1}]\n    price: {keys: [quota, months], rows: [{CNY: ";
  const rating::Rater newer = rater_with("slb", {{price + "placeholder", price + "50"}});
  const std::string bought =
      R"({"specversion":"1.0","id":"p","source":"shop","type":"cloud.plan.purchase",)"
      R"("subject":"acme","time":"2024-10-01T00:00:00Z","data":{"plan":"clb/traffic_plan",)"
      R"("id":"p","quota":100,"months":12,"attributes":{}}})"
      "\n";
  const std::string out =
      R"("meters":{"gb_out":60},)"
      R"("attributes":{"region":"cn-hangzhou","address":"public","billing":"by_traffic"})";
  for (const bool is_closed : {false, true}) {
    Machine machine;
    EXPECT_EQ(machine.take(bought), std::vector{Status::unrated});
    machine.take(usage("a", "clb", "2024-10-05T08:00:00Z", "2024-10-05T08:59:00Z", out));
    EXPECT_EQ(machine.lines(),
              std::vector<std::string>{"clb/traffic, plan clb/traffic_plan: 60 = 0"});
    if (is_closed) close_october(machine);
    Machine::Entities kept;
    machine.keep(kept);
    Machine next(machine.identities, newer);
    next.restore(kept, machine.place());
    EXPECT_EQ(next.take(bought), std::vector{Status::rated});
    EXPECT_TRUE(next.last().is_late);
    EXPECT_EQ(next.balance().receivable, money::Decimal::whole(50)) << is_closed;
    next.keep(kept);
    Machine last(next.identities, newer);
    last.restore(kept, next.place());
    last.take(usage("b", "clb", "2024-11-05T08:00:00Z", "2024-11-05T08:59:00Z", out));
    EXPECT_EQ(last.balance().receivable, money::Decimal::whole(66)) << is_closed;
    EXPECT_EQ(last.core.imbalance(), std::nullopt);
  }
}

/// Usage that is settled was covered by the first plan and can not be charged any more; the other
/// covered none.
TEST(ClosedUsage, a_plan_that_covered_nothing_of_it_can_be_voided) {
  const auto plan = [](const std::string& id, const std::string& time) {
    return R"({"specversion":"1.0","id":")" + id +
           R"(","source":"s","type":"cloud.plan.purchase","subject":"acme","time":")" + time +
           R"(","data":{"plan":"oss/storage_plan","id":")" + id +
           R"(","quota":100,"months":1,"attributes":{}}})"
           "\n";
  };
  Machine machine;
  machine.take(plan("early", "2026-11-20T00:00:00Z"));
  machine.take(storage("a", "08"));
  EXPECT_FALSE(close(machine, "10").refused.has_value());
  machine.take(plan("other", "2026-11-20T00:00:00Z"));
  EXPECT_EQ(machine.take(voided("early")), std::vector{Status::unrated});
  EXPECT_EQ(machine.take(voided("other")), std::vector{Status::rated});
}

TEST(ClosedUsage, what_is_no_closing_is_refused) {
  for (const std::string& value : {std::string(), std::string("c"), std::string("c1234"),
                                   std::string("c123456789"), std::string("x{}")}) {
    Machine machine;
    std::string key = "H";
    ledger::ByteWriter(key).sorting(std::uint32_t{1});
    ledger::ByteWriter(key).sorting(std::uint64_t{7});
    const auto restored = machine.core.restore(key, value);
    ASSERT_FALSE(restored.has_value()) << value;
    EXPECT_EQ(restored.error().code, ErrorCode::file_is_malformed);
  }
}

}  // namespace
}  // namespace steelyard::core
