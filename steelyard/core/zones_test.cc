#include <gtest/gtest.h>

#include "steelyard/core/machine_for_tests.h"

namespace steelyard::core {
namespace {

constexpr const char* shanghai = "1970-01-01T00:00:00Z +08:00";
/// From the end of the month of `noon`, the 25th of November 2026, on.
constexpr const char* shanghai_later = "1970-01-01T00:00:00Z +08:00, 2026-11-30T16:00:00Z +09:00";

base::ZoneBook zones_of(const std::string& zone, const std::string& text) {
  base::ZoneBook zones;
  zones.set(base::parse_zone_rules(zone, text).value());
  return zones;
}

std::string call_at(const std::string& id, const std::string& time) {
  std::string text = call(id, 1'000, R"("api_key":"ak",)");
  const std::string usual = "2026-11-22T08:00:03Z";
  return text.replace(text.find(usual), usual.size(), time);
}

std::int64_t at(const std::string& text) {
  base::Instant instant;
  EXPECT_TRUE(base::parse_rfc3339(text, instant)) << text;
  return instant.seconds;
}

std::string set_rules(const std::string& zone, const std::string& rules) {
  return R"({"command":"set_zone_rules","zone":")" + zone + R"(","rules":")" + rules + "\"}";
}

/// Where the days begin that have usage.
std::vector<std::string> days(const Machine& machine) {
  std::vector<std::string> all;
  for (const UsageSum& each : machine.core.usage(1)->sums("acme", 0, INT64_MAX)) {
    all.push_back(base::to_rfc3339({each.day, 0}));
  }
  return all;
}

/// "2026-10-31T16:00:00Z..2026-11-30T16:00:00Z 0.0008"
std::string text_of(const ledger::BudgetWindow& window) {
  return base::to_rfc3339({window.from, 0}) + ".." + base::to_rfc3339({window.to, 0}) + ' ' +
         window.spent.to_text();
}

ledger::BudgetView budget(const Machine& machine, const std::string& name) {
  return machine.core.ledger().budget(machine.core.ledger().find_budget(1, name).value());
}

/// As a node does it: a new core out of what was kept, with the rules behind the command.
struct Zoned {
  explicit Zoned(const base::ZoneBook& zones) {
    raters.push_back(std::make_unique<rating::Rater>(shipped_rater_by(zones)));
    machine = std::make_unique<Machine>(KnownFacts(), *raters.back(), zones);
  }

  void set(const std::string& zone, const std::string& rules) {
    const std::string command = set_rules(zone, rules);
    const Command what = read_command(command).value().what;
    if (machine->core.is_made_anew_by(what)) make_anew(machine->core.zones_behind(what));
    machine->ask(command);
  }

  void make_anew(const base::ZoneBook& zones) {
    machine->keep(kept);
    raters.push_back(std::make_unique<rating::Rater>(shipped_rater_by(zones)));
    auto next = std::make_unique<Machine>(machine->identities, *raters.back(), zones);
    next->restore(kept, machine->place());
    machine = std::move(next);
  }

