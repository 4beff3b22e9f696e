#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/identity/identities.h"
#include "steelyard/identity/identity_entry.h"
#include "steelyard/identity/identity_file.h"
#include "steelyard/identity/recent_identities.h"
#include "steelyard/log/files.h"

namespace steelyard::identity {

struct StoreOptions {
  log::Files* files = nullptr;  ///< Nothing: the machine's.
  std::uint64_t seed = 0;       ///< That the keys are made with: the same at every start.
  std::size_t recent_max = 1'500'000;
  /// Files are merged up to here, so that writing one takes seconds at most.
  std::uint64_t file_entries_max = 16'000'000;
};

/// The identities of all facts for ever: the recent ones in a table in memory, the older ones in
/// sorted files, of which only a filter and an index are in memory.
///
/// It is made from the log and can be made again: `open` says up to which sequence it knows the
/// facts, and the caller inserts those from there on once more. When the table is full, or at a
/// checkpoint, it is written by a thread of its own, joined with smaller files; answers do not
/// depend on when. One thread at a time may call.
///
/// An id of a fact that was there costs a read of 1 KiB, as does one new id in about 2,000 for
/// each file. At 50 million ids there are about six files.
class IdentityStore {
 public:
  /// In `directory`, which is created. Errors: file_is_malformed (a file is damaged: `discard`,
  /// open again, and replay the log from its beginning), storage_failed, disk_full.
  [[nodiscard]] static Result<std::unique_ptr<IdentityStore>> open(const std::string& directory,
                                                                   const StoreOptions& options);

  /// Removes what `open` would read.
  [[nodiscard]] static Result<void> discard(const std::string& directory, log::Files* files);

  /// Waits for what is being written. What is in the table only is forgotten.
  ~IdentityStore();
  IdentityStore(const IdentityStore&) = delete;
  IdentityStore& operator=(const IdentityStore&) = delete;

  /// Brings what `insert` will look at into the cache.
  void prefetch(IdentityKey key) const;

  /// Remembers a fact if it is the first of its identity. A fact that comes again under its own
  /// sequence, as in a replay, is the first again; so is one that was forgotten when it came, of
  /// which a later one is known.
  /// Requires: sequences are at least 1 and rise from call to call, one for each fact.
  /// Errors: file_is_malformed and storage_failed of a file that is read; disk_full and
  /// storage_failed when the table is full and can not be written: it is tried again each time.
  [[nodiscard]] Result<Known> insert(IdentityKey key, std::uint64_t fingerprint,
                                     std::uint64_t sequence);

  /// Requires: the key was the last to be inserted.
  void forget(IdentityKey key, std::uint64_t sequence);

  /// Begins to write the table. Requires: all facts below `end_sequence` were inserted, and
  /// none from it on. Waits if the last one is still being written.
  [[nodiscard]] Result<void> begin_checkpoint(std::uint64_t end_sequence);

  /// The same, until it is durable.
  [[nodiscard]] Result<void> checkpoint(std::uint64_t end_sequence);

  /// Takes note of what was written meanwhile. Errors: as begin_checkpoint; it is tried again with
  /// the next one.
  [[nodiscard]] Result<void> poll();

  /// All facts below this sequence are known after a restart.
  std::uint64_t known_end() const { return known_end_; }

  std::uint64_t size() const;
  std::size_t file_count() const { return files_.size(); }
  std::size_t memory_bytes() const;

 private:
  struct NumberedFile {
    std::uint64_t number = 0;
    std::shared_ptr<const IdentityFile> file;
  };
  struct Written {
    std::vector<NumberedFile> files;
    std::uint64_t end_sequence = 1;
  };

  IdentityStore(std::string directory, const StoreOptions& options);
  Result<void> read_manifest();
  Result<void> remove_unnamed_files();
  std::string path_of(std::uint64_t number) const;
  std::string manifest_of(const Written& written) const;
  Result<std::optional<IdentityEntry>> find(IdentityKey key) const;
  void begin_writing();
  Result<Written> write(std::vector<NumberedFile> files, std::uint64_t number) const;
  Result<std::shared_ptr<const IdentityFile>> write_file(const std::vector<NumberedFile>& joined,
                                                         std::uint64_t number,
                                                         std::uint64_t entry_count) const;
  Result<void> finish_writing();
  std::unique_ptr<RecentIdentities> empty_table();

  std::string directory_;
  StoreOptions options_;
  log::Files& disk_;
  std::uint64_t seed_;
  std::unique_ptr<RecentIdentities> recent_;
  std::unique_ptr<RecentIdentities> frozen_;  ///< Being written, or to be tried again.
  std::uint64_t frozen_end_ = 1;
  std::vector<NumberedFile> files_;  ///< The oldest first.
  std::uint64_t next_number_ = 1;
  std::uint64_t known_end_ = 1;
  std::future<Result<Written>> writing_;
  std::future<void> retiring_;                               ///< Lets go of joined files.
  std::future<std::unique_ptr<RecentIdentities>> clearing_;  ///< The table that was written.
  std::atomic<bool> is_written_ = false;
};

}  // namespace steelyard::identity
