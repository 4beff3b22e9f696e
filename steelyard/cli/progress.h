#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace steelyard::cli {

/// A progress bar on standard error: only on a terminal, and only once the work has taken
/// long enough to wonder.
class Progress {
 public:
  /// The size of the work is that of the files; unknown where one is a pipe.
  Progress(const std::vector<std::string>& files, bool is_quiet);

  /// May be called by any thread, as often as it likes.
  void show(std::uint64_t bytes_done);

  /// Takes the bar away.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;

  std::string bar(std::uint64_t bytes_done, Clock::duration elapsed) const;

  bool is_on_ = false;
  std::uint64_t bytes_total_ = 0;  // 0: unknown.
  Clock::time_point begin_ = Clock::now();
  std::mutex mutex_;
  Clock::time_point next_ = begin_ + std::chrono::milliseconds(400);
  bool is_shown_ = false;
};

}  // namespace steelyard::cli
