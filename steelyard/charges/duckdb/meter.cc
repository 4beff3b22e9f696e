#include "steelyard/charges/duckdb/meter.h"

#include <algorithm>
#include <map>
#include <utility>

#include "steelyard/base/calendar.h"
#include "steelyard/charges/duckdb/conditions.h"
#include "steelyard/charges/duckdb/dimensions.h"
#include "steelyard/charges/duckdb/hourly.h"
#include "steelyard/charges/duckdb/schema.h"
#include "steelyard/charges/duckdb/table_appender.h"

namespace steelyard::charges::duckdb {
namespace {

constexpr std::size_t windows_max = 10'000;
constexpr std::int64_t minute_us = 60 * second_us;

std::string text_of(const PriceRow& row, Dimension dimension) {
  if (dimension == Dimension::item) return row.item;
  return dimension == Dimension::tier ? row.tier : row.unit;
}

std::string text_of(const Names& names, Dimension dimension, std::int32_t number) {
  return is_of_price(dimension) ? text_of(names.prices.row(number), dimension)
                                : names.of(kind_of(dimension)).text(number);
}

std::string column_of(Dimension dimension) {
  return is_of_price(dimension) ? "price" : std::string(name_of(dimension));
}

/// "7,9": what has one of the texts; -1, which nothing has, stands for none.
std::string numbers_of(const DimensionFilter& filter, const Names& names) {
  std::string list = "-1";
  const auto add = [&](std::int32_t number) { list += ',' + std::to_string(number); };
  if (!is_of_price(filter.dimension)) {
    for (const std::string& text : filter.texts) {
      const auto number = names.of(kind_of(filter.dimension)).find(text);
      if (number.has_value()) add(*number);
    }
    return list;
  }
  for (std::int32_t number = 1; number <= names.prices.size(); ++number) {
    const std::string text = text_of(names.prices.row(number), filter.dimension);
    if (std::ranges::find(filter.texts, text) != filter.texts.end()) add(number);
  }
  return list;
}

/// nullopt: nothing can match.
std::optional<std::string> conditions_of(const MeterQuery& query, const Names& names) {
  const auto tenant = names.of(NameKind::tenant).find(query.tenant);
  if (!tenant.has_value()) return std::nullopt;
  std::string conditions = "tenant = " + std::to_string(*tenant);
  for (const DimensionFilter& each : query.filters) {
    also(conditions, column_of(each.dimension) + (each.is_excluding ? " NOT IN (" : " IN (") +
                         numbers_of(each, names) + ")");
  }
  // What was charged late came twice.
  if (query.measure == Measure::facts) also(conditions, "corrects = 0");
  if (query.from.has_value()) {
    also(conditions, "time >= " + timestamp(microseconds_of(*query.from)));
  }
  if (query.to.has_value()) also(conditions, "time < " + timestamp(microseconds_of(*query.to)));
  return conditions;
}

std::string source_of(const MeterQuery& query) {
  return query.measure == Measure::facts ? "fact" : "(" + lines_sql() + ")";
}

/// [from, to) in microseconds.
struct Span {
  std::int64_t from = 0;
  std::int64_t to = 0;
};

base::Slot slot_of(base::Calendar& calendar, WindowSize window, std::int64_t second) {
  switch (window) {
    case WindowSize::hour: return calendar.hour(second);
    case WindowSize::day: return calendar.day(second);
    case WindowSize::month: return calendar.month(second);
    default: return calendar.minute(second);
  }
}

std::int64_t second_of(std::int64_t micros) { return rounded_down(micros, second_us) / second_us; }

/// What the query asks about, or else where something is; nullopt: nowhere.
Result<std::optional<Span>> span_of(const Snapshot& snapshot, const MeterQuery& query,
                                    const std::string& conditions, base::Calendar& calendar) {
  Span span;
  bool is_empty = false;
  if (!query.from.has_value() || !query.to.has_value()) {
    STEELYARD_PASS(for_each_row(
        snapshot.connection,
        "SELECT epoch_us(min(time)), epoch_us(max(time)) FROM " + source_of(query) + " WHERE " +
            conditions,
        [&](const Row& row) {
          is_empty = row.is_null(0);
          if (is_empty) return;
          span.from = slot_of(calendar, query.window, second_of(row.integer(0))).from * second_us;
          span.to = slot_of(calendar, query.window, second_of(row.integer(1))).to * second_us;
        }));
  }
  if (is_empty) return std::nullopt;
  if (query.from.has_value()) span.from = microseconds_of(*query.from);
  if (query.to.has_value()) span.to = microseconds_of(*query.to);
  if (span.from >= span.to) return std::nullopt;
  return span;
}

/// Where windows begin, and the end of the last.
Result<std::vector<std::int64_t>> bounds_of(const MeterQuery& query, Span span,
                                            base::Calendar& calendar) {
  std::vector<std::int64_t> bounds = {span.from};
  if (query.window == WindowSize::all) return std::vector{span.from, span.to};
  while (bounds.back() < span.to) {
    if (bounds.size() > windows_max) {
      return failure(ErrorCode::invalid_field,
                     "from and to: more than " + std::to_string(windows_max) + " windows");
    }
    const std::int64_t end =
        slot_of(calendar, query.window, second_of(bounds.back())).to * second_us;
    bounds.push_back(std::min(end, span.to));
  }
  return bounds;
}

/// The largest unit of time that no bound between two windows cuts.
std::int64_t unit_of(const std::vector<std::int64_t>& bounds) {
  for (const std::int64_t unit : {hour_us, minute_us}) {
    const bool is_whole = std::all_of(bounds.begin() + 1, bounds.end() - 1,
                                      [&](std::int64_t bound) { return bound % unit == 0; });
    if (is_whole) return unit;
  }
  return second_us;
}

/// By unit of time and numbers: unit, value, then a column for each that is grouped by.
std::string sums_sql(const MeterQuery& query, const std::string& conditions, std::int64_t unit) {
  std::string groups;
  for (const Dimension each : query.group_by) groups += ", " + column_of(each) + "::BIGINT";
  std::string keys = "1";
  for (std::size_t i = 0; i < query.group_by.size(); ++i) keys += ',' + std::to_string(3 + i);
  const char* const value = query.measure == Measure::facts      ? "count(*)::DECIMAL(38,12)"
                            : query.measure == Measure::quantity ? "sum(quantity)"
                                                                 : "sum(amount)";
  return "SELECT (epoch_us(time) // " + std::to_string(unit) + ")::BIGINT, " + value + groups +
         " FROM " + source_of(query) + " WHERE " + conditions + " GROUP BY " + keys;
}

}  // namespace

Result<std::vector<MeterRow>> metered(const Snapshot& snapshot, const Names& names,
                                      const MeterQuery& query) {
  if (!base::is_time_zone(query.zone)) {
    return failure(ErrorCode::invalid_field, "zone: '" + query.zone + "' is unknown");
  }
  std::vector<MeterRow> rows;
  const auto conditions = conditions_of(query, names);
  if (!conditions.has_value()) return rows;
  base::Calendar calendar(query.zone);
  STEELYARD_TRY(span, span_of(snapshot, query, *conditions, calendar));
  if (!span.has_value()) return rows;
  STEELYARD_TRY(bounds, bounds_of(query, *span, calendar));
  const std::int64_t unit = unit_of(bounds);

  bool is_too_large = false;
  std::map<std::pair<std::size_t, std::vector<std::string>>, money::Decimal> values;
  STEELYARD_PASS(
      for_each_row(snapshot.connection, sums_sql(query, *conditions, unit), [&](const Row& row) {
        // A unit that a bound of the query itself cuts begins before the first window.
        const std::int64_t at = std::max(row.integer(0) * unit, bounds.front());
        const auto window = static_cast<std::size_t>(
            std::upper_bound(bounds.begin(), bounds.end() - 1, at) - bounds.begin() - 1);
        std::vector<std::string> groups;
        for (idx_t i = 0; i < query.group_by.size(); ++i) {
          groups.push_back(
              text_of(names, query.group_by[i], static_cast<std::int32_t>(row.integer(2 + i))));
        }
        money::Decimal& value = values[{window, std::move(groups)}];
        money::int128 sum = 0;
        is_too_large |= __builtin_add_overflow(value.scaled(), row.decimal(1).scaled(), &sum);
        value = money::Decimal::from_scaled(sum);
      }));
  if (is_too_large) return failure(ErrorCode::decimal_exceeds_limit, "a sum is above 10^26");
  for (auto& [key, value] : values) {
    rows.push_back(
        {instant_of(bounds[key.first]), instant_of(bounds[key.first + 1]), key.second, value});
  }
  return rows;
}

}  // namespace steelyard::charges::duckdb
