#pragma once

#include <vector>

#include "steelyard/metering/rule.h"
#include "steelyard/money/rational.h"

namespace steelyard::metering {

/// A step whose numbers were looked up: what is left is arithmetic.
struct PlainStep {
  enum class Kind : std::uint8_t {
    scale,
    round_up,
    round_down,
    round_half_up,
    at_least,
    at_least_even_zero,
    at_most,
    less,
    less_measured,  ///< Less `number` × another meter.
    short_of,
    combine_max,
    combine_sum,
    combine_product,
    combine_cover,
  };
  Kind kind = Kind::scale;
  money::Rational number{};

  bool is_unknown = false;  ///< The number is a placeholder: only 0 can pass.

  std::uint32_t allowance = 0;  ///< Of less_measured: which other meter.
  std::optional<money::Rational> rounded =
      std::nullopt;                                   ///< Of less_measured: to a multiple of this,
  Round::Direction direction = Round::Direction::up;  ///< in this direction.
};

/// Combines quantities. Requires: `step` combines, not by a cover table.
money::Rational combined(PlainStep::Kind kind, const std::vector<money::Rational>& quantities);

/// q to a multiple of `step`.
money::Rational rounded(const money::Rational& q, Round::Direction direction,
                        const money::Rational& step);

/// One step on one quantity; not for combining. `allowances` are the other meters, by number.
money::Rational apply(const PlainStep& step, const money::Rational& q,
                      const std::vector<money::Rational>& allowances);

}  // namespace steelyard::metering
