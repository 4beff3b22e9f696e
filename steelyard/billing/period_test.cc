#include "steelyard/billing/period.h"

#include <gtest/gtest.h>

#include <string>

#include "steelyard/base/time.h"

namespace steelyard::billing {
namespace {

using pricebook::PeriodRule;
using Start = PeriodRule::Start;
using End = PeriodRule::End;

/// "from to" of what was bought at a local time, for a number of months.
std::string period(const PeriodRule& rule, const std::string& bought, std::uint32_t months,
                   const std::string& zone = "Asia/Shanghai") {
  base::Calendar calendar(zone);
  const std::int64_t second = base::parse_in_zone(bought, zone).value().seconds;
  return calendar.to_text(period_start(rule, second, calendar)) + ' ' +
         calendar.to_text(period_end(rule, second, months, calendar));
}

// Source: cloud rules, section 4.
TEST(Period, b_sub_1_an_instance_runs_to_the_end_of_the_day_and_renewals_from_there) {
  EXPECT_EQ(period({}, "2019-08-09T13:00:00", 1), "2019-08-09T13:00 2019-09-10T00:00");
  EXPECT_EQ(period({}, "2019-08-09T13:00:00", 2), "2019-08-09T13:00 2019-10-10T00:00");
}

TEST(Period, b_sub_3_a_reserved_instance_begins_at_the_full_hour_and_ends_a_day_later) {
  EXPECT_EQ(period({Start::top_of_hour, End::end_of_day, 1}, "2020-05-01T22:45:00", 12),
            "2020-05-01T22:00 2021-05-03T00:00");
}

TEST(Period, a_day_that_the_month_lacks_is_its_last_and_later_months_return_to_the_anchor) {
  EXPECT_EQ(period({}, "2027-01-31T13:00:00", 1), "2027-01-31T13:00 2027-03-01T00:00");
  EXPECT_EQ(period({}, "2028-01-31T13:00:00", 1), "2028-01-31T13:00 2028-03-01T00:00");
  EXPECT_EQ(period({}, "2028-01-31T13:00:00", 2), "2028-01-31T13:00 2028-04-01T00:00");
  EXPECT_EQ(period({}, "2028-01-31T13:00:00", 3), "2028-01-31T13:00 2028-05-01T00:00");
  EXPECT_EQ(period({}, "2028-02-29T00:00:00", 12), "2028-02-29T00:00 2029-03-01T00:00");
  EXPECT_EQ(period({}, "2028-02-29T00:00:00", 48), "2028-02-29T00:00 2032-03-01T00:00");
}

// Source: cloud rules, section 3: a storage package of the Log Service.
TEST(Period, a_month_may_be_31_days) {
  const PeriodRule days{Start::purchase, End::end_of_day, 0, 31};
  EXPECT_EQ(period(days, "2026-01-15T13:00:00", 1), "2026-01-15T13:00 2026-02-16T00:00");
  EXPECT_EQ(period(days, "2026-02-15T13:00:00", 1), "2026-02-15T13:00 2026-03-19T00:00");
  EXPECT_EQ(period(days, "2026-01-31T13:00:00", 6), "2026-01-31T13:00 2026-08-06T00:00");
  const PeriodRule clock{Start::purchase, End::same_clock_time, 1, 31};
  EXPECT_EQ(period(clock, "2026-01-15T13:00:00", 1), "2026-01-15T13:00 2026-02-16T13:00");
}

TEST(Period, the_year_turns) {
  EXPECT_EQ(period({}, "2026-12-15T08:00:00", 1), "2026-12-15T08:00 2027-01-16T00:00");
  EXPECT_EQ(period({}, "2026-11-30T08:00:00", 1), "2026-11-30T08:00 2026-12-31T00:00");
}

TEST(Period, at_midnight_the_day_is_the_one_that_begins) {
  EXPECT_EQ(period({}, "2026-03-10T00:00:00", 1), "2026-03-10T00:00 2026-04-11T00:00");
  EXPECT_EQ(period({}, "2026-03-09T23:59:59", 1), "2026-03-09T23:59:59 2026-04-10T00:00");
}

TEST(Period, a_plan_may_end_at_the_clock_time_of_its_purchase) {
  const PeriodRule plan{Start::purchase, End::same_clock_time, 0};
  EXPECT_EQ(period(plan, "2026-11-01T10:30:15", 1), "2026-11-01T10:30:15 2026-12-01T10:30:15");
  EXPECT_EQ(period(plan, "2026-01-31T10:00:00", 1), "2026-01-31T10:00 2026-02-28T10:00");
  EXPECT_EQ(period({Start::top_of_hour, End::same_clock_time, 2}, "2026-11-01T10:30:15", 1),
            "2026-11-01T10:00 2026-12-03T10:00");
}

TEST(Period, what_begins_with_the_next_day_has_whole_months) {
  EXPECT_EQ(period({Start::next_midnight, End::end_of_day, 0}, "2026-06-02T15:20:00", 2),
            "2026-06-03T00:00 2026-08-03T00:00");
  EXPECT_EQ(period({Start::next_midnight, End::same_clock_time, 0}, "2026-06-02T15:20:00", 2),
            "2026-06-03T00:00 2026-08-03T00:00");
}

TEST(Period, days_are_local_also_where_clocks_change) {
  EXPECT_EQ(period({}, "2026-02-28T12:00:00", 1, "Europe/Berlin"),
            "2026-02-28T12:00 2026-03-29T00:00");
  // 29 March is 23 hours long.
  EXPECT_EQ(period({}, "2026-02-28T12:00:00", 1, "UTC"), "2026-02-28T12:00 2026-03-29T00:00");
  EXPECT_EQ(
      period({Start::purchase, End::end_of_day, 1}, "2026-02-28T12:00:00", 1, "Europe/Berlin"),
      "2026-02-28T12:00 2026-03-30T00:00");
}

}  // namespace
}  // namespace steelyard::billing
