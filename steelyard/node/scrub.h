#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include "steelyard/base/result.h"
#include "steelyard/log/local_log.h"

namespace steelyard::node {

/// Reads the records [from, to) and looks at nothing but their checksums. Errors: log_is_damaged
/// with the place, storage_failed.
[[nodiscard]] Result<void> check_log(const log::LocalLog& log, std::uint64_t from,
                                     std::uint64_t to);

/// The first record of the last `count` segments.
std::uint64_t begin_of_last_segments(const log::LocalLog& log, std::size_t count);

/// Reads the log slowly, on a thread of its own: what stands before a sequence at once, all of it
/// every day. So that damage is found while there is a backup of it, and not when it is needed.
/// Where the log has a mirror, both copies are compared, and one is mended by the other (B21).
class Scrub {
 public:
  /// `damaged` is told once; the scrub ends then.
  Scrub(const log::LocalLog& log, std::uint64_t before, std::function<void(const Error&)> damaged);
  ~Scrub();
  Scrub(const Scrub&) = delete;
  Scrub& operator=(const Scrub&) = delete;

 private:
  void run(std::uint64_t before);
  Result<void> read_slowly(std::uint64_t before);
  Result<void> compare_slowly();
  template <class Duration>
  bool waits(Duration duration);

  const log::LocalLog* log_;
  std::function<void(const Error&)> damaged_;
  std::mutex mutex_;
  std::condition_variable over_;
  bool is_over_ = false;
  std::thread thread_;
};

}  // namespace steelyard::node
