#include "steelyard/charges/duckdb/cost.h"

#include <algorithm>
#include <tuple>

#include "steelyard/base/calendar.h"
#include "steelyard/base/time.h"
#include "steelyard/charges/duckdb/conditions.h"
#include "steelyard/charges/duckdb/dimensions.h"
#include "steelyard/charges/duckdb/hourly.h"
#include "steelyard/charges/duckdb/schema.h"
#include "steelyard/charges/duckdb/table_appender.h"

namespace steelyard::charges::duckdb {
namespace {

constexpr std::size_t steps_max = 10'000;

/// The steps of [from, to) as the times at which they begin, and the end of the last.
Result<std::vector<std::int64_t>> bounds_of(const CostQuery& query) {
  if (!query.filter.from.has_value() || !query.filter.to.has_value()) {
    return failure(ErrorCode::invalid_field, "from and to: both are needed");
  }
  if (!base::is_time_zone(query.zone)) {
    return failure(ErrorCode::invalid_field, "zone: '" + query.zone + "' is unknown");
  }
  const std::int64_t from = microseconds_of(*query.filter.from);
  const std::int64_t to = microseconds_of(*query.filter.to);
  base::Calendar calendar(query.zone);
  std::vector<std::int64_t> bounds;
  for (std::int64_t at = from; at < to;) {
    if (bounds.size() == steps_max) {
      return failure(ErrorCode::invalid_field,
                     "from and to: more than " + std::to_string(steps_max) + " steps");
    }
    bounds.push_back(at);
    const std::int64_t second = rounded_down(at, second_us) / second_us;
    const base::Slot slot = query.step == Step::hour  ? calendar.hour(second)
                            : query.step == Step::day ? calendar.day(second)
                                                      : calendar.month(second);
    at = slot.to * second_us;
  }
  if (!bounds.empty()) bounds.push_back(to);
  return bounds;
}

/// The largest unit of time that no bound between two steps cuts.
std::int64_t unit_of(const std::vector<std::int64_t>& bounds) {
  for (const std::int64_t unit : {hour_us, 900 * second_us, 60 * second_us}) {
    const bool is_whole = std::all_of(bounds.begin() + 1, bounds.end() - 1,
                                      [&](std::int64_t bound) { return bound % unit == 0; });
    if (is_whole) return unit;
  }
  return second_us;
}

bool is_in_rollups(Dimension dimension) {
  return is_of_price(dimension) || dimension == Dimension::account ||
         dimension == Dimension::model || dimension == Dimension::api_key ||
         dimension == Dimension::project;
}

std::string unit_sql(const char* time, std::int64_t unit) {
  const std::string seconds = std::to_string(unit / second_us);
  return "(epoch_us(" + std::string(time) + ") // " + std::to_string(second_us) + " - " +
         "((epoch_us(" + time + ") // " + std::to_string(second_us) + ") % " + seconds + " + " +
         seconds + ") % " + seconds + ")";
}

/// Two levels: first by unit of time and numbers, which makes few rows of many; then by step and
/// by the names that several numbers can have.
std::string cost_sql(const CostQuery& query, const std::string& source,
                     const std::vector<std::int64_t>& bounds, std::int64_t unit) {
  std::string keys;
  std::string groups;
  std::string shown;
  bool needs_price = false;
  for (const Dimension dimension : query.group_by) {
    const std::string name(name_of(dimension));
    if (is_of_price(dimension)) {
      needs_price = true;
      groups += ", p." + name;
      shown += ", p." + name;
    } else {
      keys += ", " + name;
      groups += ", c." + name;
      shown += ", c." + name + "::BIGINT";
    }
  }
  if (needs_price) keys += ", price";
  std::string steps;
  for (std::size_t i = 0; i + 1 < bounds.size(); ++i) {
    const std::int64_t low = rounded_down(bounds[i], unit) / second_us;
    const std::int64_t high = rounded_up(bounds[i + 1], unit) / second_us;
    steps += (i == 0 ? "(" : ",(") + std::to_string(i) + "::BIGINT," + std::to_string(low) +
             "::BIGINT," + std::to_string(high) + "::BIGINT)";
  }
  return "SELECT s.n, c.currency::BIGINT, sum(c.amount), sum(c.quantity), sum(c.lines)::BIGINT" +
         shown + " FROM (SELECT unit, currency" + keys +
         ", sum(amount) AS amount, sum(quantity) AS quantity, sum(lines) AS lines FROM (" + source +
         ") GROUP BY unit, currency" + keys + ") AS c JOIN (VALUES " + steps +
         ") AS s(n, low, high) ON c.unit >= s.low AND c.unit < s.high" +
         (needs_price ? " JOIN price AS p ON p.id = c.price" : "") + " GROUP BY s.n, c.currency" +
         groups;
}

bool stands_before(const CostRow& a, const CostRow& b) {
  return std::tie(a.from, a.groups, a.currency) < std::tie(b.from, b.groups, b.currency);
}

}  // namespace

Result<std::vector<CostRow>> cost_over_time(const Snapshot& snapshot, const Names& names,
                                            const CostQuery& query) {
  STEELYARD_TRY(bounds, bounds_of(query));
  std::vector<CostRow> rows;
  auto conditions = conditions_of(query.filter, names);
  if (!conditions.has_value() || bounds.empty()) return rows;
  if (query.filter.item.has_value()) {
    const std::string prices = prices_of_item(*query.filter.item, names);
    if (prices.empty()) return rows;
    also(*conditions, "price IN (" + prices + ")");
  }

  const std::int64_t from = bounds.front();
  const std::int64_t to = bounds.back();
  const std::int64_t unit = unit_of(bounds);
  const bool has_rollups = unit == hour_us && is_about_rollups(query.filter) &&
                           std::all_of(query.group_by.begin(), query.group_by.end(), is_in_rollups);
  const std::string source =
      has_rollups ? "SELECT *, " + unit_sql("hour", unit) + " AS unit FROM (" +
                        hourly_sql(*conditions, from, to, snapshot.rolled_up) + ")"
                  : "SELECT *, " + unit_sql("time", unit) + " AS unit, 1 AS lines FROM (" +
                        lines_sql() + ") WHERE " + *conditions + " AND time >= " + timestamp(from) +
                        " AND time < " + timestamp(to);
  const bool has_unit = std::find(query.group_by.begin(), query.group_by.end(), Dimension::unit) !=
                        query.group_by.end();
  STEELYARD_PASS(
      for_each_row(snapshot.connection, cost_sql(query, source, bounds, unit), [&](const Row& row) {
        const auto step = static_cast<std::size_t>(row.integer(0));
        CostRow cost;
        cost.from = instant_of(bounds[step]);
        cost.to = instant_of(bounds[step + 1]);
        cost.currency =
            names.of(NameKind::currency).text(static_cast<std::int32_t>(row.integer(1)));
        cost.amount = row.decimal(2);
        if (has_unit) cost.quantity = row.decimal(3);
        cost.count = static_cast<std::uint64_t>(row.integer(4));
        for (idx_t i = 0; i < query.group_by.size(); ++i) {
          const Dimension dimension = query.group_by[i];
          cost.groups.push_back(is_of_price(dimension)
                                    ? std::string(row.text(5 + i))
                                    : names.of(kind_of(dimension))
                                          .text(static_cast<std::int32_t>(row.integer(5 + i))));
        }
        rows.push_back(std::move(cost));
      }));
  std::sort(rows.begin(), rows.end(), stands_before);
  return rows;
}

}  // namespace steelyard::charges::duckdb
