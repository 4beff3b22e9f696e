#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "steelyard/base/result.h"
#include "steelyard/log/files.h"
#include "steelyard/log/recovery.h"
#include "steelyard/log/segment.h"

namespace steelyard::log {

/// Puts frames at the end of the log, one write and one fdatasync each, and begins a new
/// segment when one is full.
class SegmentWriter {
 public:
  SegmentWriter(Files& files, std::string directory, const StoreId& store,
                std::uint64_t segment_bytes, Tail tail);

  /// Makes room for a frame. Calls `on_segment` for each segment that begins.
  /// Errors: disk_full, after which everything is as before; storage_failed, after which
  /// nothing may be written any more.
  [[nodiscard]] Result<void> make_room(std::size_t frame_bytes,
                                       const std::function<void(const Segment&)>& on_segment);

  /// Writes the frame and syncs it. Requires: room. Errors: as make_room. A failed sync is
  /// storage_failed, always: the next one could succeed with the data gone.
  [[nodiscard]] Result<void> write(std::string_view frame, const ChainPoint& next);

  /// Gives back the memory of what was written longer ago: the log is read again at a start, and
  /// rarely else. It may take a moment: nobody should wait for it.
  void let_pages_go();

  const ChainPoint& at() const { return at_; }

 private:
  Result<void> clear_tail();
  Files& files_;
  std::string directory_;
  StoreId store_;
  std::uint64_t segment_bytes_;
  Segment segment_;
  std::unique_ptr<File> file_;
  std::uint64_t offset_;
  std::uint64_t cached_from_;  ///< The memory before it was given back.
  std::uint64_t file_bytes_;
  ChainPoint at_;
  bool tail_is_dirty_ = false;  ///< Part of a frame stands behind the last one.
};

}  // namespace steelyard::log
