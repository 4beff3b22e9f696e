#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "steelyard/log/local_log.h"
#include "steelyard/rating/rater.h"

namespace steelyard::node {

class Node;

/// Sends events that came without a price again, at the start and when prices change: those that
/// have one by now are charged. On a thread of its own, a thousand at a time.
class LateRating {
 public:
  explicit LateRating(Node& node);
  ~LateRating();
  LateRating(const LateRating&) = delete;
  LateRating& operator=(const LateRating&) = delete;

  /// Begins, or begins again.
  void prices_changed();

 private:
  using LinesOfTenants = std::map<std::uint32_t, std::string>;
  using Sequence = std::vector<std::uint64_t>::const_iterator;

  void run();
  void try_all();
  bool is_interrupted();
  LinesOfTenants read(Sequence& next, Sequence end) const;
  void send(std::uint32_t tenant, const std::string& lines);

  Node& node_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_wanted_ = false;
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace steelyard::node