  std::vector<std::unique_ptr<rating::Rater>> raters;
  std::unique_ptr<Machine> machine;
  Machine::Entities kept;
};

TEST(CoreZones, D6_an_open_day_and_month_keep_their_ends_and_later_ones_begin_by_the_new_rules) {
  Zoned zoned(zones_of("Asia/Shanghai", shanghai));
  zoned.machine->ask(
      R"({"command":"set_budget","name":"key/ak","period":"month","zone":"Asia/Shanghai"})");
  zoned.machine->take(call_at("a", "2026-11-25T09:00:00Z"));
  zoned.set("Asia/Shanghai", shanghai_later);
  zoned.machine->take(call_at("b", "2026-11-25T15:59:59Z"));
  zoned.machine->take(call_at("c", "2026-11-30T15:59:59Z"));
  EXPECT_EQ(text_of(budget(*zoned.machine, "key/ak").current),
            "2026-10-31T16:00:00Z..2026-11-30T16:00:00Z 0.0024");
  zoned.machine->take(call_at("d", "2026-11-30T16:00:00Z"));
  zoned.machine->take(call_at("e", "2026-12-01T14:59:59Z"));
  zoned.machine->take(call_at("f", "2026-12-01T15:00:00Z"));
  EXPECT_EQ(days(*zoned.machine),
            (std::vector<std::string>{"2026-11-24T16:00:00Z", "2026-11-29T16:00:00Z",
                                      "2026-11-30T16:00:00Z", "2026-12-01T15:00:00Z"}));
  const ledger::BudgetView view = budget(*zoned.machine, "key/ak");
  EXPECT_EQ(text_of(view.previous), "2026-10-31T16:00:00Z..2026-11-30T16:00:00Z 0.0024");
  EXPECT_EQ(text_of(view.current), "2026-11-30T16:00:00Z..2026-12-31T15:00:00Z 0.0024");
  EXPECT_EQ(zoned.machine->core.imbalance(), std::nullopt);
}

TEST(CoreZones, D6_windows_of_cloud_usage_are_made_again_as_they_were_and_then_by_the_new_rules) {
  Zoned zoned(zones_of("Asia/Shanghai", shanghai));
  const auto calendar = [&] { return zoned.machine->core.rater().catalog().calendar(); };
  EXPECT_EQ(calendar().month(at("2026-12-05T00:00:00Z")).to, at("2026-12-31T16:00:00Z"));
  zoned.set("Asia/Shanghai", shanghai_later);
  EXPECT_EQ(calendar().month(noon.seconds).to, at("2026-11-30T16:00:00Z"));
  EXPECT_EQ(calendar().month(at("2026-12-05T00:00:00Z")).to, at("2026-12-31T15:00:00Z"));
}

TEST(CoreZones, D6_what_is_kept_is_the_same_as_that_of_a_core_that_was_never_restored) {
  for (const bool is_restored : {false, true}) {
    SCOPED_TRACE(is_restored);
    static Machine::Entities of_steady;
    Zoned zoned(zones_of("Asia/Shanghai", shanghai));
    const auto restart = [&] {
      if (is_restored) zoned.make_anew(zoned.machine->core.zones());
    };
    zoned.machine->ask(R"({"command":"set_budget","name":"key/ak","period":"day",)"
                       R"("zone":"Europe/Berlin","zone_rules":"1970-01-01T00:00:00Z +01:00"})");
    zoned.machine->take(call_at("a", "2026-11-25T09:00:00Z"));
    restart();
    zoned.set("Asia/Shanghai", shanghai_later);
    restart();
    zoned.set("Europe/Berlin", "1970-01-01T00:00:00Z +01:00, 2026-11-30T23:00:00Z +02:00");
    zoned.machine->take(call_at("b", "2026-11-30T22:59:59Z"));
    restart();
    zoned.machine->take(call_at("c", "2026-12-01T22:00:00Z"));
    zoned.machine->keep(zoned.kept);
    EXPECT_EQ(text_of(budget(*zoned.machine, "key/ak").previous),
              "2026-11-29T23:00:00Z..2026-11-30T23:00:00Z 0.0008");
    EXPECT_EQ(text_of(budget(*zoned.machine, "key/ak").current),
              "2026-12-01T22:00:00Z..2026-12-02T22:00:00Z 0.0008");
    EXPECT_EQ(zoned.kept.at("1Asia/Shanghai"), shanghai_later);
    if (is_restored) {
      EXPECT_EQ(zoned.kept, of_steady);
    } else {
      of_steady = zoned.kept;
    }
    Machine::Entities nothing;
    zoned.make_anew(zoned.machine->core.zones());
    zoned.machine->keep(nothing);
    EXPECT_LE(nothing.size(), 1U);  // The time alone.
  }
}

TEST(CoreZones, D6_rules_that_come_with_a_budget_count_once_and_a_repeat_changes_nothing) {
  Machine machine;
  const std::string set =
      R"({"command":"set_budget","name":"key/ak","period":"day","zone":"Europe/Berlin")";
  machine.ask(set + R"(,"zone_rules":"1970-01-01T00:00:00Z +03:00"})");
  machine.take(call_at("a", "2026-11-25T20:59:59Z"));
  EXPECT_EQ(text_of(budget(machine, "key/ak").current),
            "2026-11-24T21:00:00Z..2026-11-25T21:00:00Z 0.0008");
  for (const std::string& again :
       {set + "}", set + R"(,"zone_rules":"1970-01-01T00:00:00Z +05:00"})"}) {
    machine.ask(again);
    EXPECT_EQ(text_of(budget(machine, "key/ak").current),
              "2026-11-24T21:00:00Z..2026-11-25T21:00:00Z 0.0008");
    EXPECT_EQ(base::text_of(*machine.core.zones().known("Europe/Berlin")),
              "1970-01-01T00:00:00Z +03:00");
  }
  EXPECT_EQ(machine.core.zones_in_use(), (std::set<std::string>{"Asia/Shanghai", "Europe/Berlin"}));
}

TEST(CoreZones, D6_a_zone_that_this_machine_does_not_know_is_known_by_its_rules) {
  Zoned zoned{base::ZoneBook()};
  const std::string set = R"({"command":"set_budget","name":"key/ak","zone":"Mars/Olympus")";
  EXPECT_EQ(zoned.machine->ask(set + "}").refused->why, ledger::Refusal::unknown_time_zone);
  const auto answer = zoned.machine->ask(set + R"(,"zone_rules":"1970-01-01T00:00:00Z +00:39"})");
  EXPECT_FALSE(answer.refused.has_value());
  zoned.make_anew(zoned.machine->core.zones());
  EXPECT_EQ(budget(*zoned.machine, "key/ak").zone, "Mars/Olympus");
}

TEST(CoreZones, D6_the_command_is_read_strictly_and_stands_in_the_audit) {
  Machine machine;
  machine.ask(R"({"command":"set_zone_rules","zone":"Europe/Berlin",)"
              R"("changes_at":"2026-11-30T23:00:00Z","rules":"1970-01-01T00:00:00Z +01:00"})");
  EXPECT_EQ(machine.core.acts().back().name, "set_zone_rules");
  for (
      const char* const bad :
      {R"({"command":"set_zone_rules","zone":"X"})",
       R"({"command":"set_zone_rules","rules":"1970-01-01T00:00:00Z +01:00"})",
       R"({"command":"set_zone_rules","zone":"X","rules":"1970-01-01T00:00:00Z"})",
       R"({"command":"set_budget","name":"b","zone_rules":"+01:00"})",
       R"({"command":"publish_prices","hash":"h","origin":"api","files":{"a":"b"},"zone_rules":{"X":"1"}})"}) {
    EXPECT_FALSE(read_command(bad).has_value()) << bad;
  }
  const auto prices =
      read_command(R"({"command":"publish_prices","hash":"h","origin":"api","files":{"a":"b"},)"
                   R"("zone_rules":{"X":"1970-01-01T00:00:00Z +01:00"}})");
  ASSERT_TRUE(prices.has_value());
  EXPECT_EQ(std::get<PublishPrices>(prices->what).zone_rules.at(0)->zone, "X");
}

TEST(CoreZones, what_is_no_entity_of_a_zone_is_refused) {
  Machine machine;
  EXPECT_FALSE(machine.core.restore("1Europe/Berlin", "1970-01-01T00:00:00Z +01:00").has_value())
      << "the core was not made with it";
  EXPECT_FALSE(Core::read_zone("Europe/Berlin", "x").has_value());
}

}  // namespace
}  // namespace steelyard::core
