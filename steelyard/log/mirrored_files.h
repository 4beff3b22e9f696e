#pragma once

#include <atomic>
#include <condition_variable>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "steelyard/log/files.h"

namespace steelyard::log {

/// Two folders that get the same calls, so that they stay the same: what changes one changes the
/// other, and a call succeeds when both have done it. What is only read is read from the first.
/// Both are synced at the same time, which takes as long as the slower disk.
///
/// What one disk did and the other refused is left for `Mirror` and the log's own recovery.
class MirroredFiles final : public Files {
 public:
  /// `files` must outlive it. Paths that do not begin with `first` are of one folder only.
  MirroredFiles(Files& files, std::string first, std::string second);
  ~MirroredFiles() override;

  Io<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Io<void> make_directory(const std::string& path) override;
  Io<std::vector<std::string>> list(const std::string& directory) override;
  Io<void> rename(const std::string& from, const std::string& to) override;
  Io<void> unlink(const std::string& path) override;
  Io<void> fsync_directory(const std::string& path) override;
  /// Of both: another one where either is another file.
  Io<FileIdentity> identity(const std::string& path) override;
  Io<std::unique_ptr<File>> lock(const std::string& path) override;

  /// What both did: an error of the second is noted as such.
  Io<void> both(const Io<void>& first, const Io<void>& second);
  std::unexpected<int> second_failed(int error);
  /// Whether the second has refused what the first did, since it was asked last. Behind a failure,
  /// it says which disk to look at.
  bool has_second_failed() { return second_has_failed_.exchange(false); }

  /// Does both at the same time. For one thread.
  Io<void> together(const std::function<Io<void>()>& first,
                    const std::function<Io<void>()>& second);

 private:
  bool is_mirrored(const std::string& path) const;
  std::string second(const std::string& path) const;
  void run();

  std::atomic<bool> second_has_failed_ = false;
  Files& files_;
  std::string first_;
  std::string second_;

  std::mutex mutex_;
  std::condition_variable changed_;
  const std::function<Io<void>()>* job_ = nullptr;  ///< That waits or is being done.
  Io<void> done_;
  bool is_over_ = false;
  std::thread thread_;
};

}  // namespace steelyard::log
