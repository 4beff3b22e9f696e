#include "steelyard/api/months.h"

#include <string>

namespace steelyard::api {

const std::string& time_zone(const Services& services) {
  return services.rater().book().versions.back().time_zone;
}

base::Calendar calendar_of(const Services& services) {
  return base::Calendar(services.rater().book().versions.back().rules_of_zone());
}

Result<std::int64_t> begin_of_day(const Services& services, std::string_view date) {
  STEELYARD_TRY(
      instant, base::parse_in_zone(date, *services.rater().book().versions.back().rules_of_zone()));
  return instant.seconds;
}

Result<base::Slot> month_of(const Services& services, std::string_view month) {
  base::Instant first;
  // Of its form and numbers; where it begins, the calendar knows, whatever midnight is like there.
  if (!base::parse_rfc3339(std::string(month) + "-01T00:00:00Z", first)) {
    return failure(ErrorCode::invalid_time,
                   '\'' + std::string(month) + "' is not a month as 2026-10");
  }
  const base::Calendar::Date date = base::Calendar("UTC").local(first.seconds);
  base::Calendar calendar = calendar_of(services);
  return calendar.month(calendar.at_local(date.year, date.month, 1));
}

}  // namespace steelyard::api
