#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "steelyard/base/check.h"

namespace steelyard::base {

/// Numbers of things that stand elsewhere, found by a hash of what the things are called. What is
/// asked for next can be fetched into the cache before. 8 bytes a slot; two of three at most are
/// in use.
class NumberTable {
 public:
  static constexpr std::uint32_t none = UINT32_MAX;

  /// The number with that hash of which `is_it` is true, or `none`. `is_it` looks at the thing; it
  /// is asked only where 32 bits of the hashes agree.
  template <class IsIt>
  std::uint32_t find(std::uint64_t hash, IsIt is_it) const {
    const std::uint32_t high = high_of(hash);
    for (std::size_t at = home(high); slots_[at].number != none; at = after(at)) {
      if (slots_[at].hash == high && is_it(slots_[at].number)) return slots_[at].number;
    }
    return none;
  }

  /// Requires: the number is not `none`, and not there yet.
  void add(std::uint64_t hash, std::uint32_t number) {
    STEELYARD_CHECK(number != none);
    if ((size_ + 1) * 3 > slots_.size() * 2) grow();
    place({high_of(hash), number});
    ++size_;
  }

  /// Requires: it was added with that hash.
  void erase(std::uint64_t hash, std::uint32_t number) {
    std::size_t at = home(high_of(hash));
    while (slots_[at].number != number) {
      STEELYARD_CHECK(slots_[at].number != none);
      at = after(at);
    }
    // Those behind it move up, unless they would stand before where they belong.
    for (std::size_t next = after(at); slots_[next].number != none; next = after(next)) {
      if (distance(home(slots_[next].hash), next) < distance(at, next)) continue;
      slots_[at] = slots_[next];
      at = next;
    }
    slots_[at] = {};
    --size_;
  }

  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&slots_[home(high_of(hash))], 1); }

  /// Calls `visit(number)` for each, in no particular order.
  template <class Visit>
  void each(Visit visit) const {
    for (const Slot& slot : slots_) {
      if (slot.number != none) visit(slot.number);
    }
  }

  std::size_t size() const { return size_; }
  std::size_t bytes() const { return slots_.size() * sizeof(Slot); }

 private:
  struct Slot {
    std::uint32_t hash = 0;  ///< Its upper half.
    std::uint32_t number = none;
  };

  static std::uint32_t high_of(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 32);
  }
  std::size_t home(std::uint32_t high) const { return high & (slots_.size() - 1); }
  std::size_t after(std::size_t at) const { return (at + 1) & (slots_.size() - 1); }
  std::size_t distance(std::size_t from, std::size_t to) const {
    return (to - from) & (slots_.size() - 1);
  }

  void place(Slot slot) {
    std::size_t at = home(slot.hash);
    while (slots_[at].number != none) at = after(at);
    slots_[at] = slot;
  }

  void grow() {
    const std::vector<Slot> old = std::move(slots_);
    slots_.assign(old.size() * 2, {});
    for (const Slot& slot : old) {
      if (slot.number != none) place(slot);
    }
  }

  std::vector<Slot> slots_ = std::vector<Slot>(16);  // A power of two.
  std::size_t size_ = 0;
};

}  // namespace steelyard::base
