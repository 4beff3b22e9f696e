#include "steelyard/charge_model/graduated.h"

namespace steelyard::charge_model {

using money::Rational;

Result<std::vector<Slice>> graduated(const Price& price, const Rational& before,
                                     const Rational& quantity) {
  const Rational end = before + quantity;
  if (end.is_too_large()) return failure(ErrorCode::decimal_exceeds_limit, "the quantity");
  std::vector<Slice> result;
  Rational from;
  for (std::size_t i = 0; i < price.brackets.size(); ++i) {
    const Bracket& bracket = price.brackets[i];
    const Rational up_to = bracket.up_to.has_value() ? Rational::of(*bracket.up_to) : end;
    const Rational low = money::max(from, before);
    const Rational high = money::min(end, up_to);
    if (low < high) {
      result.push_back({static_cast<std::uint32_t>(i), false, high - low, bracket.unit});
    }
    if (end <= up_to) return result;
    from = up_to;
  }
  return failure(ErrorCode::above_top_tier, end.to_text() + " is above the last bracket");
}

}  // namespace steelyard::charge_model
