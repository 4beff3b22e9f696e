#pragma once

#include <cstdint>

#include "steelyard/base/calendar.h"
#include "steelyard/pricebook/product.h"

/// What is bought instead of used: subscriptions and plans, their periods, prices and refunds.
namespace steelyard::billing {

/// When something begins that was bought at a second.
std::int64_t period_start(const pricebook::PeriodRule& rule, std::int64_t bought,
                          base::Calendar& calendar);

/// When it ends, which is the first second behind it.
///
/// end_of_day       24:00 of the day of purchase plus `months` calendar months
/// same_clock_time  the start plus `months` calendar months
///
/// With `month_days`, a month is that many days: of 31, one of 15 January ends on 15 February.
/// Else a day that the month lacks is the month's last. Months are always counted from the first
/// purchase, so an end that a short month has moved returns to its day: a subscription of
/// 31 January, renewed month by month, ends on the last of February and on 31 March.
/// Requires: months <= 12,000. Source: cloud rules, section 4: B-SUB-1, B-SUB-3.
std::int64_t period_end(const pricebook::PeriodRule& rule, std::int64_t bought,
                        std::uint32_t months, base::Calendar& calendar);

}  // namespace steelyard::billing
