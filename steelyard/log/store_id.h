#pragma once

#include <array>
#include <string>

#include "steelyard/base/result.h"
#include "steelyard/log/files.h"

namespace steelyard::log {

/// Which store a file belongs to: drawn at random when the store is created, and in every
/// segment and frame, so that a file of another store is noticed.
using StoreId = std::array<unsigned char, 16>;

/// Reads DIR/store. Errors: storage_failed (missing too), log_is_damaged, unknown_format.
[[nodiscard]] Result<StoreId> read_store_id(Files& files, const std::string& directory);

/// Draws an id and writes DIR/store durably.
[[nodiscard]] Result<StoreId> create_store_id(Files& files, const std::string& directory);

}  // namespace steelyard::log
