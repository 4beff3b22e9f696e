#include "steelyard/node/trusted_clock.h"

#include <utility>

namespace steelyard::node {

TrustedClock::TrustedClock(Source source) : source_(std::move(source)) {
  if (!source_.steady_micros) return;
  believed_wall_ = source_.wall_micros();
  believed_steady_ = source_.steady_micros();
}

std::int64_t TrustedClock::now_micros() {
  if (!source_.steady_micros) return source_.wall_micros();
  const std::lock_guard lock(mutex_);
  const std::int64_t wall = source_.wall_micros();
  const std::int64_t steady = source_.steady_micros();
  const std::int64_t expected = believed_wall_ + (steady - believed_steady_);
  const std::int64_t jump = wall - expected;
  const bool is_jump = jump > jump_micros || jump < -jump_micros;
  if (is_jump != is_suspect()) {
    is_suspect_.store(is_jump, std::memory_order_relaxed);
    source_.jumped(is_jump ? jump : 0);
  }
  if (is_jump) return expected;
  believed_wall_ = wall;
  believed_steady_ = steady;
  return wall;
}

}  // namespace steelyard::node
