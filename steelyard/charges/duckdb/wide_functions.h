#pragma once

#include "steelyard/charges/duckdb/connection.h"

namespace steelyard::charges::duckdb {

/// Teaches the database two functions that widen what stands beside a fact to DECIMAL(38,12), as
/// a cast would: wide_quantity of a BIGINT and wide_amount of a DECIMAL(18,12). Neither can fail.
///
/// DuckDB's casts multiply each number with checks of its range, which takes a question over
/// millions of lines more time than everything else that it does.
[[nodiscard]] Result<void> register_wide_functions(const Connection& connection);

}  // namespace steelyard::charges::duckdb
