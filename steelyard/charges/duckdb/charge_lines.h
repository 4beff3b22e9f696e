#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/charges/charge_query.h"
#include "steelyard/charges/duckdb/connection.h"
#include "steelyard/charges/duckdb/names.h"

namespace steelyard::charges::duckdb {

/// The lines that a filter asks for.
struct MatchingLines {
  std::uint64_t count = 0;
  std::int64_t first_fact = 0;
  std::int64_t last_fact = 0;
};

/// Errors: store_failed.
[[nodiscard]] Result<MatchingLines> lines_of(const Connection& connection,
                                             const ChargeFilter& filter, const Names& names);

/// SELECTs of export_columns() of these lines, in the order of the log: one for each stretch of
/// facts, because to put all lines in order needs memory for all of them. At least one.
std::vector<std::string> export_sql(const ChargeFilter& filter, const Names& names,
                                    const MatchingLines& lines, std::int64_t facts_each);

}  // namespace steelyard::charges::duckdb
