#pragma once

#include <duckdb.h>

#include <string>
#include <utility>

namespace steelyard::charges::duckdb {

/// Owns a handle of the C interface and gives it back with the interface's own function.
template <class Handle, auto give_back>
class Owned {
 public:
  Owned() = default;
  explicit Owned(Handle handle) : handle_(handle) {}
  ~Owned() { reset(); }
  Owned(Owned&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Owned& operator=(Owned&& other) noexcept {
    if (this == &other) return *this;
    reset();
    handle_ = std::exchange(other.handle_, nullptr);
    return *this;
  }

  Handle get() const { return handle_; }
  explicit operator bool() const { return handle_ != nullptr; }

  /// For a function that fills it. Requires: it is empty.
  Handle* out() { return &handle_; }

  void reset() {
    if (handle_ != nullptr) give_back(&handle_);
    handle_ = nullptr;
  }

 private:
  Handle handle_ = nullptr;
};

/// What the interface says of a failure. It says nothing where there was no memory for its words.
inline std::string words_of(const char* error) {
  return error == nullptr ? "DuckDB failed and does not say why: mostly, there is no memory"
                          : error;
}

using Database = Owned<duckdb_database, &duckdb_close>;
using Connection = Owned<duckdb_connection, &duckdb_disconnect>;
using Config = Owned<duckdb_config, &duckdb_destroy_config>;
using Statements = Owned<duckdb_extracted_statements, &duckdb_destroy_extracted>;
using Statement = Owned<duckdb_prepared_statement, &duckdb_destroy_prepare>;
using Pending = Owned<duckdb_pending_result, &duckdb_destroy_pending>;
using Appender = Owned<duckdb_appender, &duckdb_appender_destroy>;
using DataChunk = Owned<duckdb_data_chunk, &duckdb_destroy_data_chunk>;
using LogicalType = Owned<duckdb_logical_type, &duckdb_destroy_logical_type>;

}  // namespace steelyard::charges::duckdb
