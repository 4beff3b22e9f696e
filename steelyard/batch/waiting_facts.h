#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace steelyard::batch {

/// Which facts came without a price and have none yet: where they stand in the log, and no more.
/// 10 to 20 bytes for each.
class WaitingFacts {
 public:
  bool contains(std::uint64_t sequence) const { return sequences_.contains(sequence); }
  /// In no order.
  std::vector<std::uint64_t> sequences() const;
  std::size_t size() const { return sequences_.size(); }

  void add(std::uint64_t sequence);
  void remove(std::uint64_t sequence);

  /// Called with what changed since the last call, each once, and whether it waits.
  void for_each_changed(const std::function<void(std::uint64_t sequence, bool waits)>& visit);
  /// Takes one that was visited. False: it is there.
  [[nodiscard]] bool restore(std::uint64_t sequence) { return sequences_.insert(sequence).second; }

 private:
  boost::unordered_flat_set<std::uint64_t> sequences_;
  std::vector<std::uint64_t> changed_;
};

}  // namespace steelyard::batch
