#include "steelyard/log/backup.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include "steelyard/base/text.h"
#include "steelyard/log/directory_lock.h"
#include "steelyard/log/file_io.h"
#include "steelyard/log/frame_reader.h"
#include "steelyard/log/segment.h"
#include "steelyard/log/watermark.h"

namespace steelyard::log {
namespace {

std::unexpected<Error> no_earlier_state(const std::string& to, const std::string& why) {
  return failure(ErrorCode::log_is_damaged,
                 to + ": is no earlier state of this log: " + why + "; take an empty folder");
}

/// Where the whole frames of a segment end.
struct End {
  std::uint64_t offset = segment_header_bytes;
  ChainPoint at;

  bool operator==(const End&) const = default;
};

class Copier {
 public:
  Copier(Files& files, std::string from, std::string to, const StoreId& store,
         const std::function<void(std::uint64_t)>& progress)
      : files_(files),
        from_(std::move(from)),
        to_(std::move(to)),
        store_(store),
        progress_(progress) {}

  Result<void> copy() {
    STEELYARD_TRY(sources, list_segments(files_, from_, store_));
    STEELYARD_TRY(copies, list_segments(files_, to_, store_));
    if (copies.size() > sources.size()) return no_earlier_state(to_, "it has more segments");
    for (std::size_t i = 0; i < sources.size(); ++i) {
      const bool is_there = i < copies.size();
      if (is_there && copies[i].begin != sources[i].begin) {
        return no_earlier_state(to_, copies[i].file_name() + " follows another frame");
      }
      if (i + 1 < copies.size()) continue;  // Whole, since there is a next one.
      const Segment* const next = i + 1 < sources.size() ? &sources[i + 1] : nullptr;
      STEELYARD_PASS(copy_segment(sources[i], next, is_there));
    }
    return {};
  }

  std::uint64_t new_bytes() const { return new_bytes_; }
  const ChainPoint& head() const { return head_; }

 private:
  /// `next`: the segment behind it, which tells where it must end.
  Result<void> copy_segment(const Segment& segment, const Segment* next, bool is_there) {
    const std::string source_path = from_ + '/' + segment.file_name();
    STEELYARD_TRY(source, open_file(files_, source_path, OpenMode::read));
    STEELYARD_TRY(durable, durable_end(*source, segment, source_path, next));
    head_ = durable.at;
    End begin{.at = segment.begin};
    if (is_there) {
      STEELYARD_TRY(copy, open_file(files_, to_ + '/' + segment.file_name(), OpenMode::read));
      begin = end_of_frames(*copy, segment);
      if (begin == durable) return {};
    }
    return write_segment(*source, segment, begin, durable);
  }

  /// The whole frames of the source, synced: a server that writes meanwhile may not have done so
  /// with the last one.
  Result<End> durable_end(File& source, const Segment& segment, const std::string& path,
                          const Segment* next) {
    FrameReader reader(source, store_, segment_header_bytes, segment.begin);
    std::expected<FrameView, FrameFault> frame;
    while ((frame = reader.next(Depth::hash)).has_value()) show(frame->bytes.size());
    const FrameFault fault = frame.error();
    if (fault == FrameFault::unreadable) {
      return std::unexpected(error_of(reader.error(), "read", path));
    }
    const bool ends_well = next == nullptr ? can_be_torn(fault) : reader.at() == next->begin;
    if (!ends_well) {
      return failure(
          ErrorCode::log_is_damaged,
          from_ + ": " + place_in(segment, reader.offset(), reader.at().sequence, text_of(fault)));
    }
    if (const auto is = source.fdatasync(); !is.has_value()) {
      return std::unexpected(error_of(is.error(), "sync", path));
    }
    return End{reader.offset(), reader.at()};
  }

  End end_of_frames(File& copy, const Segment& segment) {
    FrameReader reader(copy, store_, segment_header_bytes, segment.begin);
    while (reader.next(Depth::hash).has_value()) {
    }
    return {reader.offset(), reader.at()};
  }

