#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/identity/identity_entry.h"
#include "steelyard/identity/identity_filter.h"
#include "steelyard/log/files.h"

namespace steelyard::identity {

// A file of identities, sorted by key, never changed once it is written. Little-endian.
//
//   offset  bytes
//        0      8  magic "SYIDENT\n"
//        8      4  format: 1
//       12      4  CRC32C of the index
//       16      8  entries
//       24      8  bytes of the filter
//       32      4  CRC32C of the filter
//       36      4  CRC32C of bytes 0 to 35
//       40      …  zeros up to 1024
//     1024      …  blocks of 1024 bytes: 31 entries of 32 bytes (the last block: what is
//                  left), zeros up to 1020, CRC32C of these 1020 bytes
//                  index: the `high` of the first key of each block, 8 bytes each
//                  filter

/// One such file, open: its index and its filter in memory, its blocks on the disk.
class IdentityFile {
 public:
  /// Errors: file_is_malformed (with what does not fit), storage_failed.
  [[nodiscard]] static Result<std::shared_ptr<const IdentityFile>> open(log::Files& files,
                                                                        const std::string& path);

  void prefetch(IdentityKey key) const { filter_.prefetch(key); }

  /// Reads a block of the file, if the filter does not say that the key is not there.
  /// Errors: file_is_malformed, storage_failed.
  [[nodiscard]] Result<std::optional<IdentityEntry>> find(IdentityKey key) const;

  /// All entries of one block. Errors: as find.
  [[nodiscard]] Result<std::vector<IdentityEntry>> block(std::size_t number) const;

  std::uint64_t size() const { return entry_count_; }
  std::size_t block_count() const { return index_.size(); }
  std::size_t memory_bytes() const {
    return filter_.memory_bytes() + index_.capacity() * sizeof(std::uint64_t);
  }

 private:
  std::size_t block_of(std::uint64_t high) const;

  std::string path_;
  std::unique_ptr<log::File> file_;
  std::uint64_t entry_count_ = 0;
  std::vector<std::uint64_t> index_;
  IdentityFilter filter_;
};

/// Writes such a file from entries in the order of their keys, and syncs it; not its directory.
class IdentityFileWriter {
 public:
  /// Errors of all calls: disk_full, storage_failed.
  [[nodiscard]] static Result<IdentityFileWriter> create(log::Files& files, const std::string& path,
                                                         std::uint64_t entry_count);
  [[nodiscard]] Result<void> add(const IdentityEntry& entry);
  /// Requires: as many entries were added as were announced.
  [[nodiscard]] Result<void> finish();

 private:
  IdentityFileWriter() = default;
  Result<void> end_block();
  Result<void> write(std::string_view bytes);
  Result<void> flush();

  std::string path_;
  std::unique_ptr<log::File> file_;
  std::uint64_t announced_ = 0;
  std::uint64_t added_ = 0;
  std::uint64_t offset_ = 0;
  std::string block_;
  std::string pending_;
  std::vector<std::uint64_t> index_;
  IdentityFilter filter_;
};

}  // namespace steelyard::identity
