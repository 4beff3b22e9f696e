#pragma once

#include <optional>
#include <string>

#include "steelyard/base/result.h"
#include "steelyard/charges/charge_query.h"
#include "steelyard/charges/duckdb/answer.h"

namespace steelyard::charges::duckdb {

/// How the values of one column of an answer are read.
struct ColumnReader {
  Column column;
  duckdb_type type{};         ///< In SQL,
  duckdb_type stored_type{};  ///< and of the integers of a DECIMAL.
  int fraction_digits = 0;    ///< Of a DECIMAL.

  /// Exact and in its shortest form; nullopt: NULL.
  std::optional<std::string> text(const Chunk& chunk, idx_t column_index, idx_t row) const;
};

/// Errors: query_is_refused (lists, intervals and other types whose text is nobody's contract:
/// the answer says to cast).
[[nodiscard]] Result<ColumnReader> reader_of(Answer& answer, idx_t column);

}  // namespace steelyard::charges::duckdb
