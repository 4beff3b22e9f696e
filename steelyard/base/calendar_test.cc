#include "steelyard/base/calendar.h"

#include <gtest/gtest.h>

#include <string>

namespace steelyard::base {
namespace {

std::int64_t at(const std::string& text) {
  Instant instant;
  EXPECT_TRUE(parse_rfc3339(text, instant)) << text;
  return instant.seconds;
}

/// "2026-10-31T16:00:00Z..2026-11-30T16:00:00Z"
std::string text_of(Slot slot) {
  return to_rfc3339({slot.from, 0}) + ".." + to_rfc3339({slot.to, 0});
}

TEST(Calendar, shanghai_is_eight_hours_ahead) {
  Calendar calendar("Asia/Shanghai");
  const std::int64_t second = at("2026-11-02T09:30:59+08:00");
  EXPECT_EQ(text_of(calendar.minute(second)), "2026-11-02T01:30:00Z..2026-11-02T01:31:00Z");
  EXPECT_EQ(text_of(calendar.hour(second)), "2026-11-02T01:00:00Z..2026-11-02T02:00:00Z");
  EXPECT_EQ(text_of(calendar.day(second)), "2026-11-01T16:00:00Z..2026-11-02T16:00:00Z");
  EXPECT_EQ(text_of(calendar.month(second)), "2026-10-31T16:00:00Z..2026-11-30T16:00:00Z");
  EXPECT_EQ(calendar.minute_of_day(second), 570);
  EXPECT_EQ(calendar.to_text(second), "2026-11-02T09:30:59");
}

TEST(Calendar, a_slot_begins_with_its_first_second_and_ends_before_its_last) {
  Calendar calendar("Asia/Shanghai");
  const std::int64_t midnight = at("2026-12-01T00:00:00+08:00");
  EXPECT_EQ(calendar.day(midnight).from, midnight);
  EXPECT_EQ(calendar.day(midnight - 1).to, midnight);
  EXPECT_EQ(calendar.month(midnight).from, midnight);
  EXPECT_EQ(calendar.month(midnight - 1).to, midnight);
  EXPECT_EQ(calendar.hour(midnight - 1).to, midnight);
  EXPECT_EQ(calendar.minute_of_day(midnight), 0);
  EXPECT_EQ(calendar.minute_of_day(midnight - 1), 1'439);
}

TEST(Calendar, months_are_as_long_as_they_are) {
  Calendar calendar("Asia/Shanghai");
  const auto days = [&](const std::string& text) {
    const Slot month = calendar.month(at(text));
    return (month.to - month.from) / 86'400;
  };
  EXPECT_EQ(days("2026-02-15T00:00:00Z"), 28);
  EXPECT_EQ(days("2028-02-29T12:00:00Z"), 29);  // A leap year.
  EXPECT_EQ(days("2100-02-15T00:00:00Z"), 28);  // Not one.
  EXPECT_EQ(days("2000-02-15T00:00:00Z"), 29);
  EXPECT_EQ(days("2026-04-15T00:00:00Z"), 30);
  EXPECT_EQ(text_of(calendar.month(at("2026-12-31T23:59:59+08:00"))),
            "2026-11-30T16:00:00Z..2026-12-31T16:00:00Z");
}

TEST(Calendar, new_york_has_a_day_of_23_hours) {
  Calendar calendar("America/New_York");
  const Slot day = calendar.day(at("2026-03-08T12:00:00-04:00"));
  EXPECT_EQ(text_of(day), "2026-03-08T05:00:00Z..2026-03-09T04:00:00Z");
  EXPECT_EQ(day.to - day.from, 23 * 3'600);
  // 01:59:59 is followed by 03:00:00.
  EXPECT_EQ(text_of(calendar.hour(at("2026-03-08T06:59:59Z"))),
            "2026-03-08T06:00:00Z..2026-03-08T07:00:00Z");
  EXPECT_EQ(calendar.minute_of_day(at("2026-03-08T06:59:59Z")), 119);
  EXPECT_EQ(calendar.minute_of_day(at("2026-03-08T07:00:00Z")), 180);
}

TEST(Calendar, new_york_has_a_day_of_25_hours) {
  Calendar calendar("America/New_York");
  const Slot day = calendar.day(at("2026-11-01T12:00:00-05:00"));
  EXPECT_EQ(text_of(day), "2026-11-01T04:00:00Z..2026-11-02T05:00:00Z");
  EXPECT_EQ(day.to - day.from, 25 * 3'600);
  // The hour from 01:00 is there twice, each with its own slot.
  EXPECT_EQ(text_of(calendar.hour(at("2026-11-01T05:30:00Z"))),
            "2026-11-01T05:00:00Z..2026-11-01T06:00:00Z");
  EXPECT_EQ(text_of(calendar.hour(at("2026-11-01T06:30:00Z"))),
            "2026-11-01T06:00:00Z..2026-11-01T07:00:00Z");
  EXPECT_EQ(calendar.minute_of_day(at("2026-11-01T05:30:00Z")), 90);
  EXPECT_EQ(calendar.minute_of_day(at("2026-11-01T06:30:00Z")), 90);
}

TEST(Calendar, a_month_with_a_change_of_the_clocks_has_an_hour_more_or_less) {
  Calendar calendar("America/New_York");
  const Slot march = calendar.month(at("2026-03-20T12:00:00Z"));
  EXPECT_EQ(march.to - march.from, 31 * 86'400 - 3'600);
  const Slot november = calendar.month(at("2026-11-20T12:00:00Z"));
  EXPECT_EQ(november.to - november.from, 30 * 86'400 + 3'600);
}

TEST(Calendar, slots_do_not_depend_on_what_was_asked_before) {
  for (const char* const zone : {"Asia/Shanghai", "America/New_York", "Europe/Berlin"}) {
    Calendar used(zone);
    std::int64_t second = at("2026-01-01T00:00:00Z");
    // Steps of 13 hours to and fro, over a year with two changes.
    for (int i = 0; i < 700; ++i) {
      second += i % 3 == 2 ? -40 * 3'600 : 33 * 3'600;
      Calendar fresh(zone);
      ASSERT_EQ(used.day(second), fresh.day(second)) << zone << ' ' << to_rfc3339({second, 0});
      ASSERT_EQ(used.month(second), fresh.month(second)) << zone;
      ASSERT_EQ(used.hour(second), fresh.hour(second)) << zone;
      ASSERT_LE(used.day(second).from, second);
      ASSERT_LT(second, used.day(second).to);
      // The next day begins where this one ends.
      ASSERT_EQ(used.day(used.day(second).to).from, used.day(second).to);
    }
  }
}

/// 1 November 2026 in Havana: at 01:00 the clocks are set back to 00:00.
TEST(Calendar, a_day_begins_when_the_clocks_show_midnight_for_the_first_time) {
  const std::string day = "2026-11-01T04:00:00Z..2026-11-02T05:00:00Z";
  for (const char* const second :
       {"2026-11-01T04:30:00Z", "2026-11-01T05:30:00Z", "2026-11-01T18:00:00Z"}) {
    Calendar calendar("America/Havana");
    EXPECT_EQ(text_of(calendar.day(at(second))), day) << second;
    EXPECT_EQ(text_of(calendar.day(at(second))), day) << second << ", asked again";
  }
}

TEST(Calendar, local_dates_and_back) {
  Calendar calendar("America/New_York");
  const std::int64_t second = at("2028-02-29T23:59:58-05:00");
  const Calendar::Date date = calendar.local(second);
  EXPECT_EQ(date.year, 2028);
  EXPECT_EQ(date.month, 2);
  EXPECT_EQ(date.day, 29);
  EXPECT_EQ(date.second_of_day, 86'398);
  EXPECT_EQ(calendar.at_local(2028, 2, 29, 86'398), second);
  EXPECT_EQ(calendar.at_local(2028, 2, 29), at("2028-02-29T05:00:00Z"));
}

}  // namespace
}  // namespace steelyard::base
