#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "steelyard/base/result.h"
#include "steelyard/log/files.h"
#include "steelyard/log/local_log.h"

namespace steelyard::node {

/// Records from `first` to `last`; none if `last` is less.
struct RecordRange {
  std::uint64_t first = 1;
  std::uint64_t last = 0;

  bool is_empty() const { return last < first; }
  bool contains(std::uint64_t sequence) const { return first <= sequence && sequence <= last; }
  bool overlaps(const RecordRange& other) const {
    return !is_empty() && !other.is_empty() && first <= other.last && other.first <= last;
  }
};

/// Keeps a record that ends the process from ending it at every start. Where a start is, stands in
/// DIR/replaying while it goes on; when two ended there at the same record, the third refuses to
/// apply it. It is not skipped: what the log says holds. Only what the program does to itself
/// counts (a failed check, a wrong address): who kills it, and power that fails, say nothing of a
/// record.
///
/// 0 stands for what is kept, which is taken up before the first record. What a start notes is
/// written and not synced: the cache of the machine outlives a process.
class ReplayGuard {
 public:
  static constexpr std::uint32_t ends_max = 2;

  /// Reads what the last start left. Only then does a guard watch; without room on the disk it does
  /// not. Errors: record_ends_server, with the record, where it stands and what can be done;
  /// storage_failed.
  [[nodiscard]] static Result<ReplayGuard> begin(const std::string& directory,
                                                 const log::LocalLog& log,
                                                 log::Files& files = log::real_files());

  /// That does not watch.
  ReplayGuard() = default;

  /// Records that the last start did not survive: they are applied one by one, so that it is known
  /// which of them it was.
  const RecordRange& suspects() const { return ended_; }

  /// These are applied now.
  void note(const RecordRange& applying);

  /// All are. Errors: storage_failed.
  [[nodiscard]] Result<void> end();

 private:
  log::Files* files_ = nullptr;
  std::string path_;
  std::unique_ptr<log::File> file_;
  RecordRange ended_;
};

}  // namespace steelyard::node
