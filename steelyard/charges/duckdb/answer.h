#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/base/check.h"
#include "steelyard/base/result.h"
#include "steelyard/charges/duckdb/handles.h"
#include "steelyard/money/decimal.h"

namespace steelyard::charges::duckdb {

/// The values of some rows, column by column. Reads them in the form in which they are stored:
/// whoever asks states the types in the SQL.
class Chunk {
 public:
  Chunk() = default;
  explicit Chunk(duckdb_data_chunk chunk);

  idx_t size() const { return size_; }
  duckdb_data_chunk handle() const { return chunk_.get(); }

  bool is_null(idx_t column, idx_t row) const {
    const Column& c = columns_[column];
    return c.validity != nullptr && !duckdb_validity_row_is_valid(c.validity, row);
  }

  template <class T>
  T value(idx_t column, idx_t row) const {
    return static_cast<const T*>(columns_[column].data)[row];
  }

  std::string_view text(idx_t column, idx_t row) const;

  /// Of a column of HUGEINT or DECIMAL with more than 18 digits: the stored integer.
  money::int128 wide(idx_t column, idx_t row) const;

  duckdb_vector vector(idx_t column) const;

 private:
  struct Column {
    const void* data = nullptr;
    std::uint64_t* validity = nullptr;
  };
  DataChunk chunk_;
  idx_t size_ = 0;
  std::vector<Column> columns_;
};

/// One row of a chunk.
class Row {
 public:
  Row(const Chunk& chunk, idx_t row) : chunk_(chunk), row_(row) {}

  bool is_null(idx_t column) const { return chunk_.is_null(column, row_); }
  std::int64_t integer(idx_t column) const { return chunk_.value<std::int64_t>(column, row_); }
  std::string_view text(idx_t column) const { return chunk_.text(column, row_); }

  /// Of a DECIMAL(38,12).
  money::Decimal decimal(idx_t column) const {
    return money::Decimal::from_scaled(chunk_.wide(column, row_));
  }

 private:
  const Chunk& chunk_;
  idx_t row_;
};

/// What a statement answered.
class Answer {
 public:
  Answer() = default;
  ~Answer();
  Answer(Answer&& other) noexcept;
  Answer& operator=(Answer&& other) noexcept;

  duckdb_result* handle() { return &result_; }

  idx_t column_count() { return duckdb_column_count(&result_); }
  std::string column_name(idx_t column) { return duckdb_column_name(&result_, column); }
  LogicalType column_type(idx_t column) {
    return LogicalType(duckdb_column_logical_type(&result_, column));
  }

  /// The next rows; nullopt at the end. Errors: store_failed, in DuckDB's words.
  [[nodiscard]] Result<std::optional<Chunk>> next();

 private:
  duckdb_result result_{};
};

}  // namespace steelyard::charges::duckdb
