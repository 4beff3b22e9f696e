#pragma once

#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/charge_model/fee.h"

namespace steelyard::charge_model {

/// The whole quantity at the price of the one row that contains it.
/// Errors: above_top_tier.
[[nodiscard]] Result<std::vector<Slice>> volume(const Price& price, const money::Rational& before,
                                                const money::Rational& quantity);

}  // namespace steelyard::charge_model
