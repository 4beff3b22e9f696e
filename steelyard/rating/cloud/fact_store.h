#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/rating/cloud/fact.h"

namespace steelyard::rating::cloud {

/// The facts that a correction may still name, packed: about 60 bytes and their texts each.
class FactStore {
 public:
  /// A number for an identity; the caller's hash of (source, id).
  using Key = std::uint64_t;

  void keep(Key key, const Fact& fact);

  /// The fact, with its texts in `text`; none if it is not here.
  std::optional<Fact> find(Key key, std::string& text) const;

  void forget(Key key) { places_.erase(key); }
  std::size_t size() const { return places_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Hash {
    using is_avalanching = void;
    std::size_t operator()(Key key) const { return key; }
  };
  static constexpr std::size_t block_bytes = 1 << 20;

  std::deque<std::string> blocks_;
  std::size_t bytes_ = 0;
  boost::unordered_flat_map<Key, std::pair<std::uint32_t, std::uint32_t>, Hash> places_;
};

}  // namespace steelyard::rating::cloud
