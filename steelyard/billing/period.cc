#include "steelyard/billing/period.h"

#include <algorithm>

namespace steelyard::billing {
namespace {

using pricebook::PeriodRule;

base::Calendar::Date months_later(base::Calendar::Date date, std::uint32_t months) {
  const int count = date.year * 12 + date.month - 1 + static_cast<int>(months);
  date.year = count / 12;
  date.month = count % 12 + 1;
  date.day = std::min(date.day, base::days_in_month(date.year, date.month));
  return date;
}

}  // namespace

std::int64_t period_start(const PeriodRule& rule, std::int64_t bought, base::Calendar& calendar) {
  switch (rule.start) {
    case PeriodRule::Start::purchase: return bought;
    case PeriodRule::Start::top_of_hour: return calendar.hour(bought).from;
    case PeriodRule::Start::next_midnight: return calendar.day(bought).to;
  }
  return bought;
}

std::int64_t period_end(const PeriodRule& rule, std::int64_t bought, std::uint32_t months,
                        base::Calendar& calendar) {
  const bool is_end_of_day = rule.end == PeriodRule::End::end_of_day;
  const base::Calendar::Date anchor =
      calendar.local(is_end_of_day ? bought : period_start(rule, bought, calendar));
  const bool has_own_months = rule.month_days > 0;
  const base::Calendar::Date date = has_own_months ? anchor : months_later(anchor, months);
  std::int64_t day = calendar.at_local(date.year, date.month, date.day);
  const std::int64_t days = rule.extra_days + (is_end_of_day ? 1 : 0) +
                            (has_own_months ? std::int64_t{rule.month_days} * months : 0);
  for (std::int64_t i = 0; i < days; ++i) day = calendar.day(day).to;
  if (is_end_of_day) return day;
  const base::Calendar::Date last = calendar.local(day);
  return calendar.at_local(last.year, last.month, last.day, anchor.second_of_day);
}

}  // namespace steelyard::billing
