#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "steelyard/base/result.h"

namespace steelyard::base {

struct ZoneRules;

/// A point on the UTC time line, without leap seconds, to the nanosecond.
struct Instant {
  std::int64_t seconds = 0;       ///< Since 1970-01-01T00:00:00Z; negative before.
  std::uint32_t nanoseconds = 0;  ///< 0 to 999,999,999, added to `seconds`.

  constexpr auto operator<=>(const Instant&) const = default;
};

/// Days from 1970-01-01 to the day of the proleptic Gregorian calendar.
/// Requires: 1 <= month <= 12, 1 <= day <= 31.
constexpr std::int64_t days_from_civil(int year, int month, int day) {
  // Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
  const int y = year - (month <= 2 ? 1 : 0);
  const int era = (y >= 0 ? y : y - 399) / 400;
  const int year_of_era = y - era * 400;
  const int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return std::int64_t{era} * 146'097 + day_of_era - 719'468;
}

/// Days in the month: 29 for February 2024. Requires: 1 <= month <= 12.
constexpr int days_in_month(int year, int month) {
  if (month == 2) return (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/// Reads an RFC 3339 time: "2026-11-22T08:00:03Z", "2026-11-22T16:00:03.5+08:00".
/// A second of 60 is read where a leap second can stand (the last second of a month in
/// UTC) and is the instant that follows it. Digits past the ninth are not kept.
/// Returns false, and leaves `instant` alone, for everything else. Allocates nothing.
[[nodiscard]] bool parse_rfc3339(std::string_view text, Instant& instant);

/// "2026-11-22T08:00:03Z"; the fraction in its shortest form.
std::string to_rfc3339(Instant instant);

/// The instant at which a civil date or time begins in a zone of the IANA database:
/// "2026-07-01" and "2026-07-01T08:30:00" in "Asia/Shanghai". RFC 3339 times are taken
/// as they stand. Errors: invalid_time (also: a time that the zone skips, or an unknown
/// zone), with the text.
[[nodiscard]] Result<Instant> parse_in_zone(std::string_view text, const std::string& zone);

/// The same by rules of a zone; a time that it skips or has twice is the first instant at which the
/// clocks are so late. Errors: invalid_time.
[[nodiscard]] Result<Instant> parse_in_zone(std::string_view text, const ZoneRules& rules);

/// Whether the IANA database knows the zone.
bool is_time_zone(const std::string& zone);

}  // namespace steelyard::base
