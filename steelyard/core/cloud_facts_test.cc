#include <gtest/gtest.h>

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
