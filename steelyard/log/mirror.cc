#include "steelyard/log/mirror.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "steelyard/base/text.h"
#include "steelyard/log/file_io.h"
#include "steelyard/log/frame_reader.h"
#include "steelyard/log/watermark.h"

namespace steelyard::log {
namespace {

/// The names of the segments of a folder; none if there is no folder.
Result<std::set<std::string>> segment_names(Files& files, const std::string& directory) {
  const auto names = files.list(directory);
  if (!names.has_value() && names.error() == ENOENT) return std::set<std::string>();
  if (!names.has_value()) return std::unexpected(error_of(names.error(), "list", directory));
  std::set<std::string> segments;
  for (const std::string& name : *names) {
    if (is_segment_name(name)) segments.insert(name);
  }
  return segments;
}

bool is_missing(Files& files, const std::string& path) {
  const auto is = files.identity(path);
  return !is.has_value() && is.error() == ENOENT;
}

/// Whether a fault is one of the disk, or of a write that was cut short. Another one has checksums
/// that fit: somebody wrote it.
bool can_be_mended(FrameFault fault) {
  return can_be_torn(fault) || fault == FrameFault::unreadable;
}

/// One of two files that are compared.
class Copy {
 public:
  Copy(File& file, std::string path, const StoreId& store)
      : file_(file), path_(std::move(path)), store_(store) {}

  /// So that the disk is asked, and not the memory before it. `syncs`: where nobody else writes.
  Result<void> look_at_the_disk(bool syncs) {
    if (syncs) {
      if (const auto is = file_.fdatasync(); !is.has_value()) {
        return std::unexpected(error_of(is.error(), "sync", path_));
      }
    }
    (void)file_.drop_cache(0, 0);
    return {};
  }

  std::expected<FrameView, FrameFault> next(std::uint64_t offset, const ChainPoint& at) {
    if (!reader_.has_value() || is_stale_ || reader_->offset() != offset) {
      reader_.emplace(file_, store_, offset, at);
      is_stale_ = false;
    }
    return reader_->next(Depth::hash);
  }
  const ChainPoint& at() const { return reader_->at(); }
  std::uint64_t offset() const { return reader_->offset(); }

  /// Writes the frame of the other copy where this one's is not sound. `own` and `other`: what both
  /// read; one of them is a frame. Their padding, which no checksum covers, is zeros.
  Result<void> take(const std::expected<FrameView, FrameFault>& own,
                    const std::expected<FrameView, FrameFault>& other, std::uint64_t offset) {
    if (own.has_value() && own->padding_is_zero()) return {};
    const FrameView& sound = own.has_value() ? *own : *other;
    std::string bytes(sound.bytes);
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(sound.used_bytes()), bytes.end(), '\0');
    return write(bytes, offset);
  }

  Result<void> write(std::string_view bytes, std::uint64_t offset) {
    if (const auto is = write_all(file_, bytes, offset); !is.has_value()) {
      return std::unexpected(error_of(is.error(), "write", path_));
    }
    is_stale_ = true;
    if (mended_.bytes == 0) mended_ = {.path = path_, .offset = offset};
    mended_.bytes = offset + bytes.size() - mended_.offset;
    return {};
  }

  /// Syncs what was written, and says it.
  Result<void> end(const std::function<void(const Mended&)>& mended) {
    if (mended_.bytes == 0) return {};
    if (const auto is = file_.fdatasync(); !is.has_value()) {
      return std::unexpected(error_of(is.error(), "sync", path_));
    }
    mended(mended_);
    return {};
  }

 private:
  File& file_;
  std::string path_;
  const StoreId& store_;
  std::optional<FrameReader> reader_;
  /// Something was written since it read; what it read is still looked at.
  bool is_stale_ = false;
  Mended mended_;
};

}  // namespace

std::string Mended::text() const {
  std::array<char, 20> hex{};
  std::snprintf(hex.data(), hex.size(), "0x%llx", static_cast<unsigned long long>(offset));
  return path + " offset " + hex.data() + ": what was missing or damaged in " +
         std::to_string(bytes) + " bytes was written again from the other copy";
}

Mirror::Mirror(Files& files, std::string directory, std::string mirror,
               std::function<void(const Mended&)> mended)
    : files_(files),
      directory_(std::move(directory)),
      mirror_(std::move(mirror)),
      mended_(std::move(mended)) {}

