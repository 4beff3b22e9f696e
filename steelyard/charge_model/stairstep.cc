#include "steelyard/charge_model/stairstep.h"

#include "steelyard/charge_model/slice_row.h"

namespace steelyard::charge_model {

using money::Rational;

Result<std::vector<Slice>> stairstep(const Price& price, const Rational& before,
                                     const Rational& quantity) {
  const Rational end = before + quantity;
  if (end.is_too_large()) return failure(ErrorCode::decimal_exceeds_limit, "the quantity");
  const std::size_t row = row_containing(price, end);
  if (row == price.brackets.size()) {
    return failure(ErrorCode::above_top_tier, end.to_text() + " is above the last row");
  }
  const Bracket& bracket = price.brackets[row];
  const auto index = static_cast<std::uint32_t>(row);
  std::vector<Slice> result;
  // What came before at other prices has paid its flat part.
  if (before.is_zero() && !bracket.flat.is_zero()) {
    result.push_back({index, true, Rational::whole(1), bracket.flat});
  }
  const Rational rest = before.is_zero() ? end - Rational::of(bracket.base) : quantity;
  if (!bracket.unit.is_zero() && rest.is_positive()) {
    result.push_back({index, false, rest, bracket.unit});
  }
  return result;
}

}  // namespace steelyard::charge_model
