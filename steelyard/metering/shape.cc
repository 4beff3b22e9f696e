#include "steelyard/metering/shape.h"

namespace steelyard::metering {

using money::Rational;

namespace {

Rational at_least_zero(const Rational& q) { return q.is_negative() ? Rational() : q; }

Rational larger(const Rational& a, const Rational& b) {
  if (a.is_too_large()) return a;
  return b.is_too_large() ? b : money::max(a, b);
}

}  // namespace

Rational rounded(const Rational& q, Round::Direction direction, const Rational& step) {
  if (q.is_too_large()) return q;
  switch (direction) {
    case Round::Direction::up: return q.to_multiple(step, money::Rounding::away_from_zero);
    case Round::Direction::down: return q.to_multiple(step, money::Rounding::toward_zero);
    case Round::Direction::half_up: return q.to_multiple(step, money::Rounding::half_away);
  }
  return q;
}

Rational apply(const PlainStep& step, const Rational& q, const std::vector<Rational>& allowances) {
  using enum PlainStep::Kind;
  switch (step.kind) {
    case scale: return q * step.number;
    case round_up: return rounded(q, Round::Direction::up, step.number);
    case round_down: return rounded(q, Round::Direction::down, step.number);
    case round_half_up: return rounded(q, Round::Direction::half_up, step.number);
    case at_least: return q.is_zero() ? q : larger(q, step.number);
    case at_least_even_zero: return larger(q, step.number);
    case at_most:
      if (q.is_too_large() || step.number.is_too_large()) return q;
      return money::min(q, step.number);
    case less: return at_least_zero(q - step.number);
    case less_measured: {
      Rational allowance = allowances[step.allowance] * step.number;
      if (step.rounded.has_value()) {
        allowance = rounded(allowance, step.direction, *step.rounded);
      }
      return at_least_zero(q - allowance);
    }
    case short_of: return at_least_zero(step.number - q);
    case combine_max:
    case combine_sum:
    case combine_product:
    case combine_cover: break;
  }
  return q;
}

Rational combined(PlainStep::Kind kind, const std::vector<Rational>& quantities) {
  Rational result = quantities.front();
  for (std::size_t i = 1; i < quantities.size(); ++i) {
    switch (kind) {
      case PlainStep::Kind::combine_sum: result += quantities[i]; break;
      case PlainStep::Kind::combine_product: result = result * quantities[i]; break;
      default: result = larger(result, quantities[i]); break;
    }
  }
  return result;
}

}  // namespace steelyard::metering