Result<void> Mirror::agree() {
  STEELYARD_TRY(twins, list());
  const Result<StoreId> of_first = read_store_id(files_, directory_);
  const Result<StoreId> of_second = read_store_id(files_, mirror_);
  if (!of_first.has_value() && !of_second.has_value()) {
    const bool is_new = is_missing(files_, directory_ + "/store") &&
                        is_missing(files_, mirror_ + "/store") && twins.empty();
    if (is_new) return {};
    return failure(ErrorCode::log_is_damaged, of_first.error().detail + "; and " +
                                                  of_second.error().detail +
                                                  "; there is a log that they belong to");
  }
  const StoreId store = of_first.has_value() ? *of_first : *of_second;
  if (of_first.has_value() && of_second.has_value() && *of_first != *of_second) {
    return failure(ErrorCode::other_store, mirror_ + ": holds store " + base::hex_of(*of_second) +
                                               ", " + directory_ + " holds " +
                                               base::hex_of(*of_first));
  }
  STEELYARD_PASS(ensure_directory(files_, directory_ + "/log"));
  STEELYARD_PASS(ensure_directory(files_, mirror_ + "/log"));
  // Everything is looked at before anything is written.
  STEELYARD_PASS(read_headers(twins, store));
  STEELYARD_PASS(check_single_ones(twins, store));
  // What stands before the last segment of both was compared by those who looked each day.
  std::size_t last_of_both = 0;
  for (std::size_t i = 0; i < twins.size(); ++i) {
    if (twins[i].is_in_first && twins[i].is_in_second) last_of_both = i;
  }
  for (std::size_t i = 0; i < twins.size(); ++i) {
    const Twin& twin = twins[i];
    if (!twin.is_in_first) {
      STEELYARD_PASS(copy_whole(twin.segment.file_name(), mirror_, directory_));
    } else if (!twin.is_in_second) {
      STEELYARD_PASS(copy_whole(twin.segment.file_name(), directory_, mirror_));
    } else if (twin.has_bad_header || i >= last_of_both) {
      STEELYARD_PASS(walk(twin.segment, store, UINT64_MAX, How::at_a_start));
    }
  }
  STEELYARD_PASS(keep_later_watermark(store));
  // Last: until then, it is no log.
  for (const auto& [from, to, is_there] :
       {std::tuple(&directory_, &mirror_, of_second.has_value()),
        std::tuple(&mirror_, &directory_, of_first.has_value())}) {
    if (is_there) continue;
    STEELYARD_TRY(text, read_file(files_, *from + "/store"));
    STEELYARD_PASS(write_file_durably(files_, *to, "store", text));
  }
  return {};
}

Result<std::vector<Mirror::Twin>> Mirror::list() const {
  STEELYARD_TRY(firsts, segment_names(files_, directory_ + "/log"));
  STEELYARD_TRY(seconds, segment_names(files_, mirror_ + "/log"));
  std::set<std::string> all = firsts;
  all.insert(seconds.begin(), seconds.end());
  std::vector<Twin> twins;
  for (const std::string& name : all) {
    twins.push_back({.name = name,
                     .is_in_first = firsts.contains(name),
                     .is_in_second = seconds.contains(name)});
  }
  return twins;
}

std::unexpected<Error> Mirror::served_apart(const std::string& place) const {
  return failure(ErrorCode::log_is_damaged,
                 place + ": " + directory_ + " and " + mirror_ +
                     " are both sound here, and not the same: they were served apart; keep one of "
                     "them, and give it an empty folder as the other");
}

