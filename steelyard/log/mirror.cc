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

namespace steelyard::log {
namespace {

constexpr std::string_view temporary_name = "segment.new";

Result<std::unique_ptr<File>> open_file(Files& files, const std::string& path, OpenMode mode) {
  auto file = files.open(path, mode);
  if (!file.has_value()) return std::unexpected(error_of(file.error(), "open", path));
  return *std::move(file);
}

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

/// One of two files that are compared.
class Copy {
 public:
  Copy(File& file, std::string path, const StoreId& store)
      : file_(file), path_(std::move(path)), store_(store) {}

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
  bool is_stale_ =
      false;  ///< Something was written since it read; what it read is still looked at.
  Mended mended_;
};

}  // namespace

std::string Mended::text() const {
  std::array<char, 20> hex{};
  std::snprintf(hex.data(), hex.size(), "0x%llx", static_cast<unsigned long long>(offset));
  return path + " offset " + hex.data() + ": " + std::to_string(bytes) +
         " bytes were missing or damaged, and were written again from the other copy";
}

Mirror::Mirror(Files& files, std::string directory, std::string mirror,
               std::function<void(const Mended&)> mended)
    : files_(files),
      directory_(std::move(directory)),
      mirror_(std::move(mirror)),
      mended_(std::move(mended)) {}

Result<void> Mirror::agree() {
  const Result<StoreId> of_first = read_store_id(files_, directory_);
  const Result<StoreId> of_second = read_store_id(files_, mirror_);
  if (!of_first.has_value() && !of_second.has_value()) {
    const bool is_new =
        is_missing(files_, directory_ + "/store") && is_missing(files_, mirror_ + "/store");
    if (is_new) return {};
    return std::unexpected(of_first.error());
  }
  const StoreId store = of_first.has_value() ? *of_first : *of_second;
  if (of_first.has_value() && of_second.has_value() && *of_first != *of_second) {
    return failure(ErrorCode::other_store, mirror_ + ": holds store " + base::hex_of(*of_second) +
                                               ", " + directory_ + " holds " +
                                               base::hex_of(*of_first));
  }

  STEELYARD_PASS(ensure_directory(files_, directory_ + "/log"));
  STEELYARD_PASS(ensure_directory(files_, mirror_ + "/log"));
  STEELYARD_TRY(firsts, segment_names(files_, directory_ + "/log"));
  STEELYARD_TRY(seconds, segment_names(files_, mirror_ + "/log"));
  std::set<std::string> all = firsts;
  all.insert(seconds.begin(), seconds.end());
  // What stands before the last segment of both was compared by those who looked each day.
  const auto last_of = [](const std::set<std::string>& names) {
    return names.empty() ? std::string() : *names.rbegin();
  };
  const std::string last_of_both = std::min(last_of(firsts), last_of(seconds));
  for (const std::string& name : all) {
    const bool is_sound_so_far = read_segment(files_, first(name), store).has_value() &&
                                 read_segment(files_, second(name), store).has_value();
    if (!is_sound_so_far || name >= last_of_both) STEELYARD_PASS(complete(name, store));
  }
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

/// A segment of which one folder may have nothing, or not all.
Result<void> Mirror::complete(const std::string& name, const StoreId& store) {
  if (is_missing(files_, first(name))) return copy_whole(name, mirror_, directory_);
  if (is_missing(files_, second(name))) return copy_whole(name, directory_, mirror_);
  Result<Segment> segment = read_segment(files_, first(name), store);
  if (!segment.has_value()) segment = read_segment(files_, second(name), store);
  if (!segment.has_value()) return std::unexpected(segment.error());
  return compare(*segment, store, UINT64_MAX);
}

Result<void> Mirror::compare(const Segment& segment, const StoreId& store, std::uint64_t end) {
  const std::lock_guard guard(mutex_);
  const std::string name = segment.file_name();
  // Somebody may have taken one away while the server ran.
  if (is_missing(files_, first(name))) return copy_whole(name, mirror_, directory_);
  if (is_missing(files_, second(name))) return copy_whole(name, directory_, mirror_);
  STEELYARD_TRY(of_first, open_file(files_, first(name), OpenMode::write));
  STEELYARD_TRY(of_second, open_file(files_, second(name), OpenMode::write));
  return walk(segment, store, end, *of_first, *of_second);
}

Result<void> Mirror::walk(const Segment& segment, const StoreId& store, std::uint64_t end,
                          File& of_first, File& of_second) {
  const std::string name = segment.file_name();
  Copy a(of_first, first(name), store);
  Copy b(of_second, second(name), store);
  const std::string header = encode(segment, store);
  for (const auto& [copy, file] : {std::pair(&a, &of_first), std::pair(&b, &of_second)}) {
    std::string bytes(header.size(), '\0');
    const auto count = read_up_to(*file, bytes.data(), bytes.size(), 0);
    if (!count.has_value() || bytes != header) STEELYARD_PASS(copy->write(header, 0));
  }
  std::uint64_t offset = segment_header_bytes;
  ChainPoint at = segment.begin;
  while (at.sequence < end) {
    const auto of_a = a.next(offset, at);
    const auto of_b = b.next(offset, at);
    if (!of_a.has_value() && !of_b.has_value()) break;
    if (of_a.has_value() && of_b.has_value() && a.at() != b.at()) {
      return failure(ErrorCode::log_is_damaged,
                     place_in(segment, offset, at.sequence,
                              directory_ + " and " + mirror_ +
                                  " both have a sound frame here, and not the same: they were "
                                  "served apart; keep one of them"));
    }
    const std::uint64_t next_offset = of_a.has_value() ? a.offset() : b.offset();
    const ChainPoint next = of_a.has_value() ? a.at() : b.at();
    STEELYARD_PASS(a.take(of_a, of_b, offset));
    STEELYARD_PASS(b.take(of_b, of_a, offset));
    offset = next_offset;
    at = next;
  }
  STEELYARD_PASS(a.end(mended_));
  return b.end(mended_);
}

/// As it is, under another name first.
Result<void> Mirror::copy_whole(const std::string& name, const std::string& from,
                                const std::string& to) {
  const std::string folder = to + "/log";
  const std::string temporary = folder + '/' + std::string(temporary_name);
  const std::string path = folder + '/' + name;
  const auto failed = [&](const char* what, int error) {
    return std::unexpected(error_of(error, what, path));
  };
  if (const auto is = files_.unlink(temporary); !is.has_value() && is.error() != ENOENT) {
    return failed("remove what a crash left of", is.error());
  }
  STEELYARD_TRY(source, open_file(files_, from + "/log/" + name, OpenMode::read));
  STEELYARD_TRY(copy, open_file(files_, temporary, OpenMode::create));
  std::vector<char> window(std::size_t{1} << 20);
  std::uint64_t offset = 0;
  while (true) {
    const auto count = read_up_to(*source, window.data(), window.size(), offset);
    if (!count.has_value()) {
      return std::unexpected(error_of(count.error(), "read", from + "/log/" + name));
    }
    if (*count == 0) break;
    if (const auto is = write_all(*copy, {window.data(), *count}, offset); !is.has_value()) {
      return failed("write", is.error());
    }
    offset += *count;
  }
  if (const auto is = copy->fsync(); !is.has_value()) return failed("sync", is.error());
  if (const auto is = files_.rename(temporary, path); !is.has_value()) {
    return failed("rename", is.error());
  }
  if (const auto is = files_.fsync_directory(folder); !is.has_value()) {
    return failed("sync the directory of", is.error());
  }
  mended_({.path = path, .offset = 0, .bytes = offset});
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
    return cut(*file, tail.segments.back(), tail.offset, tail.file_bytes);
  }
}

}  // namespace steelyard::log
