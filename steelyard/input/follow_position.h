#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/log/files.h"
#include "steelyard/log/hash.h"

namespace steelyard::input {

/// How many of the first bytes of a file tell it from another one with the same inode.
inline constexpr std::size_t prefix_bytes_max = 1'024;

/// Up to where one file was acknowledged, and what it is known by, whatever it is called.
struct FilePosition {
  log::FileIdentity identity;
  std::uint64_t offset = 0;
  std::uint64_t prefix_bytes = 0;  ///< At most prefix_bytes_max.
  log::Hash prefix_hash{};         ///< SHA-256 of that many first bytes.
  std::int64_t modified_nanoseconds = 0;
  bool is_finished = false;  ///< It had another name, and everything of it was acknowledged.
  bool operator==(const FilePosition&) const = default;
};

/// How far a name was followed.
struct FollowPosition {
  std::vector<FilePosition> files;  ///< All that are read: the oldest one first.
  /// What was rotated away and modified since then is wanted, and is not all among them: there was
  /// no file yet, or one could not be read, or they were too many.
  std::optional<std::int64_t> wanted_since_nanoseconds;
  bool operator==(const FollowPosition&) const = default;
};

/// A line for each thing that is known, and a last one with the hash of those before it.
std::string to_text(const FollowPosition& position);

/// Errors: file_is_malformed; also when one character is not as it was written.
[[nodiscard]] Result<FollowPosition> position_of_text(std::string_view text);

/// Empty where there is no such file. Errors: file_is_malformed, file_is_unreadable.
[[nodiscard]] Result<FollowPosition> read_position(const std::string& path);

/// As a whole or not at all, and on the disk. Errors: disk_full, storage_failed.
[[nodiscard]] Result<void> write_position(const std::string& path, const FollowPosition& position);

}  // namespace steelyard::input
