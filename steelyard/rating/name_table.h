#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/base/check.h"
#include "steelyard/base/hash.h"

namespace steelyard::rating {

/// Names and their numbers; made once, then only asked. One probe finds most names.
class NameTable {
 public:
  static constexpr std::uint32_t none = UINT32_MAX;

  /// Requires: the name is not there yet.
  void add(std::string_view name, std::uint32_t number) {
    STEELYARD_CHECK(find(name) == none);
    entries_.push_back({base::hash(name), std::string(name), number});
    if (entries_.size() * 2 > slots_.size()) {
      slots_.assign(slots_.empty() ? 16 : slots_.size() * 4, none);
      for (std::uint32_t i = 0; i < entries_.size(); ++i) place(i);
    } else {
      place(static_cast<std::uint32_t>(entries_.size() - 1));
    }
  }

  std::uint32_t find(std::string_view name) const { return find(base::hash(name), name); }

  /// Requires: `hash` is base::hash(name).
  std::uint32_t find(std::uint64_t hash, std::string_view name) const {
    if (slots_.empty()) return none;
    const std::size_t last = slots_.size() - 1;
    for (std::size_t at = hash & last;; at = (at + 1) & last) {
      const std::uint32_t index = slots_[at];
      if (index == none) return none;
      const Entry& entry = entries_[index];
      if (entry.hash == hash && entry.name == name) return entry.number;
    }
  }

  bool is_empty() const { return entries_.empty(); }

 private:
  struct Entry {
    std::uint64_t hash = 0;
    std::string name;
    std::uint32_t number = 0;
  };

  void place(std::uint32_t index) {
    std::size_t at = entries_[index].hash & (slots_.size() - 1);
    while (slots_[at] != none) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = index;
  }

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> slots_;
};

}  // namespace steelyard::rating
