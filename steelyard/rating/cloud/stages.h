#pragma once

#include <optional>

#include "steelyard/base/result.h"
#include "steelyard/rating/cloud/cells.h"

namespace steelyard::rating::cloud {

/// What was done to a quantity, for people.
struct StepLog {
  struct Step {
    std::optional<std::size_t> dim;  ///< Of one dim alone; none: of the stage.
    metering::PlainStep step;
    money::Rational before;
    money::Rational after;
    money::Rational allowance{};  ///< What was measured of the other meter, if `step` reads it.
  };
  std::vector<money::Rational> measured;  ///< By dim; of a pool, all that it has.
  std::vector<Step> steps;
};

/// What a leaf gives: its dims, shaped and combined. Errors: above_top_tier (no row of a cover
/// table is large enough), invalid_quantity.
[[nodiscard]] Result<Parts> output_of(const Leaf& leaf, const SlotTable& slots,
                                      StepLog* log = nullptr);

/// What a pool gives: its members together, shaped. Errors: invalid_quantity.
[[nodiscard]] Result<Parts> output_of(const Pooled& pooled, const SlotTable& slots,
                                      StepLog* log = nullptr);

/// Parts of two settings, by canonical order of their slots.
void sort_parts(Parts& parts, const SlotTable& slots);

}  // namespace steelyard::rating::cloud
