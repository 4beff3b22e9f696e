#include "steelyard/charges/duckdb/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

#include "steelyard/charges/duckdb/name_functions.h"
#include "steelyard/charges/duckdb/opened_function.h"
#include "steelyard/charges/duckdb/schema.h"
#include "steelyard/charges/duckdb/wide_functions.h"

namespace steelyard::charges::duckdb {
namespace {

namespace fs = std::filesystem;

fs::path log_of(const fs::path& file) { return file.string() + ".wal"; }

std::unexpected<Error> unreadable(const fs::path& file, const std::string& why) {
  return failure(ErrorCode::file_is_unreadable, file.string() + ": " + why);
}

std::unexpected<Error> refused(std::string words) {
  const bool is_locked = words.find("Could not set lock") != std::string::npos;
  return failure(is_locked ? ErrorCode::store_is_locked : ErrorCode::store_failed,
                 std::move(words));
}

/// What is no damage of the file: no folder, no rights.
Result<void> check_access(const fs::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor >= 0) {
    ::close(descriptor);
    return {};
  }
  if (errno != ENOENT) return unreadable(file, std::strerror(errno));
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  if (::access(folder.c_str(), W_OK | X_OK) != 0) return unreadable(folder, std::strerror(errno));
  return {};
}

Result<void> check_layout(const Connection& connection) {
  std::int64_t version = 0;
  STEELYARD_PASS(for_each_row(connection, "SELECT version FROM layout",
                              [&](const Row& row) { version = row.integer(0); }));
  if (version == layout_version) return {};
  return failure(ErrorCode::store_failed, "its layout is version " + std::to_string(version) +
                                              ", not " + std::to_string(layout_version));
}

Result<void> create_tables(const Connection& connection) {
  return run(connection, "BEGIN TRANSACTION; " + schema_sql() + " COMMIT;");
}

/// Whether nothing was ever written: also a file whose tables a kill did not let come.
Result<bool> is_new(const Connection& connection) {
  std::int64_t tables = 0;
  STEELYARD_PASS(for_each_row(connection, "SELECT count(*) FROM duckdb_tables()",
                              [&](const Row& row) { tables = row.integer(0); }));
  return tables == 0;
}

}  // namespace

Result<OpenFile> open_file(const fs::path& file, const DatabaseOptions& options, Names& names) {
  STEELYARD_PASS(check_access(file));
  auto database = open_database(file.string(), options);
  if (!database.has_value()) return refused(std::move(database.error().detail));
  Connection connection = connect(*database);
  STEELYARD_PASS(register_name_functions(connection, names));
  STEELYARD_PASS(register_wide_functions(connection));
  STEELYARD_PASS(register_opened_function(connection, options.open_text));
  STEELYARD_TRY(has_no_tables, is_new(connection));
  if (has_no_tables) STEELYARD_PASS(create_tables(connection));
  STEELYARD_PASS(check_layout(connection));
  STEELYARD_TRY(writer, FactWriter::open(std::move(connection), names));
  return OpenFile{*std::move(database), std::move(writer)};
}

Result<Database> open_to_read(const fs::path& file, Names& names) {
  if (::access(file.c_str(), R_OK) != 0) return unreadable(file, std::strerror(errno));
  auto database = open_database(file.string(), {.is_read_only = true});
  if (!database.has_value()) return refused(std::move(database.error().detail));
  Connection connection = connect(*database);
  STEELYARD_PASS(register_name_functions(connection, names));
  STEELYARD_PASS(register_wide_functions(connection));
  STEELYARD_PASS(register_opened_function(connection, {}));
  STEELYARD_PASS(check_layout(connection));
  STEELYARD_PASS(FactWriter::open(std::move(connection), names));  // Reads them.
  return database;
}

Result<fs::path> set_aside(const fs::path& file) {
  std::error_code error;
  for (int n = 1;; ++n) {
    const fs::path aside = file.string() + ".set-aside-" + std::to_string(n);
    if (fs::exists(aside, error) || fs::exists(log_of(aside), error)) continue;
    fs::rename(file, aside, error);
    if (error) return unreadable(file, error.message());
    if (fs::exists(log_of(file))) fs::rename(log_of(file), log_of(aside), error);
    if (error) return unreadable(log_of(file), error.message());
    return aside;
  }
}

}  // namespace steelyard::charges::duckdb
