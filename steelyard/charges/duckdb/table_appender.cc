#include "steelyard/charges/duckdb/table_appender.h"

#include <string>

#include "steelyard/base/check.h"

namespace steelyard::charges::duckdb {
namespace {

std::unexpected<Error> refused(const Appender& appender) {
  const duckdb_error_data error = duckdb_appender_error_data(appender.get());
  const char* const message = duckdb_error_data_message(error);
  std::string words = message != nullptr ? message : "there is no memory";
  duckdb_error_data owned = error;
  duckdb_destroy_error_data(&owned);
  return failure(ErrorCode::store_failed, std::move(words));
}

}  // namespace

std::int64_t microseconds_of(base::Instant instant) {
  return instant.seconds * 1'000'000 + instant.nanoseconds / 1'000;
}

base::Instant instant_of(std::int64_t microseconds) {
  std::int64_t seconds = microseconds / 1'000'000;
  std::int64_t rest = microseconds % 1'000'000;
  if (rest < 0) {
    --seconds;
    rest += 1'000'000;
  }
  return {seconds, static_cast<std::uint32_t>(rest * 1'000)};
}

Result<TableAppender> TableAppender::open(const Connection& connection, const char* table) {
  TableAppender to;
  const duckdb_state state =
      duckdb_appender_create(connection.get(), nullptr, table, to.appender_.out());
  if (state != DuckDBSuccess) return refused(to.appender_);
  const idx_t count = duckdb_appender_column_count(to.appender_.get());
  std::vector<LogicalType> types;
  std::vector<duckdb_logical_type> handles;
  for (idx_t i = 0; i < count; ++i) {
    types.emplace_back(duckdb_appender_column_type(to.appender_.get(), i));
    handles.push_back(types.back().get());
  }
  to.chunk_ = DataChunk(duckdb_create_data_chunk(handles.data(), count));
  if (to.chunk_.get() == nullptr) {
    return failure(ErrorCode::store_failed, "there is no memory for a part of a table");
  }
  to.vectors_.resize(count);
  to.data_.resize(count);
  to.take_vectors();
  return to;
}

void TableAppender::take_vectors() {
  for (idx_t i = 0; i < vectors_.size(); ++i) {
    vectors_[i] = duckdb_data_chunk_get_vector(chunk_.get(), i);
    data_[i] = duckdb_vector_get_data(vectors_[i]);
  }
}

void TableAppender::put_decimal(money::Decimal number) {
  const money::int128 scaled = number.scaled();
  put(duckdb_hugeint{static_cast<std::uint64_t>(scaled), static_cast<std::int64_t>(scaled >> 64)});
}

void TableAppender::put_text(std::string_view text) {
  duckdb_vector_assign_string_element_len(vectors_[column_++], row_, text.data(), text.size());
}

void TableAppender::put_null() {
  duckdb_vector_ensure_validity_writable(vectors_[column_]);
  duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vectors_[column_]), row_);
  ++column_;
}

Result<void> TableAppender::end_row() {
  STEELYARD_CHECK(column_ == vectors_.size());
  column_ = 0;
  if (++row_ == duckdb_vector_size()) return append_chunk();
  return {};
}

Result<void> TableAppender::append_chunk() {
  if (row_ == 0) return {};
  duckdb_data_chunk_set_size(chunk_.get(), row_);
  if (duckdb_append_data_chunk(appender_.get(), chunk_.get()) != DuckDBSuccess) {
    return refused(appender_);
  }
  duckdb_data_chunk_reset(chunk_.get());
  take_vectors();
  row_ = 0;
  return {};
}

Result<void> TableAppender::finish() {
  STEELYARD_CHECK(column_ == 0);
  STEELYARD_PASS(append_chunk());
  if (duckdb_appender_close(appender_.get()) != DuckDBSuccess) return refused(appender_);
  return {};
}

}  // namespace steelyard::charges::duckdb
