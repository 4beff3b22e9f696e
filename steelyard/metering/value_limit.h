#pragma once

#include <cstdint>

#include "steelyard/metering/rule.h"
#include "steelyard/metering/shape.h"
#include "steelyard/money/rational.h"

namespace steelyard::metering {

/// What one sample may be, whatever others there are: so small and so coarse that sums of samples
/// fit into 128 bits. Whether a fact is refused is then a function of the fact, not of the order
/// in which facts come.
struct ValueLimit {
  money::Rational largest;
  money::int128 parts = 1;  ///< A value is a whole number of 1/parts.

  bool admits(const money::Rational& value) const {
    if (value.is_too_large() || largest < (value.is_negative() ? -value : value)) return false;
    const money::int128 divisor = value.denominator();
    const auto short_parts = static_cast<std::int64_t>(parts);
    const auto short_divisor = static_cast<std::int64_t>(divisor);
    if (short_parts == parts && short_divisor == divisor) return short_parts % short_divisor == 0;
    return parts % divisor == 0;
  }
};

/// Of a dim in windows of a kind: 10^12 units; an integral's area in a window is at most 10^25
/// unit-nanoseconds. Twelve decimals, as the numbers of a fact have, and what `each` adds to them;
/// so the product of two numbers of a fact has twelve decimals, too.
ValueLimit value_limit(const Dim& dim, WindowKind window, const std::vector<PlainStep>& each);

}  // namespace steelyard::metering
