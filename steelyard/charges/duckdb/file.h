#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "steelyard/base/result.h"
#include "steelyard/charges/duckdb/connection.h"
#include "steelyard/charges/duckdb/fact_writer.h"

namespace steelyard::charges::duckdb {

/// A file of ours, open.
struct OpenFile {
  Database database;
  FactWriter writer;
};

/// Opens the file, or creates it with its tables. `names` outlives it. Errors: file_is_unreadable,
/// store_is_locked, store_failed (it is damaged, or of another layout).
[[nodiscard]] Result<OpenFile> open_file(const std::filesystem::path& file,
                                         const DatabaseOptions& options, Names& names);

/// Opens a file to be asked, and reads its names. `names` outlives it. Errors: as open_file.
[[nodiscard]] Result<Database> open_to_read(const std::filesystem::path& file, Names& names);

/// Renames the file, and its write-ahead log, to the first FILE.set-aside-N that is free.
/// Errors: file_is_unreadable.
[[nodiscard]] Result<std::filesystem::path> set_aside(const std::filesystem::path& file);

}  // namespace steelyard::charges::duckdb
