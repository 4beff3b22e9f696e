#include "steelyard/log/segment_writer.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "steelyard/log/file_io.h"

namespace steelyard::log {

SegmentWriter::SegmentWriter(Files& files, std::string directory, const StoreId& store,
                             std::uint64_t segment_bytes, Tail tail)
    : files_(files),
      directory_(std::move(directory)),
      store_(store),
      segment_bytes_(segment_bytes),
      segment_(tail.segments.back()),
      file_(std::move(tail.file)),
      offset_(tail.offset),
      cached_from_(tail.offset),
      file_bytes_(std::max(tail.file_bytes, segment_bytes)),
      at_(tail.at) {}

Result<void> SegmentWriter::make_room(std::size_t frame_bytes,
                                      const std::function<void(const Segment&)>& on_segment) {
  if (tail_is_dirty_) STEELYARD_PASS(clear_tail());
  const bool is_empty = offset_ == segment_header_bytes;
  if (offset_ + frame_bytes <= file_bytes_ || is_empty) return {};
  const Segment next{segment_.number + 1, at_};
  const std::uint64_t size =
      std::max<std::uint64_t>(segment_bytes_, segment_header_bytes + frame_bytes);
  STEELYARD_TRY(file, create_segment(files_, directory_, next, store_, size));
  segment_ = next;
  file_ = std::move(file);
  offset_ = segment_header_bytes;
  cached_from_ = 0;
  file_bytes_ = size;
  on_segment(segment_);
  return {};
}

Result<void> SegmentWriter::write(std::string_view frame, const ChainPoint& next) {
  if (const auto is = write_all(*file_, frame, offset_); !is.has_value()) {
    const Error error = error_of(is.error(), "write", segment_.file_name());
    if (!is_full(is.error())) return std::unexpected(error);
    tail_is_dirty_ = true;
    const Result<void> cleared = clear_tail();
    if (!cleared.has_value() && cleared.error().code != ErrorCode::disk_full) return cleared;
    return std::unexpected(error);
  }
  if (const auto is = file_->fdatasync(); !is.has_value()) {
    return failure(ErrorCode::storage_failed,
                   error_of(is.error(), "sync", segment_.file_name()).detail);
  }
  offset_ += frame.size();
  at_ = next;
  return {};
}

/// Were its pages kept, each frame would need new ones, which come slower than the disk writes
/// where memory is not at hand; so it gets those of the frames before it. Where that is refused,
/// nothing else is lost.
void SegmentWriter::let_pages_go() {
  constexpr std::uint64_t kept = std::uint64_t{1} << 20;
  if (offset_ - cached_from_ < 2 * kept) return;
  const std::uint64_t to = offset_ - kept;
  (void)file_->drop_cache(cached_from_, to - cached_from_);
  cached_from_ = to;
}

/// Takes back what a write that met a full disk left behind the last frame.
Result<void> SegmentWriter::clear_tail() {
  if (const auto is = file_->ftruncate(offset_); !is.has_value()) {
    return std::unexpected(error_of(is.error(), "cut", segment_.file_name()));
  }
  const auto is = file_->fallocate(file_bytes_);
  if (!is.has_value() && is.error() != EOPNOTSUPP && !is_full(is.error())) {
    return std::unexpected(error_of(is.error(), "allocate", segment_.file_name()));
  }
  // Who is told that nothing was kept must not find it again: of a mirrored frame, one copy may be
  // whole.
  if (const auto synced = file_->fdatasync(); !synced.has_value()) {
    return failure(ErrorCode::storage_failed,
                   error_of(synced.error(), "sync", segment_.file_name()).detail);
  }
  tail_is_dirty_ = false;
  return {};
}

}  // namespace steelyard::log
