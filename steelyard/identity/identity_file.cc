#include "steelyard/identity/identity_file.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "steelyard/base/check.h"
#include "steelyard/base/hash.h"
#include "steelyard/log/bytes.h"
#include "steelyard/log/crc32c.h"
#include "steelyard/log/file_io.h"

namespace steelyard::identity {
namespace {

using log::load;
using log::store;

constexpr std::string_view magic = "SYIDENT\n";
constexpr std::uint32_t format_version = 1;
constexpr std::size_t block_bytes = 1024;
constexpr std::size_t checked_bytes = block_bytes - sizeof(std::uint32_t);
constexpr std::size_t entries_per_block = checked_bytes / sizeof(IdentityEntry);
constexpr std::size_t header_checked_bytes = 36;
constexpr std::size_t pending_bytes_max = std::size_t{1} << 20;

std::unexpected<Error> malformed(const std::string& path, std::string_view why) {
  return failure(ErrorCode::file_is_malformed, path + ": " + std::string(why));
}

std::string_view bytes_of(const std::vector<std::uint64_t>& index) {
  return {reinterpret_cast<const char*>(index.data()), index.size() * sizeof(std::uint64_t)};
}

struct Header {
  std::uint64_t entry_count = 0;
  std::uint64_t filter_bytes = 0;
  std::uint32_t index_checksum = 0;
  std::uint32_t filter_checksum = 0;

