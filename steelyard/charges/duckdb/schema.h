#pragma once

#include <cstdint>
#include <string>

namespace steelyard::charges::duckdb {

/// Another number: the tables or views are others, and an older file is set aside.
inline constexpr std::int64_t layout_version = 5;

/// Lines of a call beside the fact itself: whole quantities, amounts below a million. All other
/// lines stand in a table of their own.
inline constexpr int call_lines_max = 3;
inline constexpr std::int64_t call_amount_below = 1'000'000;

/// The statements that make an empty file a store:
///
///   layout        which layout this is
///   progress      one row: the position reached, facts written, facts rolled up
///   KIND_name     id and text of every tenant, account, model, …
///   price         item, tier, unit, price, per of every line
///   book          name and version of the price books
///   fact          one row a fact, with up to three lines of a call beside it
///   line          lines that do not fit beside their fact
///   rollup        lines of a contiguous beginning of `fact`, added up by hour
///
/// and for people, with names written out by name_functions.h and prices by a join:
///
///   charges       one row a line
///   facts         one row a fact
///   hours         charges added up by hour
std::string schema_sql();

/// A SELECT of all lines with numbers in place of names. Columns: fact (its number), line,
/// quantity, amount, price and what `fact` has of the fact. Conditions around it reach the scans.
std::string lines_sql();

/// Lines added up as `rollup` has them. `conditions` restricts lines_sql: "fact > 7".
std::string added_up_sql(const std::string& conditions);

}  // namespace steelyard::charges::duckdb