/// From the copy whose header is sound. Errors: also those of a header that somebody wrote so.
Result<void> Mirror::read_headers(std::vector<Twin>& twins, const StoreId& store) const {
  for (std::size_t i = 0; i < twins.size(); ++i) {
    Twin& twin = twins[i];
    std::vector<Segment> sound;
    std::optional<Error> bad;
    for (const auto& [is_there, path] : {std::pair(twin.is_in_first, first(twin.name)),
                                         std::pair(twin.is_in_second, second(twin.name))}) {
      if (!is_there) continue;
      Result<Segment> segment = read_segment(files_, path, store);
      if (segment.has_value()) {
        sound.push_back(*segment);
        continue;
      }
      const ErrorCode code = segment.error().code;
      const bool is_of_somebody =
          code == ErrorCode::other_store || code == ErrorCode::unknown_format;
      if (is_of_somebody) return std::unexpected(std::move(segment).error());
      bad = std::move(segment).error();
    }
    if (sound.empty()) return std::unexpected(*std::move(bad));
    twin.segment = sound.front();
    twin.has_bad_header = bad.has_value();
    const bool differs = sound.size() == 2 &&
                         (sound[0].begin != sound[1].begin || sound[0].number != sound[1].number);
    if (differs) return served_apart(twin.name);
    if (twin.segment.file_name() != twin.name) {
      return failure(ErrorCode::log_is_damaged,
                     twin.name + ": by its header its name is " + twin.segment.file_name());
    }
  }
  return {};
}

/// A segment that only one copy has must follow what both have together. An empty one at the end
/// was begun before the other copy went on alone: it is removed.
Result<void> Mirror::check_single_ones(std::vector<Twin>& twins, const StoreId& store) {
  for (std::size_t i = 1; i < twins.size(); ++i) {
    const Twin& twin = twins[i];
    const Twin& before = twins[i - 1];
    const bool is_single = !twin.is_in_first || !twin.is_in_second;
    if (!is_single || !before.is_in_first || !before.is_in_second) continue;
    STEELYARD_TRY(end, walk(before.segment, store, UINT64_MAX, How::without_writing));
    if (end == twin.segment.begin) continue;
    const std::string path = twin.is_in_first ? first(twin.name) : second(twin.name);
    STEELYARD_TRY(file, open_file(files_, path, OpenMode::read));
    FrameReader reader(*file, store, segment_header_bytes, twin.segment.begin);
    const bool is_empty = i + 1 == twins.size() && !reader.next(Depth::hash).has_value();
    if (!is_empty) return served_apart(twin.name);
    if (const auto is = files_.unlink(path); !is.has_value()) {
      return std::unexpected(error_of(is.error(), "remove", path));
    }
    const std::string folder = (twin.is_in_first ? directory_ : mirror_) + "/log";
    if (const auto is = files_.fsync_directory(folder); !is.has_value()) {
      return std::unexpected(error_of(is.error(), "sync", folder));
    }
    twins.pop_back();
  }
  for (std::size_t i = 0; i < twins.size(); ++i) {
    if (twins[i].segment.number == i + 1) continue;
    return failure(ErrorCode::log_is_damaged, twins[i].name + ": segment " + std::to_string(i + 1) +
                                                  " is missing in both copies, this is " +
                                                  std::to_string(twins[i].segment.number) +
                                                  "; or they were served apart");
  }
  return {};
}

/// What one copy knew to be durable is not cut because the other had forgotten it.
Result<void> Mirror::keep_later_watermark(const StoreId& store) const {
  STEELYARD_TRY(of_first, read_watermark(files_, directory_ + "/log", store));
  STEELYARD_TRY(of_second, read_watermark(files_, mirror_ + "/log", store));
  const auto number = [](const std::optional<Watermark>& mark) {
    return mark.has_value() ? mark->frame_number : 0;
  };
  if (number(of_first) == number(of_second)) return {};
  const bool first_is_later = number(of_first) > number(of_second);
  STEELYARD_TRY(
      file, WatermarkFile::open(files_, (first_is_later ? mirror_ : directory_) + "/log", store));
  STEELYARD_PASS(file.write(first_is_later ? *of_first : *of_second));
  return file.sync();
}

Result<void> Mirror::compare(const Segment& segment, const StoreId& store, std::uint64_t end) {
  const std::lock_guard guard(mutex_);
  const std::string name = segment.file_name();
  // Somebody may have taken one away while the server ran.
  if (is_missing(files_, first(name))) return copy_whole(name, mirror_, directory_);
  if (is_missing(files_, second(name))) return copy_whole(name, directory_, mirror_);
  STEELYARD_PASS(walk(segment, store, end, How::beside_a_writer));
  return {};
}

