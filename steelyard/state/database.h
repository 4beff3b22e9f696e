#pragma once

#include <rocksdb/db.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "steelyard/base/result.h"
#include "steelyard/state/pending.h"
#include "steelyard/state/state_store.h"

namespace steelyard::state {

using Database = std::unique_ptr<rocksdb::DB>;

/// Keys of the store itself begin with '!', those of the core with '='.
inline constexpr std::string_view layout_key = "!layout";
inline constexpr std::string_view position_key = "!position";
inline constexpr std::string_view layout_version = "4";
std::string key_of(std::string_view key);

/// Its write-ahead log is never used: the log of facts is ours. Errors: store_is_locked,
/// store_failed; file_is_malformed if it is damaged or of another layout.
[[nodiscard]] Result<Database> open_database(const std::filesystem::path& folder);

[[nodiscard]] Result<Position> read_position(rocksdb::DB& database);

/// The changes and the position in one batch, and that batch in files that are synced.
[[nodiscard]] Result<void> write(rocksdb::DB& database, const Pending& changes, Position position);

/// Removes everything but the layout, in one batch, synced.
[[nodiscard]] Result<void> remove_all(rocksdb::DB& database);

[[nodiscard]] Result<void> make_checkpoint(rocksdb::DB& database,
                                           const std::filesystem::path& folder);

std::unexpected<Error> failed(const rocksdb::Status& status);

}  // namespace steelyard::state
