#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "steelyard/charges/charge_query.h"
#include "steelyard/charges/duckdb/connection.h"
#include "steelyard/charges/duckdb/names.h"

namespace steelyard::charges::duckdb {

/// A SELECT of export_columns() of the lines that a filter asks for, in the order of the log.
std::string export_sql(const ChargeFilter& filter, const Names& names);

/// How many lines it would give. Errors: store_failed.
[[nodiscard]] Result<std::uint64_t> line_count(const Connection& connection,
                                               const ChargeFilter& filter, const Names& names);

}  // namespace steelyard::charges::duckdb
