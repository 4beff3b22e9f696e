#pragma once

#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/charge_model/fee.h"

namespace steelyard::charge_model {

/// Each unit at the price of the bracket that it falls in: bandwidth by size, monthly traffic.
/// 20 Mbit/s at 0.04 up to 5 and 0.14 above cost 5 × 0.04 + 15 × 0.14 (B-SLB-1).
/// Errors: above_top_tier.
[[nodiscard]] Result<std::vector<Slice>> graduated(const Price& price,
                                                   const money::Rational& before,
                                                   const money::Rational& quantity);

}  // namespace steelyard::charge_model