  std::size_t block_count() const {
    return static_cast<std::size_t>((entry_count + entries_per_block - 1) / entries_per_block);
  }
};

std::string encode(const Header& header) {
  std::string bytes(block_bytes, '\0');
  std::ranges::copy(magic, bytes.data());
  store(bytes.data() + 8, format_version);
  store(bytes.data() + 12, header.index_checksum);
  store(bytes.data() + 16, header.entry_count);
  store(bytes.data() + 24, header.filter_bytes);
  store(bytes.data() + 32, header.filter_checksum);
  store(bytes.data() + header_checked_bytes,
        log::crc32c(std::string_view(bytes).substr(0, header_checked_bytes)));
  return bytes;
}

std::optional<Header> decode(std::string_view bytes) {
  if (!bytes.starts_with(magic) || load<std::uint32_t>(bytes.data() + 8) != format_version ||
      log::crc32c(bytes.substr(0, header_checked_bytes)) !=
          load<std::uint32_t>(bytes.data() + header_checked_bytes)) {
    return std::nullopt;
  }
  return Header{load<std::uint64_t>(bytes.data() + 16), load<std::uint64_t>(bytes.data() + 24),
                load<std::uint32_t>(bytes.data() + 12), load<std::uint32_t>(bytes.data() + 32)};
}

}  // namespace

Result<std::shared_ptr<const IdentityFile>> IdentityFile::open(log::Files& files,
                                                               const std::string& path) {
  auto opened = files.open(path, log::OpenMode::read);
  if (!opened.has_value()) return std::unexpected(log::error_of(opened.error(), "open", path));
  const auto file = std::make_shared<IdentityFile>();
  file->path_ = path;
  file->file_ = *std::move(opened);
  const auto size = file->file_->size();
  if (!size.has_value()) return std::unexpected(log::error_of(size.error(), "size", path));

  std::uint64_t offset = 0;
  const auto read = [&](char* to, std::size_t wanted) -> Result<void> {
    const auto count = log::read_up_to(*file->file_, to, wanted, offset);
    if (!count.has_value()) return std::unexpected(log::error_of(count.error(), "read", path));
    if (*count < wanted) return malformed(path, "it ends early");
    offset += wanted;
    return {};
  };
  std::array<char, block_bytes> head{};
  STEELYARD_PASS(read(head.data(), head.size()));
  const std::optional<Header> header = decode({head.data(), head.size()});
  if (!header.has_value()) return malformed(path, "the header does not fit its checksum");
  const std::size_t blocks = header->block_count();
  if (*size != block_bytes * (blocks + 1) + blocks * sizeof(std::uint64_t) + header->filter_bytes) {
    return malformed(path, "it has another size than its header says");
  }
  file->entry_count_ = header->entry_count;
  file->index_.resize(blocks);
  offset = block_bytes * (blocks + 1);
  STEELYARD_PASS(
      read(reinterpret_cast<char*>(file->index_.data()), blocks * sizeof(std::uint64_t)));
  if (log::crc32c(bytes_of(file->index_)) != header->index_checksum) {
    return malformed(path, "the index does not fit its checksum");
  }
  std::string filter(header->filter_bytes, '\0');
  STEELYARD_PASS(read(filter.data(), filter.size()));
  if (log::crc32c(filter) != header->filter_checksum) {
    return malformed(path, "the filter does not fit its checksum");
  }
  file->filter_ = IdentityFilter(std::string_view(filter));
  return std::shared_ptr<const IdentityFile>(file);
}

/// The first block that can hold a key with that `high`: keys are hashes, so their places are
/// almost where they would be if they were evenly spread.
std::size_t IdentityFile::block_of(std::uint64_t high) const {
  auto at = static_cast<std::size_t>((base::uint128{high} * index_.size()) >> 64);
  while (at > 0 && index_[at] >= high) --at;
  while (at + 1 < index_.size() && index_[at + 1] < high) ++at;
  return at;
}

Result<std::vector<IdentityEntry>> IdentityFile::block(std::size_t number) const {
  std::array<char, block_bytes> bytes;  // NOLINT: it is read into.
  const std::uint64_t offset = block_bytes * (std::uint64_t{number} + 1);
  const auto count = log::read_up_to(*file_, bytes.data(), bytes.size(), offset);
  if (!count.has_value()) return std::unexpected(log::error_of(count.error(), "read", path_));
  if (*count < bytes.size() || log::crc32c({bytes.data(), checked_bytes}) !=
                                   load<std::uint32_t>(bytes.data() + checked_bytes)) {
    return malformed(path_, "block " + std::to_string(number) + " does not fit its checksum");
  }
  const std::uint64_t before = std::uint64_t{number} * entries_per_block;
  std::vector<IdentityEntry> entries(
      std::min<std::uint64_t>(entries_per_block, entry_count_ - before));
  std::memcpy(entries.data(), bytes.data(), entries.size() * sizeof(IdentityEntry));
  return entries;
}

Result<std::optional<IdentityEntry>> IdentityFile::find(IdentityKey key) const {
  if (index_.empty() || !filter_.may_have(key)) return std::nullopt;
  for (std::size_t at = block_of(key.high); at < index_.size() && index_[at] <= key.high; ++at) {
    STEELYARD_TRY(entries, block(at));
    const auto found = std::ranges::lower_bound(entries, key, {}, &IdentityEntry::key);
    if (found != entries.end()) {
      if (found->key == key) return *found;
      return std::nullopt;
    }
  }
  return std::nullopt;
}

Result<IdentityFileWriter> IdentityFileWriter::create(log::Files& files, const std::string& path,
                                                      std::uint64_t entry_count) {
  IdentityFileWriter writer;
  auto file = files.open(path, log::OpenMode::create);
  if (!file.has_value()) return std::unexpected(log::error_of(file.error(), "create", path));
  writer.path_ = path;
  writer.file_ = *std::move(file);
  writer.announced_ = entry_count;
  writer.offset_ = block_bytes;
  writer.filter_ = IdentityFilter(entry_count);
  writer.pending_.reserve(pending_bytes_max + block_bytes);
  return writer;
}

Result<void> IdentityFileWriter::flush() {
  if (const auto is = log::write_all(*file_, pending_, offset_); !is.has_value()) {
    return std::unexpected(log::error_of(is.error(), "write", path_));
  }
  offset_ += pending_.size();
  pending_.clear();
  return {};
}

Result<void> IdentityFileWriter::write(std::string_view bytes) {
  pending_ += bytes;
  if (pending_.size() >= pending_bytes_max) return flush();
  return {};
}

Result<void> IdentityFileWriter::end_block() {
  block_.resize(block_bytes, '\0');
  store(block_.data() + checked_bytes,
        log::crc32c(std::string_view(block_).substr(0, checked_bytes)));
  STEELYARD_PASS(write(block_));
  block_.clear();
  return {};
}

Result<void> IdentityFileWriter::add(const IdentityEntry& entry) {
  if (block_.empty()) index_.push_back(entry.key.high);
  filter_.add(entry.key);
  block_.append(reinterpret_cast<const char*>(&entry), sizeof entry);
  ++added_;
  if (block_.size() == entries_per_block * sizeof entry) return end_block();
  return {};
}

Result<void> IdentityFileWriter::finish() {
  STEELYARD_CHECK(added_ == announced_);
  if (!block_.empty()) STEELYARD_PASS(end_block());
  STEELYARD_PASS(write(bytes_of(index_)));
  STEELYARD_PASS(write(filter_.bytes()));
  STEELYARD_PASS(flush());
  const Header header{added_, filter_.memory_bytes(), log::crc32c(bytes_of(index_)),
                      log::crc32c(filter_.bytes())};
  if (const auto is = log::write_all(*file_, encode(header), 0); !is.has_value()) {
    return std::unexpected(log::error_of(is.error(), "write", path_));
  }
  if (const auto is = file_->fsync(); !is.has_value()) {
    return failure(ErrorCode::storage_failed, log::error_of(is.error(), "sync", path_).detail);
  }
  return {};
}

}  // namespace steelyard::identity
