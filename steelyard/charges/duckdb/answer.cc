#include "steelyard/charges/duckdb/answer.h"

namespace steelyard::charges::duckdb {

Chunk::Chunk(duckdb_data_chunk chunk)
    : chunk_(chunk),
      size_(duckdb_data_chunk_get_size(chunk)),
      columns_(duckdb_data_chunk_get_column_count(chunk)) {
  for (idx_t i = 0; i < columns_.size(); ++i) {
    const duckdb_vector values = vector(i);
    columns_[i] = {duckdb_vector_get_data(values), duckdb_vector_get_validity(values)};
  }
}

duckdb_vector Chunk::vector(idx_t column) const {
  return duckdb_data_chunk_get_vector(chunk_.get(), column);
}

std::string_view Chunk::text(idx_t column, idx_t row) const {
  auto* texts = static_cast<duckdb_string_t*>(const_cast<void*>(columns_[column].data));
  return {duckdb_string_t_data(&texts[row]), duckdb_string_t_length(texts[row])};
}

money::int128 Chunk::wide(idx_t column, idx_t row) const {
  const auto number = value<duckdb_hugeint>(column, row);
  return (static_cast<money::int128>(number.upper) << 64) | number.lower;
}

Answer::~Answer() { duckdb_destroy_result(&result_); }

Answer::Answer(Answer&& other) noexcept : result_(std::exchange(other.result_, {})) {}

Answer& Answer::operator=(Answer&& other) noexcept {
  if (this == &other) return *this;
  duckdb_destroy_result(&result_);
  result_ = std::exchange(other.result_, {});
  return *this;
}

Result<std::optional<Chunk>> Answer::next() {
  const duckdb_data_chunk chunk = duckdb_fetch_chunk(result_);
  if (chunk != nullptr) {
    if (duckdb_data_chunk_get_size(chunk) > 0) return std::optional(Chunk(chunk));
    DataChunk empty(chunk);
  }
  const char* const error = duckdb_result_error(&result_);
  if (error != nullptr) return failure(ErrorCode::store_failed, error);
  return std::nullopt;
}

}  // namespace steelyard::charges::duckdb
