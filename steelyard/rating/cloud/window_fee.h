#pragma once

#include "steelyard/base/result.h"
#include "steelyard/rating/cloud/cells.h"
#include "steelyard/rating/cloud/row_table.h"

namespace steelyard::rating::cloud {

/// The lines of one window: F(set of facts), exact. Where the item has money rules, quantities
/// and amounts are rounded half up at the twelfth decimal here, and what the rules change comes
/// behind as lines of its own. They take the place of what is in `lines`, whose memory is used
/// again. Errors: above_top_tier, invalid_quantity (too large).
[[nodiscard]] Result<void> window_fee(const Priced& cell, const SlotTable& slots, RowTable& rows,
                                      FeeLines& lines);

/// `after` minus `before`, added to what is there. Rows stay unsorted.
void add_difference(const FeeLines& before, const FeeLines& after, std::vector<FeeLine>& to);

/// Sums lines of the same row, leaves out what is 0, and posts what rounding has moved between
/// two windows' fees, so that every line obeys quantity × price ÷ per = amount.
void settle(Lines& lines, RowTable& rows);

}  // namespace steelyard::rating::cloud
