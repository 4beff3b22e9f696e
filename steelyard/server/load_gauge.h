#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace steelyard::server {

/// Whether more is asked for than can be done, so that what can wait should be refused before it
/// is read. Two signs, seen by the threads that serve connections:
///
/// * a timer of a thread fires late, by the time that the thread needs for what is ready;
/// * and more requests are open than are answered in `wait`, by the rate of the last second, so
/// that
///   a new one would wait for longer. Open ones alone are no sign: their senders may be slow.
///
/// Thread-safe; its times are given.
class LoadGauge {
 public:
  using Time = std::chrono::nanoseconds;  ///< Of a steady clock.

  static constexpr std::chrono::milliseconds busy{25};       ///< Later: a thread has no pauses.
  static constexpr std::chrono::milliseconds too_late{500};  ///< Later: nothing more is taken.
  static constexpr std::chrono::milliseconds wait{250};
  static constexpr std::size_t open_always = 64;  ///< So many may be open in any case.

  explicit LoadGauge(std::size_t threads);

  /// A timer of the thread fired at `now`, so much after its time.
  void fired(std::size_t thread, Time late, Time now);
  void answered() { answered_.fetch_add(1, std::memory_order_relaxed); }

  bool is_too_much(std::size_t open_requests) const;

 private:
  const std::size_t threads_;
  std::unique_ptr<std::atomic<std::int64_t>[]> late_;  ///< In ns, of each thread.
  std::atomic<std::uint64_t> answered_{0};
  std::atomic<std::uint64_t> per_second_{0};
  std::uint64_t answered_before_ = 0;  ///< These two: of thread 0.
  Time second_began_{0};
};

}  // namespace steelyard::server
