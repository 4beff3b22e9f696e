#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "steelyard/base/time.h"
#include "steelyard/ledger/id.h"

namespace steelyard::ledger {

struct Due {
  base::Instant at;
  TenantKey key;
  std::uint32_t place = 0;  ///< Where it lies on its shelf, if it has not gone.
};

/// What happens when: the earliest first, and of one time the smallest key, in whatever order
/// they were added. What is no longer due is found out when its time comes.
///
/// A list for each 60th of a second, sorted when its time comes: at 50,000 holds a second a heap
/// would take most of the time that a hold takes.
class DueQueue {
 public:
  void add(const Due& due) {
    const std::int64_t slice = slice_of(due.at);
    if (last_ == nullptr || last_slice_ != slice) {
      last_ = &lists_[slice];
      last_slice_ = slice;
    }
    last_->push_back(due);
  }

  /// Whether something is due, or will be within a 60th of a second. What has ended meanwhile
  /// counts.
  bool is_due(base::Instant now) const {
    return !lists_.empty() && lists_.begin()->first <= slice_of(now);
  }

  /// Visits what is due, and removes it: visit(due, ahead) with one that follows soon, or null.
  /// `visit` may add what is due later than `now`.
  template <class Visit>
  void take(base::Instant now, const Visit& visit) {
    while (!lists_.empty() && lists_.begin()->first <= slice_of(now)) {
      std::vector<Due> list = std::move(lists_.begin()->second);
      lists_.erase(lists_.begin());
      last_ = nullptr;
      const auto later =
          std::partition(list.begin(), list.end(), [&](const Due& due) { return due.at <= now; });
      const std::vector<Due> left(later, list.end());
      list.erase(later, list.end());
      std::sort(list.begin(), list.end(), [](const Due& a, const Due& b) {
        return a.at != b.at ? a.at < b.at : a.key < b.key;
      });
      for (std::size_t i = 0; i < list.size(); ++i) {
        visit(list[i], i + ahead < list.size() ? &list[i + ahead] : nullptr);
      }
      for (const Due& due : left) add(due);
      if (!left.empty()) return;
    }
  }

 private:
  static constexpr std::size_t ahead = 8;

  /// 2^24 nanoseconds are 16.8 ms; a second has 60 slices, of 64 numbers.
  static constexpr std::int64_t slice_of(base::Instant at) {
    return at.seconds * 64 + (at.nanoseconds >> 24);
  }

  std::map<std::int64_t, std::vector<Due>> lists_;
  std::vector<Due>* last_ = nullptr;  // The list that was added to, of `last_slice_`.
  std::int64_t last_slice_ = 0;
};

}  // namespace steelyard::ledger
