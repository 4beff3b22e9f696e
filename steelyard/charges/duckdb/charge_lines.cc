#include "steelyard/charges/duckdb/charge_lines.h"

#include "steelyard/charges/duckdb/conditions.h"
#include "steelyard/charges/duckdb/schema.h"
#include "steelyard/charges/duckdb/table_appender.h"
#include "steelyard/charges/export_columns.h"

namespace steelyard::charges::duckdb {
namespace {

/// The lines with numbers in place of names.
std::string matching_lines(const ChargeFilter& filter, const Names& names) {
  auto conditions = conditions_of(filter, names);
  const std::string prices = filter.item.has_value() ? prices_of_item(*filter.item, names) : "";
  const bool nothing_matches = !conditions.has_value() || (filter.item && prices.empty());
  if (nothing_matches) return "SELECT * FROM (" + lines_sql() + ") WHERE false";
  if (!prices.empty()) also(*conditions, "price IN (" + prices + ")");
  if (filter.from.has_value()) {
    also(*conditions, "time >= " + timestamp(microseconds_of(*filter.from)));
  }
  if (filter.to.has_value()) {
    also(*conditions, "time < " + timestamp(microseconds_of(*filter.to)));
  }
  return "SELECT * FROM (" + lines_sql() + ") WHERE " + *conditions;
}

}  // namespace

std::string export_sql(const ChargeFilter& filter, const Names& names) {
  std::string columns;
  for (const ExportColumn& each : export_columns()) {
    columns += columns.empty() ? "" : ", ";
    columns += std::string(each.sql) + " AS " + std::string(each.name);
  }
  return "SELECT " + columns + " FROM (" + matching_lines(filter, names) +
         ") AS f ORDER BY f.fact, f.line";
}

Result<std::uint64_t> line_count(const Connection& connection, const ChargeFilter& filter,
                                 const Names& names) {
  std::uint64_t count = 0;
  STEELYARD_PASS(
      for_each_row(connection, "SELECT count(*) FROM (" + matching_lines(filter, names) + ")",
                   [&](const Row& row) { count = static_cast<std::uint64_t>(row.integer(0)); }));
  return count;
}

}  // namespace steelyard::charges::duckdb
