#pragma once

#include <cstdint>

#include "steelyard/base/limits.h"
#include "steelyard/base/time.h"

namespace steelyard::ledger {

inline constexpr std::uint32_t nanoseconds_of_a_second = 1'000'000'000;

/// 1970 to 2200, so that a time to live can be added.
constexpr bool is_in_range(base::Instant at) {
  return at.seconds >= limits::usage_second_min && at.seconds <= limits::usage_second_max &&
         at.nanoseconds < nanoseconds_of_a_second;
}

/// Requires: micros >= 0, and both in range.
constexpr base::Instant later(base::Instant at, std::int64_t micros) {
  const std::int64_t nanoseconds = at.nanoseconds + micros % 1'000'000 * 1'000;
  return {at.seconds + micros / 1'000'000 + nanoseconds / nanoseconds_of_a_second,
          static_cast<std::uint32_t>(nanoseconds % nanoseconds_of_a_second)};
}

}  // namespace steelyard::ledger
