#pragma once

#include <cstdint>
#include <string>

namespace steelyard::charges::duckdb {

/// Lines of the times [from, to), in microseconds, as `rollup` has them: roll-ups of whole hours,
/// and, where there is none (cut hours, facts behind the roll-ups), lines added up.
/// `conditions` is over the columns of `rollup` but hour.
std::string hourly_sql(const std::string& conditions, std::int64_t from, std::int64_t to,
                       std::int64_t rolled_up);

/// Whole multiples of a unit, at or before and at or behind a time.
std::int64_t rounded_down(std::int64_t time, std::int64_t unit);
std::int64_t rounded_up(std::int64_t time, std::int64_t unit);

inline constexpr std::int64_t second_us = 1'000'000;
inline constexpr std::int64_t hour_us = 3'600 * second_us;

}  // namespace steelyard::charges::duckdb
