#include "steelyard/base/zone_rules.h"

#include <date/tz.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>

#include "steelyard/base/calendar.h"
#include "steelyard/base/limits.h"

namespace steelyard::base {
namespace {

/// The last three have midnights that come twice or not at all.
constexpr const char* zones[] = {
    "UTC",           "Asia/Shanghai", "Asia/Kolkata",      "Asia/Tehran",    "America/New_York",
    "Europe/Berlin", "Europe/London", "America/Sao_Paulo", "America/Havana", "Asia/Beirut"};

std::int64_t at(const std::string& text) {
  Instant instant;
  EXPECT_TRUE(parse_rfc3339(text, instant)) << text;
  return instant.seconds;
}

SharedZoneRules rules_of(const std::string& zone, const std::string& text) {
  const auto rules = parse_zone_rules(zone, text);
  EXPECT_TRUE(rules.has_value()) << rules.error().detail;
  return *rules;
}

TEST(ZoneRules, D6_offsets_are_those_of_the_database_from_1970_to_2200) {
  std::mt19937_64 random(6);
  std::uniform_int_distribution<std::int64_t> any(limits::usage_second_min,
                                                  limits::usage_second_max);
  for (const char* const zone : zones) {
    const SharedZoneRules rules = zone_rules_of_machine(zone);
    const date::time_zone* const database = date::locate_zone(zone);
    for (int i = 0; i < 20'000; ++i) {
      const std::int64_t second = any(random);
      const auto offset =
          database->get_info(date::sys_seconds(std::chrono::seconds(second))).offset.count();
      ASSERT_EQ(rules->stretches[rules->index_at(second)].offset, offset) << zone << ' ' << second;
    }
  }
}

/// Half of them near a change of the clocks, where a local time is skipped or comes twice.
TEST(ZoneRules, D6_local_times_are_those_of_the_database_in_gaps_and_overlaps_too) {
  std::mt19937_64 random(7);
  std::uniform_int_distribution<std::int64_t> any(limits::usage_second_min + 90'000,
                                                  limits::usage_second_max - 90'000);
  std::uniform_int_distribution<std::int64_t> near(-8'000, 8'000);
  for (const char* const zone : zones) {
    const SharedZoneRules rules = zone_rules_of_machine(zone);
    const date::time_zone* const database = date::locate_zone(zone);
    Calendar calendar(rules);
    for (int i = 0; i < 20'000; ++i) {
      std::int64_t local = any(random);
      if (i % 2 == 0) {
        const auto& some = rules->stretches[random() % rules->stretches.size()];
        local = std::max<std::int64_t>(some.from, 90'000) + some.offset + near(random);
      }
      const date::local_seconds time{std::chrono::seconds(local)};
      const std::int64_t earliest =
          database->to_sys(time, date::choose::earliest).time_since_epoch().count();
      ASSERT_EQ(rules->second_of(local), earliest) << zone << ' ' << local;
      const auto days =
          static_cast<std::int64_t>(std::chrono::floor<std::chrono::days>(
                                        std::chrono::sys_seconds(std::chrono::seconds(local)))
                                        .time_since_epoch()
                                        .count());
      const std::chrono::year_month_day day{std::chrono::sys_days(std::chrono::days(days))};
      ASSERT_EQ(calendar.at_local(static_cast<int>(day.year()),
                                  static_cast<int>(static_cast<unsigned>(day.month())),
                                  static_cast<int>(static_cast<unsigned>(day.day())),
                                  static_cast<int>(local - days * 86'400)),
                earliest)
          << zone << ' ' << local << ", whatever the calendar was asked before";
    }
  }
}

TEST(ZoneRules, what_the_log_says_is_read_back) {
  for (const char* const zone : zones) {
    const SharedZoneRules rules = zone_rules_of_machine(zone);
    const auto read = parse_zone_rules(zone, text_of(*rules));
    ASSERT_TRUE(read.has_value()) << read.error().detail;
    EXPECT_EQ(**read, *rules);
  }
  EXPECT_EQ(text_of(*zone_rules_of_machine("UTC")), "1970-01-01T00:00:00Z +00:00");
  EXPECT_EQ(text_of(*zone_rules_of_machine("Asia/Shanghai")).substr(0, 56),
            "1970-01-01T00:00:00Z +08:00, 1986-05-03T18:00:00Z +09:00");
  const std::string odd = "1970-01-01T00:00:00Z -00:44:30, 1972-01-07T00:44:30Z +00:00";
  EXPECT_EQ(text_of(*rules_of("Africa/Monrovia", odd)), odd);
}

TEST(ZoneRules, what_are_no_rules_is_refused) {
  for (const char* const text :
       {"", "x", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z 08:00", "1970-01-01T00:00:00Z +8:00",
        "1970-01-01T00:00:00Z +08:60", "1970-01-01T00:00:00Z +24:00",
        "1970-01-01T00:00:00Z +08-00-00", "1970-01-01T00:00:00.5Z +08:00",
        "1970-01-01T00:00:00Z +08:00, ", "1970-01-01T00:00:00Z +08:00,1986-05-03T18:00:00Z +09:00",
        "1970-01-01T00:00:00Z +08:00, 1970-01-01T00:00:00Z +09:00",
        "1970-01-01T00:00:00Z +08:00, 1986-05-03T18:00:00Z +08:00"}) {
    const auto read = parse_zone_rules("Asia/Shanghai", text);
    ASSERT_FALSE(read.has_value()) << text;
    EXPECT_EQ(read.error().code, ErrorCode::invalid_field);
  }
}

TEST(ZoneRules, D6_joined_rules_are_the_old_ones_and_then_the_new_ones) {
  const auto old = rules_of("X", "1970-01-01T00:00:00Z +08:00");
  const auto now = rules_of("X", "1970-01-01T00:00:00Z +08:00, 2026-11-10T00:00:00Z +09:00");
  const std::int64_t month_end = at("2026-12-01T00:00:00+08:00");
  const auto both = joined(*old, *now, month_end);
  EXPECT_EQ(text_of(*both), "1970-01-01T00:00:00Z +08:00, 2026-11-30T16:00:00Z +09:00");
  EXPECT_EQ(first_difference(*old, *both), month_end);
  EXPECT_EQ(first_difference(*both, *both), std::nullopt);
  EXPECT_EQ(*joined(*both, *now, month_end), *both);
}

TEST(ZoneRules, D6_clocks_that_are_set_back_do_not_show_a_month_again_that_is_over) {
  const auto old = rules_of("X", "1970-01-01T00:00:00Z +08:00");
  const auto now = rules_of("X", "1970-01-01T00:00:00Z +07:00");
  const std::int64_t month_end = at("2026-12-01T00:00:00+08:00");
  const auto both = joined(*old, *now, month_end);
  EXPECT_EQ(text_of(*both), "1970-01-01T00:00:00Z +08:00, 2026-11-30T17:00:00Z +07:00");
  Calendar calendar(both);
  EXPECT_EQ(calendar.month(month_end - 1).to, month_end);
  EXPECT_EQ(calendar.month(month_end).from, month_end);
  EXPECT_EQ(calendar.day(month_end).to, at("2026-12-02T00:00:00+07:00"));
}

/// Whatever changes: what is open keeps its boundaries, and months are one behind the other.
TEST(ZoneRules, D6_an_open_month_and_its_days_end_where_they_did) {
  std::mt19937_64 random(8);
  for (int i = 0; i < 300; ++i) {
    const SharedZoneRules old = zone_rules_of_machine(zones[random() % std::size(zones)]);
    const SharedZoneRules now = zone_rules_of_machine(zones[random() % std::size(zones)]);
    const auto second = static_cast<std::int64_t>(
        at("2000-01-01T00:00:00Z") + static_cast<std::int64_t>(random() % 1'500'000'000));
    Calendar before(old);
    const std::int64_t end = before.month(second).to;
    const auto both = joined(*old, *now, end);
    Calendar calendar(both);
    for (int j = 0; j < 200; ++j) {
      const std::int64_t earlier = end - 1 - static_cast<std::int64_t>(random() % 5'000'000);
      ASSERT_EQ(calendar.day(earlier), before.day(earlier));
      ASSERT_EQ(calendar.month(earlier), before.month(earlier));
      ASSERT_EQ(calendar.hour(earlier), before.hour(earlier));
    }
    ASSERT_EQ(calendar.day(end).from, end) << old->zone << ' ' << now->zone << ' ' << end;
    ASSERT_EQ(calendar.month(end).from, end);
    Calendar after(now);
    const std::int64_t later = end + 3 * 86'400 + static_cast<std::int64_t>(random() % 5'000'000);
    ASSERT_EQ(calendar.day(later), after.day(later)) << old->zone << ' ' << now->zone << ' ' << end;
  }
}

TEST(ZoneRules, a_book_knows_what_it_was_told_and_asks_the_machine_for_the_rest) {
  ZoneBook book;
  EXPECT_TRUE(book.lacks("Asia/Shanghai"));
  EXPECT_FALSE(book.lacks("UTC"));  // There is one rule only.
  EXPECT_EQ(*book.rules("Asia/Shanghai"), *zone_rules_of_machine("Asia/Shanghai"));
  const auto rules = rules_of("Asia/Shanghai", "1970-01-01T00:00:00Z +07:00");
  book.set(rules);
  EXPECT_FALSE(book.lacks("Asia/Shanghai"));
  EXPECT_EQ(book.rules("Asia/Shanghai"), rules);
}

TEST(ZoneRules, dates_begin_by_the_rules) {
  const auto rules = rules_of("X",
                              "1970-01-01T00:00:00Z +08:00, 2026-11-10T00:00:00Z +09:00, "
                              "2026-12-09T15:30:00Z +08:00");
  EXPECT_EQ(parse_in_zone("2026-11-01", *rules).value().seconds, at("2026-11-01T00:00:00+08:00"));
  EXPECT_EQ(parse_in_zone("2026-11-11T00:00:01", *rules).value().seconds,
            at("2026-11-11T00:00:01+09:00"));
  EXPECT_EQ(parse_in_zone("2026-11-01T00:00:00Z", *rules).value().seconds,
            at("2026-11-01T00:00:00Z"));
  // Skipped, and twice.
  EXPECT_EQ(parse_in_zone("2026-11-10T08:30:00", *rules).value().seconds,
            at("2026-11-10T00:00:00Z"));
  EXPECT_EQ(parse_in_zone("2026-12-10T00:00:00", *rules).value().seconds,
            at("2026-12-10T00:00:00+09:00"));
  EXPECT_FALSE(parse_in_zone("2026-13-01", *rules).has_value());
}

}  // namespace
}  // namespace steelyard::base
