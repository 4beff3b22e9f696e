#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>

namespace steelyard::node {

/// The wall clock, as long as it goes on as a steady one does. When it jumps by more than
/// `jump_micros`, it is not believed until it comes back, or the program is started again: time
/// goes on as the steady clock says, so that nothing expires, and nothing is of another day,
/// because somebody set a clock wrongly.
class TrustedClock {
 public:
  static constexpr std::int64_t jump_micros = std::int64_t{5} * 60 * 1'000'000;

  struct Source {
    std::function<std::int64_t()> wall_micros;    ///< Since 1970, UTC.
    std::function<std::int64_t()> steady_micros;  ///< None: the wall clock is always believed.
    /// Told when it jumps, with by how much, and with 0 when it is believed again.
    std::function<void(std::int64_t)> jumped = [](std::int64_t) {};
  };

  explicit TrustedClock(Source source);

  /// Microseconds since 1970, UTC. Thread-safe.
  std::int64_t now_micros();
  bool is_suspect() const { return is_suspect_.load(std::memory_order_relaxed); }

 private:
  Source source_;
  std::mutex mutex_;
  std::int64_t believed_wall_ = 0;  // Both were read at the same moment.
  std::int64_t believed_steady_ = 0;
  std::atomic<bool> is_suspect_{false};
};

}  // namespace steelyard::node
