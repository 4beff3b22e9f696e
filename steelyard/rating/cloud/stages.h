#pragma once

#include <optional>

#include "steelyard/base/result.h"
#include "steelyard/rating/cloud/cells.h"

namespace steelyard::rating::cloud {

/// What a leaf gives: its dims, shaped and combined. Errors: above_top_tier (no row of a cover
/// table is large enough), invalid_quantity.
[[nodiscard]] Result<Parts> output_of(const Leaf& leaf, const SlotTable& slots);

/// What a pool gives: its members together, shaped. Errors: invalid_quantity.
[[nodiscard]] Result<Parts> output_of(const Pooled& pooled, const SlotTable& slots);

/// Parts of two settings, by canonical order of their slots.
void sort_parts(Parts& parts, const SlotTable& slots);

}  // namespace steelyard::rating::cloud
