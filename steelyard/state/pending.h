#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "steelyard/base/hash.h"
#include "steelyard/state/state_store.h"

namespace steelyard::state {

/// Changes that are not on disk yet: the last one of each key.
class Pending {
 public:
  void put(const Change& change);

  /// nullptr: the key has not changed. Else its value, or nullopt: it was removed.
  const std::optional<std::string>* find(std::string_view key) const;

  std::size_t bytes() const { return bytes_; }
  bool empty() const { return changes_.empty(); }

  /// Those of a prefix, in order, into `to`, over what stands there.
  using Ordered = std::map<std::string_view, const std::optional<std::string>*>;
  void add_to(Ordered& to, std::string_view prefix) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const { return base::hash(key); }
  };
  std::unordered_map<std::string, std::optional<std::string>, Hash, std::equal_to<>> changes_;
  std::size_t bytes_ = 0;
};

}  // namespace steelyard::state
