#include "steelyard/metering/value_limit.h"

#include "steelyard/base/limits.h"

namespace steelyard::metering {
namespace {

using money::int128;
using money::Rational;

/// The longest window of a kind; a fact's own, where it alone decides, may be longer.
std::int64_t seconds_max(WindowKind window) {
  constexpr std::int64_t hour = 3'600;
  switch (window) {
    case WindowKind::minute: return 60;
    case WindowKind::hour: return hour;
    case WindowKind::day: return 25 * hour;  // The clocks go back.
    case WindowKind::month: return (31 * 24 + 1) * hour;
    case WindowKind::fact: return 366 * 24 * hour;
    case WindowKind::life: return limits::usage_second_max;
  }
  return limits::usage_second_max;
}

}  // namespace

ValueLimit value_limit(const Dim& dim, WindowKind window, const std::vector<PlainStep>& each) {
  constexpr std::int64_t decimals = 1'000'000'000'000;
  Rational finer = Rational::whole(1);
  for (const PlainStep& step : each) {
    if (!step.number.is_too_large()) finer = finer * Rational::ratio(step.number.denominator(), 1);
  }
  for (const Step& step : dim.each) {
    const auto* states = std::get_if<States>(&step);
    if (states == nullptr) continue;
    for (const States::State& state : states->states) {
      if (state.value.has_value()) finer = finer * Rational::ratio(state.value->denominator(), 1);
    }
  }
  const Rational parts = finer * Rational::whole(decimals);
  if (parts.is_too_large()) return {Rational(), 1};
  Rational largest = Rational::whole(limits::usage_value_max);
  if (dim.aggregate == Dim::Aggregate::integral) {
    const Rational nanoseconds =
        Rational::whole(seconds_max(window)) * Rational::whole(1'000'000'000);
    const Rational area = Rational::whole(decimals) * Rational::whole(10 * decimals);  // 10^25.
    const Rational highest = area / nanoseconds / finer;
    largest = highest.is_too_large() ? Rational() : money::min(largest, highest);
  }
  return {largest, parts.numerator()};
}

}  // namespace steelyard::metering
