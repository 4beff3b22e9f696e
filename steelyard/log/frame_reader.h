#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>
#include <vector>

#include "steelyard/log/files.h"
#include "steelyard/log/frame.h"

namespace steelyard::log {

/// A frame in a reader's buffer: valid until the reader's next call.
struct FrameView {
  FrameHeader header;
  std::string_view bytes;  ///< The whole frame, padding included if it was written.

  FrameRecords records() const { return {header, bytes}; }
  std::size_t used_bytes() const {
    return frame_header_bytes + header.payload_bytes + frame_trailer_bytes;
  }
  /// No checksum covers it.
  bool padding_is_zero() const;
};

/// Walks the frames of one segment, each checked and each against the chain.
class FrameReader {
 public:
  FrameReader(File& file, const StoreId& store, std::uint64_t offset, const ChainPoint& begin)
      : file_(file), store_(store), offset_(offset), at_(begin) {}

  /// The next frame. Errors: no_frame and ends_early where the segment ends; else damage.
  [[nodiscard]] std::expected<FrameView, FrameFault> next(Depth depth);

  /// Passes over frames that end before `sequence`, by their headers.
  [[nodiscard]] std::optional<FrameFault> skip_to(std::uint64_t sequence);

  std::uint64_t offset() const { return offset_; }  ///< Of the next frame.
  const ChainPoint& at() const { return at_; }      ///< What it must say.
  int error() const { return error_; }              ///< errno, after `unreadable`.

 private:
  enum class Ahead : std::uint8_t { no, yes };
  std::expected<std::string_view, FrameFault> fetch(std::size_t size, Ahead ahead);

  File& file_;
  StoreId store_;
  std::uint64_t offset_;
  ChainPoint at_;
  std::size_t window_bytes_ = 0;  ///< Read at once: grows, for somebody may want one record.
  std::vector<char> buffer_;
  std::uint64_t buffer_offset_ = 0;
  std::size_t buffered_ = 0;
  int error_ = 0;
};

}  // namespace steelyard::log
