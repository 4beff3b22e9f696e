#include "steelyard/base/time.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace steelyard::base {
namespace {

std::string read(const char* text) {
  Instant instant;
  return parse_rfc3339(text, instant) ? to_rfc3339(instant) : "refused";
}

TEST(Rfc3339, reads_what_the_standard_allows) {
  EXPECT_EQ(read("2026-11-22T08:00:03Z"), "2026-11-22T08:00:03Z");
  EXPECT_EQ(read("2026-11-22T16:00:03.5+08:00"), "2026-11-22T08:00:03.5Z");
  EXPECT_EQ(read("2026-11-22t08:00:03z"), "2026-11-22T08:00:03Z");
  EXPECT_EQ(read("2026-01-01T00:00:00+23:59"), "2025-12-31T00:01:00Z");
  EXPECT_EQ(read("2026-01-01T00:00:00-00:00"), "2026-01-01T00:00:00Z");
  EXPECT_EQ(read("2024-02-29T12:00:00Z"), "2024-02-29T12:00:00Z");
  EXPECT_EQ(read("2000-02-29T12:00:00Z"), "2000-02-29T12:00:00Z");
  EXPECT_EQ(read("0000-01-01T00:00:00Z"), "0000-01-01T00:00:00Z");
  EXPECT_EQ(read("9999-12-31T23:59:59.999999999Z"), "9999-12-31T23:59:59.999999999Z");
  EXPECT_EQ(read("2026-11-22T08:00:03.1234567891Z"), "2026-11-22T08:00:03.123456789Z");
  EXPECT_EQ(read("1969-12-31T23:59:59.25Z"), "1969-12-31T23:59:59.25Z");
  EXPECT_EQ(read("2039-01-19T03:14:08Z"), "2039-01-19T03:14:08Z");  // Past 32 bits.
  // Leap seconds: RFC 3339, section 5.8.
  EXPECT_EQ(read("1990-12-31T23:59:60Z"), "1991-01-01T00:00:00Z");
  EXPECT_EQ(read("1990-12-31T15:59:60-08:00"), "1991-01-01T00:00:00Z");
}

TEST(Rfc3339, refuses_everything_else) {
  for (const char* text : {"",
                           "2026",
                           "2026-11-22",
                           "2026-11-22T08:00:03",
                           "2026-11-22 08:00:03Z",
                           "2026-11-22T08:00Z",
                           "2026-11-22T24:00:00Z",
                           "2026-11-22T08:60:00Z",
                           "2026-11-22T08:00:61Z",
                           "2026-11-22T08:00:60Z",
                           "2026-02-29T00:00:00Z",
                           "2100-02-29T00:00:00Z",
                           "2026-00-10T00:00:00Z",
                           "2026-13-10T00:00:00Z",
                           "2026-04-31T00:00:00Z",
                           "2026-04-00T00:00:00Z",
                           "2026-11-22T08:00:03.Z",
                           "2026-11-22T08:00:03+08",
                           "2026-11-22T08:00:03+0800",
                           "2026-11-22T08:00:03+24:00",
                           "2026-11-22T08:00:03+08:60",
                           "2026-11-22T08:00:03Z ",
                           " 2026-11-22T08:00:03Z",
                           "+2026-11-22T08:00:03Z",
                           "12026-11-22T08:00:03Z",
                           "2026-1-22T08:00:03Z",
                           "2026-11-22T08:00:03zz",
                           "1763798403"}) {
    EXPECT_EQ(read(text), "refused") << text;
  }
}

// The zone is UTC+8 without daylight saving since 1991; New York springs forward on 2026-03-08.
TEST(Zone, dates_begin_at_midnight_there) {
  const auto at = [](const char* text, const char* zone) {
    const auto instant = parse_in_zone(text, zone);
    return instant.has_value() ? to_rfc3339(*instant) : std::string("refused");
  };
  EXPECT_EQ(at("2026-07-01", "Asia/Shanghai"), "2026-06-30T16:00:00Z");
  EXPECT_EQ(at("2026-07-01T08:30:00", "Asia/Shanghai"), "2026-07-01T00:30:00Z");
  EXPECT_EQ(at("2026-07-01T00:00:00Z", "Asia/Shanghai"), "2026-07-01T00:00:00Z");
  EXPECT_EQ(at("2026-01-01", "America/New_York"), "2026-01-01T05:00:00Z");
  EXPECT_EQ(at("2026-07-01", "America/New_York"), "2026-07-01T04:00:00Z");
  EXPECT_EQ(at("2026-03-08T02:30:00", "America/New_York"), "refused");  // Skipped there.
  EXPECT_EQ(at("2026-11-01T01:30:00", "America/New_York"), "refused");  // Twice there.
  EXPECT_EQ(at("2026-02-30", "UTC"), "refused");
  EXPECT_EQ(at("2026-07-01", "Mars/Olympus"), "refused");
  EXPECT_TRUE(is_time_zone("Asia/Shanghai"));
  EXPECT_FALSE(is_time_zone("Mars/Olympus"));
}

RC_GTEST_PROP(Rfc3339, parse_of_print_is_the_identity,
              (std::uint64_t seconds, std::uint32_t nanos)) {
  constexpr std::int64_t begin = days_from_civil(0, 1, 1) * 86'400;
  constexpr std::int64_t end = days_from_civil(10'000, 1, 1) * 86'400;
  const Instant instant{
      begin + static_cast<std::int64_t>(seconds % static_cast<std::uint64_t>(end - begin)),
      nanos % 1'000'000'000};
  Instant again;
  RC_ASSERT(parse_rfc3339(to_rfc3339(instant), again));
  RC_ASSERT(again == instant);
}

}  // namespace
}  // namespace steelyard::base
