#include "steelyard/charges/duckdb/connection.h"

#include <chrono>
#include <string_view>
#include <thread>

#include "steelyard/base/thread.h"

namespace steelyard::charges::duckdb {
namespace {

/// What the bindings and the file format were tested with.
constexpr std::string_view tested_version = "v1.5.6";

void set(const Config& config, const char* name, const std::string& value) {
  STEELYARD_CHECK(duckdb_set_config(config.get(), name, value.c_str()) == DuckDBSuccess);
}

}  // namespace

Result<Database> open_database(const std::string& file, const DatabaseOptions& options) {
  STEELYARD_CHECK(duckdb_library_version() == tested_version);
  Config config;
  STEELYARD_CHECK(duckdb_create_config(config.out()) == DuckDBSuccess);
  set(config, "threads", std::to_string(options.threads));
  set(config, "memory_limit", std::to_string(options.memory_bytes_max) + "B");
  set(config, "storage_compatibility_version", "latest");
  set(config, "autoinstall_known_extensions", "false");
  set(config, "autoload_known_extensions", "false");
  set(config, "allow_community_extensions", "false");
  set(config, "enable_external_access", options.may_touch_files ? "true" : "false");

  // Texts that were sealed are opened for who asks; what does not fit into memory is no place for
  // them.
  set(config, "temp_file_encryption", "true");
  if (options.is_read_only) set(config, "access_mode", "READ_ONLY");

  Database database;
  char* error = nullptr;
  duckdb_state state = DuckDBError;
  // The threads that it starts are to the scheduler as the one that starts them: they write charge
  // rows and answer questions, and give way to those that take usage in.
  std::thread opening([&] {
    base::give_way("duckdb");
    state = duckdb_open_ext(file.empty() ? nullptr : file.c_str(), database.out(), config.get(),
                            &error);
  });
  opening.join();
  if (state == DuckDBSuccess) {
    // The time zone is a setting of an extension, which is there only now.
    STEELYARD_PASS(run(connect(database),
                       "SET GLOBAL TimeZone = 'UTC'; SET GLOBAL lock_configuration = true"));
    return database;
  }
  std::string words = error == nullptr ? "DuckDB can not open " + file : error;
  duckdb_free(error);
  return failure(ErrorCode::store_failed, std::move(words));
}

Connection connect(const Database& database) {
  Connection connection;
  STEELYARD_CHECK(duckdb_connect(database.get(), connection.out()) == DuckDBSuccess);
  return connection;
}

Result<Answer> ask(const Connection& connection, const std::string& sql) {
  Answer answer;
  if (duckdb_query(connection.get(), sql.c_str(), answer.handle()) == DuckDBSuccess) return answer;
  return failure(ErrorCode::store_failed, words_of(duckdb_result_error(answer.handle())));
}

Result<void> run(const Connection& connection, const std::string& sql) {
  STEELYARD_PASS(ask(connection, sql));
  return {};
}

Result<void> run_asleep(const Connection& connection, const char* sql) {
  constexpr std::chrono::microseconds nap{500};
  Statement statement;
  if (duckdb_prepare(connection.get(), sql, statement.out()) != DuckDBSuccess) {
    return failure(ErrorCode::store_failed, words_of(duckdb_prepare_error(statement.get())));
  }
  Pending pending;
  duckdb_pending_state state = DUCKDB_PENDING_ERROR;
  if (duckdb_pending_prepared(statement.get(), pending.out()) == DuckDBSuccess) {
    state = duckdb_pending_execute_task(pending.get());
  }
  while (!duckdb_pending_execution_is_finished(state)) {
    if (state == DUCKDB_PENDING_NO_TASKS_AVAILABLE) std::this_thread::sleep_for(nap);
    state = duckdb_pending_execute_task(pending.get());
  }
  Answer answer;
  if (state != DUCKDB_PENDING_ERROR &&
      duckdb_execute_pending(pending.get(), answer.handle()) == DuckDBSuccess) {
    return {};
  }
  const char* const words = state == DUCKDB_PENDING_ERROR ? duckdb_pending_error(pending.get())
                                                          : duckdb_result_error(answer.handle());
  return failure(ErrorCode::store_failed, words == nullptr ? sql : words);
}

Result<void> for_each_row(const Connection& connection, const std::string& sql,
                          const std::function<void(const Row&)>& visit) {
  STEELYARD_TRY(answer, ask(connection, sql));
  while (true) {
    STEELYARD_TRY(chunk, answer.next());
    if (!chunk.has_value()) return {};
    for (idx_t row = 0; row < chunk->size(); ++row) visit(Row(*chunk, row));
  }
}

}  // namespace steelyard::charges::duckdb
