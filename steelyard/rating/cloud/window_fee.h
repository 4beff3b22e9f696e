#pragma once

#include "steelyard/base/result.h"
#include "steelyard/rating/cloud/cells.h"
#include "steelyard/rating/cloud/row_table.h"

namespace steelyard::rating::cloud {

using Lines = boost::container::small_vector<Line, 1>;

/// The lines of one window: F(set of facts). A quantity is kept to twelve decimals, half up,
/// and so is the amount of a line; the item's own money rules come behind, each as a line.
/// Errors: above_top_tier, invalid_quantity (too large).
[[nodiscard]] Result<Lines> window_fee(const Priced& cell, const SlotTable& slots, RowTable& rows);

/// `after` minus `before`, added to what is there. Rows stay unsorted.
void add_difference(const Lines& before, const Lines& after, std::vector<Line>& to);

/// Sums lines of the same row, leaves out what is 0, and posts what rounding has moved between
/// two windows' fees, so that every line obeys quantity × price ÷ per = amount.
void settle(std::vector<Line>& lines, RowTable& rows);
inline void settle(std::vector<Line>& lines, RowTable& rows, const std::vector<PreparedItem>&) {
  settle(lines, rows);
}

}  // namespace steelyard::rating::cloud
