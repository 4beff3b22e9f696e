#include "steelyard/log/recovery.h"

#include <algorithm>
#include <cerrno>

#include "steelyard/log/file_io.h"
#include "steelyard/log/frame_reader.h"

namespace steelyard::log {
namespace {

struct Rest {
  std::uint64_t used_bytes = 0;  ///< To the last byte that is not zero.
  std::optional<std::uint64_t> later_frame;
};

/// A later frame proves that what stands before it was durable once: there is at most one
/// unsynced frame.
bool begins_later_frame(File& file, std::string_view bytes, std::uint64_t offset,
                        const StoreId& store, const ChainPoint& at) {
  const auto header = decode_header(bytes, store);
  if (!header.has_value() || header->at.frame_number <= at.frame_number) return false;
  FrameReader reader(file, store, offset, header->at);
  return reader.next(Depth::hash).has_value();
}

/// What stands behind the last whole frame.
Io<Rest> look_behind(File& file, std::uint64_t begin, const StoreId& store, const ChainPoint& at) {
  constexpr std::size_t window_bytes = std::size_t{32} << 10;
  std::vector<char> window(window_bytes);
  Rest rest;
  for (std::uint64_t offset = begin;; offset += window_bytes) {
    const Io<std::size_t> count = read_up_to(file, window.data(), window_bytes, offset);
    if (!count.has_value()) return std::unexpected(count.error());
    for (std::size_t i = 0; i < *count; i += frame_alignment) {
      const std::string_view bytes(window.data() + i, std::min(frame_alignment, *count - i));
      const std::size_t last = bytes.find_last_not_of('\0');
      if (last == std::string_view::npos) continue;
      rest.used_bytes = offset + i + last + 1 - begin;
      if (!rest.later_frame && begins_later_frame(file, bytes, offset + i, store, at)) {
        rest.later_frame = offset + i;
      }
    }
    if (*count < window_bytes) return rest;
  }
}

ErrorCode code_of(FrameFault fault) {
  switch (fault) {
    case FrameFault::store: return ErrorCode::other_store;
    case FrameFault::format: return ErrorCode::unknown_format;
    case FrameFault::unreadable: return ErrorCode::storage_failed;
    default: return ErrorCode::log_is_damaged;
  }
}

Result<Tail> create_first(Files& files, const std::string& directory, const StoreId& store,
                          std::uint64_t segment_bytes) {
  Tail tail;
  tail.segments.push_back({1, {}});
  STEELYARD_TRY(file, create_segment(files, directory, tail.segments[0], store, segment_bytes));
  tail.file = std::move(file);
  tail.offset = segment_header_bytes;
  tail.file_bytes = segment_bytes;
  return tail;
}

}  // namespace

Result<void> cut(File& file, const Segment& segment, std::uint64_t offset,
                 std::uint64_t file_bytes) {
  const auto failed = [&](const char* what, int error) {
    return std::unexpected(error_of(error, what, segment.file_name()));
  };
  if (const auto is = file.ftruncate(offset); !is.has_value()) return failed("cut", is.error());
  if (const auto is = file.fallocate(file_bytes);
      !is.has_value() && is.error() != EOPNOTSUPP && !is_full(is.error())) {
    return failed("allocate", is.error());
  }
  if (const auto is = file.fsync(); !is.has_value()) return failed("sync", is.error());
  return {};
}

Result<TailFound> find_tail(File& file, const Segment& segment, const StoreId& store,
                            const std::optional<Watermark>& mark) {
  std::uint64_t offset = segment_header_bytes;
  ChainPoint at = segment.begin;
  while (true) {
    FrameReader reader(file, store, offset, at);
    std::expected<FrameView, FrameFault> frame;
    while ((frame = reader.next(Depth::hash)).has_value()) {
    }
    offset = reader.offset();
    at = reader.at();
    const FrameFault fault = frame.error();
    const auto refuse = [&](ErrorCode code, const std::string& why) {
      return failure(code, place_in(segment, offset, at.sequence, why));
    };
    const std::string why(text_of(fault));
    if (!can_be_torn(fault)) return refuse(code_of(fault), why);
    if (mark.has_value() && at.frame_number <= mark->frame_number) {
      return refuse(
          ErrorCode::log_is_damaged,
          why + "; the records before seq " + std::to_string(mark->end_sequence) + " were durable");
    }
    const Io<Rest> rest = look_behind(file, offset, store, at);
    if (!rest.has_value()) return refuse(ErrorCode::storage_failed, "the disk does not read it");
    if (!rest->later_frame.has_value()) return TailFound{offset, at, rest->used_bytes};
    // A server that writes meanwhile may have finished the frame since we read it.
    if (!FrameReader(file, store, offset, at).next(Depth::hash).has_value()) {
      return refuse(ErrorCode::log_is_damaged, why + ", and a later frame follows");
    }
  }
}

Result<Tail> recover(Files& files, const std::string& directory, const StoreId& store,
                     std::uint64_t segment_bytes) {
  // A killed server may have given a segment its name without syncing it: what is appended to it
  // now would be lost with the name.
  if (const auto is = files.fsync_directory(directory); !is.has_value()) {
    return std::unexpected(error_of(is.error(), "sync", directory));
  }
  STEELYARD_TRY(mark, read_watermark(files, directory, store));
  STEELYARD_TRY(segments, list_segments(files, directory, store));
  if (segments.empty()) {
    if (mark.has_value()) {
      return failure(ErrorCode::log_is_damaged,
                     directory + ": no segment is there; the records before seq " +
                         std::to_string(mark->end_sequence) + " were durable");
    }
    return create_first(files, directory, store, segment_bytes);
  }

  Tail tail;
  tail.segments = std::move(segments);
  const Segment& last = tail.segments.back();
  const std::string path = directory + '/' + last.file_name();
  STEELYARD_TRY(file, open_file(files, path, OpenMode::write));
  tail.file = std::move(file);
  if (const auto is = tail.file->fdatasync(); !is.has_value()) {
    return std::unexpected(error_of(is.error(), "sync", path));
  }
  if (const auto is = tail.file->drop_cache(0, 0); !is.has_value()) {
    return std::unexpected(error_of(is.error(), "drop the cache of", path));
  }
  STEELYARD_TRY(found, find_tail(*tail.file, last, store, mark));
  const Io<std::uint64_t> size = tail.file->size();
  if (!size.has_value()) return std::unexpected(error_of(size.error(), "size", path));
  tail.offset = found.offset;
  tail.at = found.at;
  tail.file_bytes = std::max(*size, found.offset);
  tail.cut_bytes = found.torn_bytes;
  if (found.torn_bytes > 0) {
    tail.file_bytes = std::max(segment_bytes, found.offset);
    STEELYARD_PASS(cut(*tail.file, last, found.offset, tail.file_bytes));
  }
  return tail;
}

}  // namespace steelyard::log
