#pragma once

#include <cstdint>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/charge_model/price.h"
#include "steelyard/money/rational.h"

namespace steelyard::charge_model {

/// A part of a quantity and what it costs: quantity × price ÷ per, before any rounding.
struct Slice {
  std::uint32_t bracket = 0;  ///< Which row.
  bool is_flat = false;       ///< The flat part of a stairstep: quantity 1.
  money::Rational quantity;
  money::Decimal price;
};

/// Cuts a quantity into slices, which is what a kernel is. `before` is what came earlier in
/// the same window at other prices: it fills brackets but costs nothing here.
///
/// Requires: brackets by rising bound, at least one; quantity >= 0.
/// Ensures: no slice for a quantity of 0; slices of per_unit, graduated and volume add up to
/// the quantity. Errors: above_top_tier, where the last bracket is closed.
///
/// per_unit   q × p
/// graduated  each unit at the price of the bracket that it falls in
/// volume     all of it at the price of the one bracket that contains before + q
/// stairstep  flat + (q − base) × unit, of the one bracket that contains before + q
/// Source: charge-models, section 4. Shown by scenarios/cloud.
[[nodiscard]] Result<std::vector<Slice>> slices(Kernel kernel, const Price& price,
                                                const money::Rational& before,
                                                const money::Rational& quantity);

}  // namespace steelyard::charge_model
