#include "steelyard/rating/cloud/engine.h"

namespace steelyard::rating::cloud {

/// Shows what a dim reads of a fact, each step as `value_of` does it.
void Engine::trace_reading(const PreparedItem& item, const Fact& fact, const Reading& reading,
                           const std::vector<metering::PlainStep>& steps) {
  Trace::Reading traced;
  traced.is_allowance = reading.pipeline >= item.pipelines.size();
  traced.pipeline = traced.is_allowance ? 0 : reading.pipeline;
  traced.dim = reading.rule->rule;
  traced.value = reading.value_in(fact);
  traced.pieces = 1;
  money::Rational before = traced.value;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto after = value_of(
        reading, fact, {steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(i) + 1}, {});
    if (!after.has_value()) break;
    traced.each.push_back({reading.rule->each[i].step, before, *after});
    before = *after;
  }
  trace_->add_reading(item, std::move(traced));
}

void Engine::trace_plans() {
  if (trace_ == nullptr) return;
  trace_->begin_plans(*catalog_, slots_);
  trace_taps();
}

/// What plans cover may change in any window; the trace drops those where it does not.
void Engine::trace_taps() {
  for (const Tapped* tap : cells_.taps()) trace_->keep(*tap);
}

}  // namespace steelyard::rating::cloud
