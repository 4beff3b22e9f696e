#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "steelyard/base/time.h"
#include "steelyard/charges/charge_query.h"
#include "steelyard/charges/duckdb/names.h"

namespace steelyard::charges::duckdb {

/// 'text' in SQL. Requires: no NUL.
std::string sql_text(std::string_view text);

/// A TIMESTAMP in SQL.
std::string timestamp(std::int64_t microseconds);

/// Joins conditions with AND.
void also(std::string& conditions, const std::string& condition);

/// The filter without its times and its item, as a condition over numbers: "tenant = 3 AND
/// model = 7". nullopt: it names something that the store has never seen, so nothing matches.
std::optional<std::string> conditions_of(const ChargeFilter& filter, const Names& names);

/// Whether the filter asks only for what roll-ups keep.
bool is_about_rollups(const ChargeFilter& filter);

/// "7,9": all prices of an item. Empty: there are none.
std::string prices_of_item(std::string_view item, const Names& names);

}  // namespace steelyard::charges::duckdb
