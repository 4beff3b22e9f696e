#pragma once

#include "steelyard/charge_model/price.h"
#include "steelyard/money/rational.h"

namespace steelyard::charge_model {

/// The index of the one row that contains a quantity: the first whose upper bound is not below
/// it; the count of rows if there is none.
inline std::size_t row_containing(const Price& price, const money::Rational& quantity) {
  for (std::size_t i = 0; i < price.brackets.size(); ++i) {
    const auto& up_to = price.brackets[i].up_to;
    if (!up_to.has_value() || quantity <= money::Rational::of(*up_to)) return i;
  }
  return price.brackets.size();
}

}  // namespace steelyard::charge_model
