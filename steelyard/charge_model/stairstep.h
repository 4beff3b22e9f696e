#pragma once

#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/charge_model/fee.h"

namespace steelyard::charge_model {

/// flat + (q − base) × unit, of the one row that contains q: a table with a linear tail.
/// 7 Mbit/s by 115 up to 5 and 80 for each one above cost 115 + 2 × 80 (B-SLB-6).
/// Errors: above_top_tier.
[[nodiscard]] Result<std::vector<Slice>> stairstep(const Price& price,
                                                   const money::Rational& before,
                                                   const money::Rational& quantity);

}  // namespace steelyard::charge_model
