#include "steelyard/batch/waiting_facts.h"

namespace steelyard::batch {

using identity::IdentityKey;

std::uint64_t WaitingFacts::find(IdentityKey key) const {
  const auto found = sequence_of_.find(key);
  return found == sequence_of_.end() ? 0 : found->second;
}

std::vector<std::uint64_t> WaitingFacts::sequences() const {
  std::vector<std::uint64_t> all;
  all.reserve(key_of_.size());
  for (const auto& [sequence, key] : key_of_) all.push_back(sequence);
  return all;
}

bool WaitingFacts::restore(const Fact& fact, IdentityKey key) {
  return sequence_of_.emplace(key, fact.sequence).second &&
         key_of_.emplace(fact.sequence, key).second;
}

void WaitingFacts::add(const Fact& fact, IdentityKey key) {
  if (!restore(fact, key)) return;
  changes_.push_back({fact.sequence, fact.tenant, std::string(fact.source), std::string(fact.id)});
}

void WaitingFacts::remove(IdentityKey key) {
  const auto found = sequence_of_.find(key);
  if (found == sequence_of_.end()) return;
  changes_.push_back({found->second, 0, {}, {}});
  key_of_.erase(found->second);
  sequence_of_.erase(found);
}

void WaitingFacts::for_each_changed(const std::function<void(const Fact&)>& visit) {
  for (const Change& each : changes_) visit({each.sequence, each.tenant, each.source, each.id});
  changes_.clear();
}

}  // namespace steelyard::batch
