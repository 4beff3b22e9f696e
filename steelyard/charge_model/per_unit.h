#pragma once

#include "steelyard/charge_model/fee.h"

namespace steelyard::charge_model {

/// The whole quantity at one price.
inline std::vector<Slice> per_unit(const Price& price, const money::Rational& quantity) {
  return {{0, false, quantity, price.brackets.front().unit}};
}

}  // namespace steelyard::charge_model
