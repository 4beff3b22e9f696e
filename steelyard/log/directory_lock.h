#pragma once

#include <memory>
#include <string>

#include "steelyard/base/result.h"
#include "steelyard/log/files.h"

namespace steelyard::log {

/// A data directory belongs to one process at a time: flock on DIR/lock, which says whose it
/// is. The kernel frees it when the process ends, however it ends. On NFS it holds only where
/// the server passes flock on.
class DirectoryLock {
 public:
  /// Errors: directory_is_locked ("locked by pid 17 since 2026-11-25T12:00:00Z"),
  /// storage_failed, disk_full.
  [[nodiscard]] static Result<DirectoryLock> take(Files& files, const std::string& directory);

 private:
  std::unique_ptr<File> file_;
};

}  // namespace steelyard::log
