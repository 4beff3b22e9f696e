#include "steelyard/log/segment.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include "steelyard/base/text.h"
#include "steelyard/log/bytes.h"
#include "steelyard/log/crc32c.h"
#include "steelyard/log/file_io.h"

namespace steelyard::log {
namespace {

constexpr std::string_view magic = "SYSEGMT\n";
constexpr std::string_view suffix = ".segment";
constexpr std::string_view new_segment = "segment.new";

namespace field {
constexpr std::size_t store = 8;
constexpr std::size_t format = 24;
constexpr std::size_t number = 32;
constexpr std::size_t frame_number = 40;
constexpr std::size_t sequence = 48;
constexpr std::size_t previous_hash = 56;
constexpr std::size_t checksum = 88;
}  // namespace field

std::unexpected<Error> damaged(const std::string& path, std::string_view why) {
  return failure(ErrorCode::log_is_damaged, path + " offset 0x0: " + std::string(why));
}

Result<Segment> decode(std::string_view bytes, const StoreId& store, const std::string& path) {
  if (bytes.size() < segment_header_bytes) return damaged(path, "the file ends in its header");
  if (crc32c(bytes.substr(0, field::checksum)) !=
      load<std::uint32_t>(bytes.data() + field::checksum)) {
    return damaged(path, "the header of the segment does not fit its checksum");
  }
  if (!bytes.starts_with(magic)) return damaged(path, "it is not a segment");
  if (load<std::uint32_t>(bytes.data() + field::format) != format_version) {
    return failure(ErrorCode::unknown_format,
                   path + ": format " +
                       std::to_string(load<std::uint32_t>(bytes.data() + field::format)) +
                       "; this version knows " + std::to_string(format_version));
  }
  if (load<StoreId>(bytes.data() + field::store) != store) {
    const auto other = load<StoreId>(bytes.data() + field::store);
    return failure(ErrorCode::other_store, path + ": the segment belongs to store " +
                                               base::hex_of(other) + ", this is " +
                                               base::hex_of(store));
  }
  if (!std::ranges::all_of(bytes.substr(field::checksum + sizeof(std::uint32_t)),
                           [](char c) { return c == 0; })) {
    return damaged(path, "there are other bytes than zeros behind the header of the segment");
  }
  Segment segment;
  segment.number = load<std::uint64_t>(bytes.data() + field::number);
  segment.begin.frame_number = load<std::uint64_t>(bytes.data() + field::frame_number);
  segment.begin.sequence = load<std::uint64_t>(bytes.data() + field::sequence);
  segment.begin.previous_hash = load<Hash>(bytes.data() + field::previous_hash);
  return segment;
}

Result<void> follows(const Segment& segment, const Segment* before, const std::string& path) {
  const std::uint64_t number = before == nullptr ? 1 : before->number + 1;
  if (segment.number != number) {
    return damaged(path, "segment " + std::to_string(number) + " is missing, this is " +
                             std::to_string(segment.number));
  }
  if (before != nullptr && (segment.begin.sequence <= before->begin.sequence ||
                            segment.begin.frame_number <= before->begin.frame_number)) {
    return damaged(path, "the segment does not follow the one before it");
  }
  if (before == nullptr && (segment.begin.sequence != 1 || segment.begin.frame_number != 1)) {
    return damaged(path, "the first segment does not begin with sequence 1");
  }
  return {};
}

}  // namespace

bool is_segment_name(std::string_view name) { return name.ends_with(suffix); }

Result<Segment> read_segment(Files& files, const std::string& path, const StoreId& store) {
  STEELYARD_TRY(file, open_file(files, path, OpenMode::read));
  std::array<char, segment_header_bytes> bytes{};
  const Io<std::size_t> count = read_up_to(*file, bytes.data(), bytes.size(), 0);
  if (!count.has_value()) return std::unexpected(error_of(count.error(), "read", path));
  return decode({bytes.data(), *count}, store, path);
}

std::string Segment::file_name() const {
  std::string digits = std::to_string(begin.sequence);
  return std::string(20 - digits.size(), '0') + digits + std::string(suffix);
}

std::string encode(const Segment& segment, const StoreId& store_id) {
  std::string bytes(segment_header_bytes, '\0');
  std::ranges::copy(magic, bytes.data());
  store(bytes.data() + field::store, store_id);
  store(bytes.data() + field::format, format_version);
  store(bytes.data() + field::number, segment.number);
  store(bytes.data() + field::frame_number, segment.begin.frame_number);
  store(bytes.data() + field::sequence, segment.begin.sequence);
  store(bytes.data() + field::previous_hash, segment.begin.previous_hash);
  store(bytes.data() + field::checksum, crc32c({bytes.data(), field::checksum}));
  return bytes;
}

Result<std::vector<Segment>> list_segments(Files& files, const std::string& directory,
                                           const StoreId& store) {
  const auto names = files.list(directory);
  if (!names.has_value()) return std::unexpected(error_of(names.error(), "list", directory));
  std::vector<Segment> segments;
  for (const std::string& name : *names) {
    if (!is_segment_name(name)) continue;
    const std::string path = directory + '/' + name;
    STEELYARD_TRY(segment, read_segment(files, path, store));
    if (segment.file_name() != name) {
      return damaged(path, "by its header its name is " + segment.file_name());
    }
    STEELYARD_PASS(follows(segment, segments.empty() ? nullptr : &segments.back(), path));
    segments.push_back(segment);
  }
  return segments;
}

Result<std::unique_ptr<File>> create_segment(Files& files, const std::string& directory,
                                             const Segment& segment, const StoreId& store,
                                             std::uint64_t size) {
  const std::string path = directory + '/' + segment.file_name();
  const std::string temporary = directory + '/' + std::string(new_segment);
  const auto failed = [&](const char* what, int error) {
    return std::unexpected(error_of(error, what, path));
  };
  const auto give_up = [&](const char* what, int error) {
    if (is_full(error)) {
      if (const auto is = files.unlink(temporary); !is.has_value()) return failed(what, is.error());
    }
    return failed(what, error);
  };
  if (const auto is = files.unlink(temporary); !is.has_value() && is.error() != ENOENT) {
    return failed("remove what a crash left of", is.error());
  }
  auto file = files.open(temporary, OpenMode::create);
  if (!file.has_value()) return failed("create", file.error());
  if (const auto is = (*file)->fallocate(size); !is.has_value() && is.error() != EOPNOTSUPP) {
    return give_up("allocate", is.error());
  }
  if (const auto is = write_all(**file, encode(segment, store), 0); !is.has_value()) {
    return give_up("write", is.error());
  }
  if (const auto is = (*file)->fsync(); !is.has_value()) {
    return failure(ErrorCode::storage_failed, error_of(is.error(), "sync", path).detail);
  }
  if (const auto is = files.rename(temporary, path); !is.has_value()) {
    return give_up("rename", is.error());
  }
  if (const auto is = files.fsync_directory(directory); !is.has_value()) {
    return failure(ErrorCode::storage_failed, error_of(is.error(), "sync", directory).detail);
  }
  return std::move(*file);
}

std::string place_in(const Segment& segment, std::uint64_t offset, std::uint64_t sequence,
                     std::string_view why) {
  std::array<char, 20> hex{};
  std::snprintf(hex.data(), hex.size(), "0x%llx", static_cast<unsigned long long>(offset));
  return "segment " + segment.file_name() + " offset " + hex.data() + " seq " +
         std::to_string(sequence) + ": " + std::string(why);
}

}  // namespace steelyard::log
