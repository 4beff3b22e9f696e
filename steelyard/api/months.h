#pragma once

#include <string_view>

#include "steelyard/api/services.h"
#include "steelyard/base/calendar.h"

/// Days and months as bills and invoices have them: those of the price book's time zone.
namespace steelyard::api {

const std::string& time_zone(const Services& services);
/// By the rules of it that are in force.
base::Calendar calendar_of(const Services& services);

/// Where "2026-11-22" begins. Errors: invalid_time.
Result<std::int64_t> begin_of_day(const Services& services, std::string_view date);

/// "2026-11". Errors: invalid_time.
Result<base::Slot> month_of(const Services& services, std::string_view month);

}  // namespace steelyard::api
