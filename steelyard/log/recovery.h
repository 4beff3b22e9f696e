#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/log/files.h"
#include "steelyard/log/segment.h"
#include "steelyard/log/watermark.h"

namespace steelyard::log {

/// The end of a log: where the next frame goes, and what it must say.
struct Tail {
  std::vector<Segment> segments;
  std::unique_ptr<File> file;  ///< The last segment, for writing.
  std::uint64_t offset = 0;
  std::uint64_t file_bytes = 0;
  ChainPoint at;
  std::uint64_t cut_bytes = 0;  ///< Of a torn frame that nobody was told to be durable.
};

struct TailFound {
  std::uint64_t offset = 0;
  ChainPoint at;
  std::uint64_t torn_bytes = 0;  ///< From `offset` to the last byte that is not zero.
};

/// Walks the last segment with hashes, to the last frame that is whole. What follows it may be
/// cut if it lies above the watermark and no later frame follows. Changes nothing.
/// Errors: log_is_damaged with the place, other_store, unknown_format, storage_failed.
[[nodiscard]] Result<TailFound> find_tail(File& file, const Segment& segment, const StoreId& store,
                                          const std::optional<Watermark>& mark);

/// Finds the end of the log and cuts a torn tail; creates the first segment if there is none.
/// What a killed process left in the page cache is synced first, and the tail is read from the
/// disk. Errors: as find_tail, disk_full.
[[nodiscard]] Result<Tail> recover(Files& files, const std::string& directory, const StoreId& store,
                                   std::uint64_t segment_bytes);

/// Cuts a segment at an offset; behind it zeros come back, up to the size.
[[nodiscard]] Result<void> cut(File& file, const Segment& segment, std::uint64_t offset,
                               std::uint64_t file_bytes);

}  // namespace steelyard::log
