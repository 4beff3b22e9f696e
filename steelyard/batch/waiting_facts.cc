#include "steelyard/batch/waiting_facts.h"

#include <algorithm>

namespace steelyard::batch {

std::vector<std::uint64_t> WaitingFacts::sequences() const {
  return {sequences_.begin(), sequences_.end()};
}

void WaitingFacts::add(std::uint64_t sequence) {
  if (sequences_.insert(sequence).second) changed_.push_back(sequence);
}

void WaitingFacts::remove(std::uint64_t sequence) {
  if (sequences_.erase(sequence) > 0) changed_.push_back(sequence);
}

void WaitingFacts::for_each_changed(const std::function<void(std::uint64_t, bool)>& visit) {
  std::ranges::sort(changed_);
  const auto repeated = std::ranges::unique(changed_);
  changed_.erase(repeated.begin(), repeated.end());
  for (const std::uint64_t sequence : changed_) visit(sequence, contains(sequence));
  changed_.clear();
}

}  // namespace steelyard::batch
