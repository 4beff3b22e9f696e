#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/base/hash.h"
#include "steelyard/base/number_table.h"
#include "steelyard/rating/cloud/fact.h"

namespace steelyard::rating::cloud {

/// The facts that a correction may still name, packed: about 70 bytes and their texts each.
class FactStore {
 public:
  /// A number for an identity; the caller's hash of (source, id).
  using Key = std::uint64_t;

  void keep(Key key, const Fact& fact);

  /// The fact, with its texts in `text`; none if it is not here.
  std::optional<Fact> find(Key key, std::string& text) const;

  void forget(Key key);

  /// Brings what keeping a fact with that key will need into the cache.
  void prefetch(Key key) const { places_.prefetch(hash_of(key)); }

  /// Forgets the facts of which `is_over` is true, and gives their room back.
  void forget_if(const std::function<bool(const Fact&)>& is_over);

  std::size_t size() const { return places_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  /// Of a fact, in units of bytes, over all blocks.
  using Place = std::uint32_t;
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
  };

  static std::uint64_t hash_of(Key key) { return base::hash_pair(key, 0); }
  Place place_of(Key key) const;
  char* room_for(std::size_t bytes, Place& place);
  const char* at(Place place) const;

  std::vector<Block> blocks_;
  std::size_t used_ = 0;   // Of the last block.
  std::size_t bytes_ = 0;  // Of all facts that were kept since room was given back.
  base::NumberTable places_;
};

}  // namespace steelyard::rating::cloud
