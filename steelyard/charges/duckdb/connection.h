#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "steelyard/base/result.h"
#include "steelyard/charges/duckdb/answer.h"
#include "steelyard/charges/duckdb/handles.h"
#include "steelyard/charges/open_text.h"

namespace steelyard::charges::duckdb {

struct DatabaseOptions {
  std::uint32_t threads = 2;
  std::uint64_t memory_bytes_max = std::uint64_t{1} << 30;
  bool may_touch_files = false;  ///< COPY, read_csv and the like. Settings are locked in any case.
  OpenText open_text = {};       ///< What opened() does.
  bool is_read_only = false;     ///< The file is there; others may read it too, nobody may write.
};

/// Opens or creates the file; an empty name is a database in memory. Ends the process where the
/// library is not the version that we were tested with. Errors: store_failed, in DuckDB's words.
[[nodiscard]] Result<Database> open_database(const std::string& file,
                                             const DatabaseOptions& options);

Connection connect(const Database& database);

/// Runs statements whose answer nobody reads. Errors: store_failed, in DuckDB's words.
[[nodiscard]] Result<void> run(const Connection& connection, const std::string& sql);

/// The same of one statement, and sleeps while other threads work on it: `run` keeps looking
/// whether they are ready, which costs as much as their work.
[[nodiscard]] Result<void> run_asleep(const Connection& connection, const char* sql);

/// The answer of one statement, computed when this returns. Errors: store_failed.
[[nodiscard]] Result<Answer> ask(const Connection& connection, const std::string& sql);

/// Asks, and shows every row of the answer.
[[nodiscard]] Result<void> for_each_row(const Connection& connection, const std::string& sql,
                                        const std::function<void(const Row&)>& visit);

}  // namespace steelyard::charges::duckdb
