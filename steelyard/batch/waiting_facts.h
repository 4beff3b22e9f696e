#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <functional>
#include <vector>

namespace steelyard::batch {

/// Which facts came without a price and have none yet, by their sequences.
class WaitingFacts {
 public:
  bool contains(std::uint64_t sequence) const { return sequences_.contains(sequence); }
  std::vector<std::uint64_t> sequences() const { return {sequences_.begin(), sequences_.end()}; }
  std::size_t size() const { return sequences_.size(); }

  void add(std::uint64_t sequence) {
    if (sequences_.insert(sequence).second) changed_.push_back(sequence);
  }
  void remove(std::uint64_t sequence) {
    if (sequences_.erase(sequence) > 0) changed_.push_back(sequence);
  }

  /// Called with each that changed since the last call, in any order, and whether it waits now.
  void for_each_changed(const std::function<void(std::uint64_t, bool)>& visit) {
    for (const std::uint64_t each : changed_) visit(each, contains(each));
    changed_.clear();
  }
  /// Takes one that was visited.
  bool restore(std::uint64_t sequence) { return sequences_.insert(sequence).second; }

 private:
  boost::unordered_flat_set<std::uint64_t> sequences_;
  std::vector<std::uint64_t> changed_;
};

}  // namespace steelyard::batch
