#pragma once

#include <span>
#include <string_view>

namespace steelyard::charges {

/// A column of exported charge lines, as it is documented. What it holds is said beside it in
/// export_columns.cc and focus.cc.
struct ExportColumn {
  std::string_view name;
  std::string_view meaning;
  std::string_view sql;  ///< Over lines_sql() AS f: see duckdb/schema.h.
};

/// Of CSV and Parquet: a row for each charge line. In this order.
std::span<const ExportColumn> export_columns();

}  // namespace steelyard::charges
