#include "steelyard/api/months.h"

#include <string>

namespace steelyard::api {

const std::string& time_zone(const Services& services) {
  return services.rater().book().versions.back().time_zone;
}

Result<std::int64_t> begin_of_day(const Services& services, std::string_view date) {
  STEELYARD_TRY(instant, base::parse_in_zone(std::string(date), time_zone(services)));
  return instant.seconds;
}

Result<base::Slot> month_of(const Services& services, std::string_view month) {
  STEELYARD_TRY(begin, begin_of_day(services, std::string(month) + "-01"));
  return base::Calendar(time_zone(services)).month(begin);
}

}  // namespace steelyard::api