/// Returns where the frames end that are sound in one of them at least.
Result<ChainPoint> Mirror::walk(const Segment& segment, const StoreId& store, std::uint64_t end,
                                How how) {
  const std::string name = segment.file_name();
  const bool writes = how != How::without_writing;
  const OpenMode mode = writes ? OpenMode::write : OpenMode::read;
  STEELYARD_TRY(of_first, open_file(files_, first(name), mode));
  STEELYARD_TRY(of_second, open_file(files_, second(name), mode));
  Copy a(*of_first, first(name), store);
  Copy b(*of_second, second(name), store);
  if (writes) {
    STEELYARD_PASS(a.look_at_the_disk(how == How::at_a_start));
    STEELYARD_PASS(b.look_at_the_disk(how == How::at_a_start));
    const std::string header = encode(segment, store);
    for (const auto& [copy, file] : {std::pair(&a, &*of_first), std::pair(&b, &*of_second)}) {
      std::string bytes(header.size(), '\0');
      const auto count = read_up_to(*file, bytes.data(), bytes.size(), 0);
      if (!count.has_value() || bytes != header) STEELYARD_PASS(copy->write(header, 0));
    }
  }
  std::uint64_t offset = segment_header_bytes;
  ChainPoint at = segment.begin;
  while (at.sequence < end) {
    const auto of_a = a.next(offset, at);
    const auto of_b = b.next(offset, at);
    if (!of_a.has_value() && !of_b.has_value()) break;
    const bool is_apart = of_a.has_value() && of_b.has_value()
                              ? a.at() != b.at()
                              : !can_be_mended((of_a.has_value() ? of_b : of_a).error());
    if (is_apart) return served_apart(place_in(segment, offset, at.sequence, "a frame"));
    const std::uint64_t next_offset = of_a.has_value() ? a.offset() : b.offset();
    const ChainPoint next = of_a.has_value() ? a.at() : b.at();
    if (writes) {
      STEELYARD_PASS(a.take(of_a, of_b, offset));
      STEELYARD_PASS(b.take(of_b, of_a, offset));
    }
    offset = next_offset;
    at = next;
  }
  STEELYARD_PASS(a.end(mended_));
  STEELYARD_PASS(b.end(mended_));
  return at;
}

/// As it is.
Result<void> Mirror::copy_whole(const std::string& name, const std::string& from,
                                const std::string& to) {
  const std::string source_path = from + "/log/" + name;
  STEELYARD_TRY(source, open_file(files_, source_path, OpenMode::read));
  std::uint64_t offset = 0;
  const auto copy = [&](File& file) -> Result<void> {
    std::vector<char> window(std::size_t{1} << 20);
    while (true) {
      const auto count = read_up_to(*source, window.data(), window.size(), offset);
      if (!count.has_value()) return std::unexpected(error_of(count.error(), "read", source_path));
      if (*count == 0) return {};
      if (const auto is = write_all(file, {window.data(), *count}, offset); !is.has_value()) {
        return std::unexpected(error_of(is.error(), "write", to + "/log/" + name));
      }
      offset += *count;
    }
  };
  STEELYARD_PASS(write_file_durably(files_, to + "/log", name, copy));
  mended_({.path = to + "/log/" + name, .offset = 0, .bytes = offset});
  return {};
}

Result<void> Mirror::clear_behind(const Tail& tail) {
  const std::string path = second(tail.segments.back().file_name());
  STEELYARD_TRY(file, open_file(files_, path, OpenMode::write));
  std::vector<char> window(std::size_t{1} << 20);
  for (std::uint64_t offset = tail.offset;; offset += window.size()) {
    const auto count = read_up_to(*file, window.data(), window.size(), offset);
    if (!count.has_value()) return std::unexpected(error_of(count.error(), "read", path));
    const bool is_zero = std::all_of(window.begin(), window.begin() + static_cast<long>(*count),
                                     [](char c) { return c == 0; });
    if (is_zero && *count == window.size()) continue;
    if (is_zero) return {};
    // It was sound in DIR a moment ago, or it would have been written there.
    FrameReader reader(*file, read_store_id(files_, mirror_).value_or(StoreId{}), tail.offset,
                       tail.at);
    if (reader.next(Depth::hash).has_value()) {
      return failure(ErrorCode::log_is_damaged,
                     place_in(tail.segments.back(), tail.offset, tail.at.sequence,
                              directory_ + " has lost a frame that " + mirror_ +
                                  " has; start again: it is taken from there"));
    }
    return cut(*file, tail.segments.back(), tail.offset, tail.file_bytes);
  }
}

}  // namespace steelyard::log
