#pragma once

#include <algorithm>
#include <compare>
#include <functional>
#include <vector>

#include "steelyard/base/time.h"
#include "steelyard/ledger/id.h"

namespace steelyard::ledger {

struct Due {
  base::Instant at;
  TenantKey key;

  constexpr auto operator<=>(const Due&) const = default;
};

/// What happens when: the earliest first, and of one time the smallest key, in whatever order
/// they were added. What is no longer due is found out when its time comes.
class DueQueue {
 public:
  bool has_due(base::Instant now) const { return !heap_.empty() && heap_.front().at <= now; }

  Due take() {
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    const Due due = heap_.back();
    heap_.pop_back();
    return due;
  }

  void add(const Due& due) {
    heap_.push_back(due);
    std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
  }

 private:
  std::vector<Due> heap_;
};

}  // namespace steelyard::ledger
