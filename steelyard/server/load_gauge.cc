#include "steelyard/server/load_gauge.h"

#include <algorithm>

#include "steelyard/base/check.h"

namespace steelyard::server {

LoadGauge::LoadGauge(std::size_t threads)
    : threads_(threads), late_(std::make_unique<std::atomic<std::int64_t>[]>(threads)) {}

void LoadGauge::fired(std::size_t thread, Time late, Time now) {
  STEELYARD_CHECK(thread < threads_);
  late_[thread].store(late.count(), std::memory_order_relaxed);
  if (thread != 0 || now - second_began_ < std::chrono::seconds(1)) return;
  const std::uint64_t answered = answered_.load(std::memory_order_relaxed);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(now - second_began_);
  const auto ms = static_cast<std::uint64_t>(took.count());
  per_second_.store((answered - answered_before_) * 1'000 / ms, std::memory_order_relaxed);
  answered_before_ = answered;
  second_began_ = now;
}

bool LoadGauge::is_too_much(std::size_t open_requests) const {
  std::int64_t latest = 0;
  for (std::size_t i = 0; i < threads_; ++i) {
    latest = std::max(latest, late_[i].load(std::memory_order_relaxed));
  }
  const Time late(latest);
  if (late < busy || open_requests < open_always) return false;
  const std::uint64_t per_second = per_second_.load(std::memory_order_relaxed);
  constexpr std::uint64_t waits_in_a_second = std::chrono::seconds(1) / wait;
  return late >= too_late || open_requests > per_second / waits_in_a_second;
}

}  // namespace steelyard::server
