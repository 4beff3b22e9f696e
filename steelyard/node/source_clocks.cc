#include "steelyard/node/source_clocks.h"

#include <algorithm>
#include <optional>

#include "steelyard/base/limits.h"

namespace steelyard::node {

/// What was not noted for a whole period is forgotten.
void SourceClocks::begin_period(std::int64_t period) {
  if (period <= period_) return;  // Threads do not look at the clock in an order.
  const bool is_next = period == period_ + 1;
  period_ = period;
  for (auto& [key, source] : sources_) {
    source.previous = is_next ? source.micros : 0;
    source.micros = 0;
  }
  std::erase_if(sources_, [](const auto& each) { return each.second.previous == 0; });
}

SourceClocks::Source& SourceClocks::source_of(std::uint32_t tenant, std::string_view source) {
  const Key key(tenant, source);
  const auto found = sources_.find(key);
  if (found != sources_.end()) return found->second;
  const bool has_room = sources_.size() < limits::watched_sources_max;
  return sources_[has_room ? key : Key()];
}

void SourceClocks::note(std::uint32_t tenant, std::string_view source, std::int64_t micros_ahead,
                        std::int64_t now_micros) {
  if (micros_ahead < noted_micros) return;
  std::optional<Ahead> told;
  {
    const std::lock_guard lock(mutex_);
    begin_period(now_micros / period_micros);
    Source& noted = source_of(tenant, source);
    noted.micros = std::max(noted.micros, micros_ahead);
    if (micros_ahead > alarm_micros && !noted.is_told) {
      noted.is_told = true;
      told = Ahead{tenant, std::string(source), micros_ahead};
    }
  }
  if (told.has_value() && alarm_) alarm_(*told);
}

std::vector<SourceClocks::Ahead> SourceClocks::ahead(std::int64_t now_micros) {
  const std::lock_guard lock(mutex_);
  begin_period(now_micros / period_micros);
  std::vector<Ahead> all;
  for (const auto& [key, source] : sources_) {
    all.push_back({key.first, key.second, source.most()});
  }
  return all;
}

}  // namespace steelyard::node