  /// Writes the segment up to `end` under another name, and then exchanges it, so that a copy is
  /// whole whatever happens. `begin`: where the copy that is there ends; a frame must end there.
  Result<void> write_segment(File& source, const Segment& segment, const End& begin,
                             const End& end) {
    const std::string name = segment.file_name();
    const std::string temporary = to_ + "/segment.new";
    const auto failed = [&](const char* what, int error) {
      return std::unexpected(error_of(error, what, temporary));
    };
    if (const auto is = files_.unlink(temporary); !is.has_value() && is.error() != ENOENT) {
      return failed("remove", is.error());
    }
    STEELYARD_TRY(copy, open_file(files_, temporary, OpenMode::create));
    if (const auto is = write_all(*copy, encode(segment, store_), 0); !is.has_value()) {
      return failed("write", is.error());
    }
    FrameReader reader(source, store_, segment_header_bytes, segment.begin);
    bool is_new = begin == End{.at = segment.begin};
    while (reader.offset() < end.offset) {
      const std::uint64_t offset = reader.offset();
      const auto frame = reader.next(Depth::hash);
      if (!frame.has_value()) {
        return failure(
            ErrorCode::log_is_damaged,
            from_ + ": " + place_in(segment, offset, reader.at().sequence, text_of(frame.error())));
      }
      if (const auto is = write_all(*copy, frame->bytes, offset); !is.has_value()) {
        return failed("write", is.error());
      }
      if (is_new) new_bytes_ += frame->bytes.size();
      is_new = is_new || begin == End{reader.offset(), reader.at()};
    }
    if (!is_new) return no_earlier_state(to_, name + " has frames that are not in it");
    if (const auto is = copy->fsync(); !is.has_value()) return failed("sync", is.error());
    if (const auto is = files_.rename(temporary, to_ + '/' + name); !is.has_value()) {
      return failed("rename", is.error());
    }
    if (const auto is = files_.fsync_directory(to_); !is.has_value()) {
      return failed("sync the directory of", is.error());
    }
    return {};
  }

  void show(std::size_t bytes) {
    read_bytes_ += bytes;
    if (progress_) progress_(read_bytes_);
  }

  Files& files_;
  std::string from_;  ///< DIR/log
  std::string to_;
  StoreId store_;
  const std::function<void(std::uint64_t)>& progress_;
  std::uint64_t read_bytes_ = 0;
  std::uint64_t new_bytes_ = 0;
  ChainPoint head_;
};

/// Whether there is a copy of a store already; it must be of this one.
Result<bool> has_store(Files& files, const std::string& to, const StoreId& store) {
  const auto names = files.list(to);
  if (!names.has_value()) return std::unexpected(error_of(names.error(), "list", to));
  if (std::ranges::find(*names, "store") == names->end()) return false;
  STEELYARD_TRY(other, read_store_id(files, to));
  if (other == store) return true;
  return failure(ErrorCode::other_store,
                 to + ": holds store " + base::hex_of(other) + ", this is " + base::hex_of(store));
}

}  // namespace

Result<Backup> back_up(const std::string& from, const std::string& to,
                       const std::function<void(std::uint64_t)>& progress, Files& files,
                       const std::function<Result<void>()>& beside) {
  STEELYARD_TRY(store, read_store_id(files, from));
  STEELYARD_PASS(ensure_directory(files, to));
  STEELYARD_TRY(lock, DirectoryLock::take(files, to));
  STEELYARD_TRY(is_later_one, has_store(files, to, store));
  STEELYARD_PASS(ensure_directory(files, to + "/log"));
  Copier copier(files, from + "/log", to + "/log", store, progress);
  STEELYARD_PASS(copier.copy());
  STEELYARD_TRY(mark, WatermarkFile::open(files, to + "/log", store));
  STEELYARD_PASS(mark.write({copier.head().frame_number - 1, copier.head().sequence}));
  STEELYARD_PASS(mark.sync());
  if (beside) STEELYARD_PASS(beside());
  if (!is_later_one) {
    STEELYARD_TRY(text, read_file(files, from + "/store"));
    STEELYARD_PASS(write_file_durably(files, to, "store", text));
  }
  Backup backup;
  STEELYARD_TRY(report, verify(to, files));
  if (report.damage.has_value()) {
    return failure(report.damage->code, to + ": " + report.damage->detail +
                                            ": the copy is damaged; back up into a folder that is "
                                            "not there yet");
  }
  backup.copy = std::move(report);
  backup.new_bytes = copier.new_bytes();
  return backup;
}

}  // namespace steelyard::log
