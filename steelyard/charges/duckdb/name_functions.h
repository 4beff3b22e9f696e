#pragma once

#include "steelyard/charges/duckdb/connection.h"
#include "steelyard/charges/duckdb/names.h"

namespace steelyard::charges::duckdb {

/// Teaches the database functions that turn a number of ours into what it stands for:
/// tenant_name(3) and so on for each kind, book_name, book_version, price_item, price_tier,
/// price_unit, price_amount, price_per, price_list_amount. Number 0 gives NULL.
///
/// The views use them in place of joins: DuckDB leaves out what is not asked for, and groups by
/// the few texts of a dictionary, not by those of millions of rows. `names` outlives the database.
[[nodiscard]] Result<void> register_name_functions(const Connection& connection,
                                                   const Names& names);

}  // namespace steelyard::charges::duckdb
