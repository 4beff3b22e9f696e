#include "steelyard/charge_model/volume.h"

#include "steelyard/charge_model/slice_row.h"

namespace steelyard::charge_model {

Result<std::vector<Slice>> volume(const Price& price, const money::Rational& before,
                                  const money::Rational& quantity) {
  const money::Rational end = before + quantity;
  if (end.is_too_large()) return failure(ErrorCode::decimal_exceeds_limit, "the quantity");
  const std::size_t row = row_containing(price, end);
  if (row == price.brackets.size()) {
    return failure(ErrorCode::above_top_tier, end.to_text() + " is above the last bracket");
  }
  return std::vector<Slice>{
      {static_cast<std::uint32_t>(row), false, quantity, price.brackets[row].unit}};
}

}  // namespace steelyard::charge_model
