#include "steelyard/base/calendar.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <limits>

namespace steelyard::base {
namespace {

constexpr std::int64_t day_seconds = 86'400;

constexpr std::int64_t floor_to(std::int64_t value, std::int64_t step) {
  const std::int64_t rest = value % step;
  return value - (rest < 0 ? rest + step : rest);
}

}  // namespace

std::int64_t Calendar::offset_at(std::int64_t second) {
  if (second < offset_from_ || second >= offset_to_) [[unlikely]]
    find_offset(second);
  return offset_;
}

void Calendar::find_offset(std::int64_t second) {
  const auto& stretches = rules_->stretches;
  const std::size_t index = rules_->index_at(second);
  offset_ = stretches[index].offset;
  offset_from_ = index == 0 ? std::numeric_limits<std::int64_t>::min() : stretches[index].from;
  offset_to_ = index + 1 < stretches.size() ? stretches[index + 1].from
                                            : std::numeric_limits<std::int64_t>::max();
  const std::int64_t set_back = index == 0 ? 0 : stretches[index - 1].offset - offset_;
  first_from_ = offset_from_ + std::max<std::int64_t>(set_back, 0);
}

std::int64_t Calendar::second_of(std::int64_t local) {
  const std::int64_t near = local - offset_at(local - offset_);
  if (near >= first_from_ && near < offset_to_) [[likely]]
    return near;
  return rules_->second_of(local);
}

Slot Calendar::minute(std::int64_t second) {
  const std::int64_t offset = offset_at(second);
  const std::int64_t from = floor_to(second + offset, 60) - offset;
  return {from, from + 60};
}

Slot Calendar::hour(std::int64_t second) {
  const std::int64_t offset = offset_at(second);
  const std::int64_t from = floor_to(second + offset, 3'600) - offset;
  return {from, from + 3'600};
}

Slot Calendar::day(std::int64_t second) {
  const std::int64_t local = floor_to(second + offset_at(second), day_seconds);
  const Slot day{local - offset_, local - offset_ + day_seconds};
  if (day.from >= first_from_ && day.to < offset_to_) [[likely]]
    return day;
  return {second_of(local), second_of(local + day_seconds)};
}

Slot Calendar::month(std::int64_t second) {
  const Date date = local(second);
  const bool is_last = date.month == 12;
  return {at_local(date.year, date.month, 1),
          at_local(is_last ? date.year + 1 : date.year, is_last ? 1 : date.month + 1, 1)};
}

int Calendar::minute_of_day(std::int64_t second) {
  const std::int64_t local = second + offset_at(second);
  return static_cast<int>((local - floor_to(local, day_seconds)) / 60);
}

std::int64_t Calendar::at_local(int year, int month, int day, int second_of_day) {
  return second_of(days_from_civil(year, month, day) * day_seconds + second_of_day);
}

Calendar::Date Calendar::local(std::int64_t second) {
  const std::int64_t local = second + offset_at(second);
  const std::int64_t midnight = floor_to(local, day_seconds);
  const std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::days(midnight / day_seconds))};
  return {static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())), static_cast<int>(local - midnight)};
}

std::string Calendar::to_text(std::int64_t second) {
  const Date date = local(second);
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d", date.year, date.month,
                date.day, date.second_of_day / 3'600, date.second_of_day / 60 % 60);
  std::string result = text.data();
  if (date.second_of_day % 60 != 0) {
    std::snprintf(text.data(), text.size(), ":%02d", date.second_of_day % 60);
    result += text.data();
  }
  return result;
}

}  // namespace steelyard::base
