#include "steelyard/charges/duckdb/charge_lines.h"

#include <algorithm>

#include "steelyard/charges/duckdb/conditions.h"
#include "steelyard/charges/duckdb/schema.h"
#include "steelyard/charges/duckdb/table_appender.h"
#include "steelyard/charges/export_columns.h"

namespace steelyard::charges::duckdb {
namespace {

/// The lines with numbers in place of names.
std::string matching_lines(const ChargeFilter& filter, const Names& names,
                           const std::string& which_facts = "true") {
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
  also(*conditions, which_facts);
  return "SELECT * FROM (" + lines_sql() + ") WHERE " + *conditions;
}

}  // namespace

std::vector<std::string> export_sql(const ChargeFilter& filter, const Names& names,
                                    const MatchingLines& lines, std::int64_t facts_each) {
  std::string columns;
  for (const ExportColumn& each : export_columns()) {
    columns += columns.empty() ? "" : ", ";
    columns += std::string(each.sql) + " AS " + std::string(each.name);
  }
  std::vector<std::string> questions;
  for (std::int64_t from = lines.first_fact; from <= lines.last_fact; from += facts_each) {
    const std::int64_t to = std::min(from + facts_each - 1, lines.last_fact);
    questions.push_back(
        "SELECT " + columns + " FROM (" +
        matching_lines(filter, names,
                       "fact BETWEEN " + std::to_string(from) + " AND " + std::to_string(to)) +
        ") AS f ORDER BY f.fact, f.line");
  }
  return questions;
}

Result<MatchingLines> lines_of(const Connection& connection, const ChargeFilter& filter,
                               const Names& names) {
  MatchingLines lines;
  STEELYARD_PASS(for_each_row(connection,
                              "SELECT count(*), coalesce(min(fact), 0)::BIGINT, "
                              "coalesce(max(fact), 0)::BIGINT FROM (" +
                                  matching_lines(filter, names) + ")",
                              [&](const Row& row) {
                                lines.count = static_cast<std::uint64_t>(row.integer(0));
                                lines.first_fact = row.integer(1);
                                lines.last_fact = row.integer(2);
                              }));
  return lines;
}

}  // namespace steelyard::charges::duckdb
