#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/base/time.h"
#include "steelyard/charges/duckdb/handles.h"
#include "steelyard/money/decimal.h"

namespace steelyard::charges::duckdb {

/// Microseconds since 1970, rounded down: what a TIMESTAMP holds.
std::int64_t microseconds_of(base::Instant instant);
base::Instant instant_of(std::int64_t microseconds);

/// Appends rows to a table, a vector of 2,048 at a time. Rows are written left to right.
class TableAppender {
 public:
  /// Errors: store_failed.
  [[nodiscard]] static Result<TableAppender> open(const Connection& connection, const char* table);

  template <class T>
  void put(T value) {
    static_cast<T*>(data_[column_++])[row_] = value;
  }
  void put_decimal(money::Decimal number);  ///< Into a DECIMAL(38,12).
  void put_text(std::string_view text);
  void put_time(base::Instant instant) { put(microseconds_of(instant)); }
  void put_null();

  /// Requires: every column was put. Errors: store_failed.
  [[nodiscard]] Result<void> end_row();

  /// Errors: store_failed.
  [[nodiscard]] Result<void> finish();

 private:
  TableAppender() = default;
  void take_vectors();
  [[nodiscard]] Result<void> append_chunk();

  Appender appender_;
  DataChunk chunk_;
  std::vector<duckdb_vector> vectors_;
  std::vector<void*> data_;
  idx_t column_ = 0;
  idx_t row_ = 0;
};

}  // namespace steelyard::charges::duckdb
