#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/rating/cloud/fact.h"

namespace steelyard::rating::cloud {

/// The facts that a correction may still name, packed: about 50 bytes and their texts each.
class FactStore {
 public:
  /// A number for an identity; the caller's hash of (source, id).
  using Key = std::uint64_t;

  void keep(Key key, const Fact& fact);

  /// The fact, with its texts in `text`; none if it is not here.
  std::optional<Fact> find(Key key, std::string& text) const;

  void forget(Key key) { places_.erase(key); }

  /// Forgets the facts of which `is_over` is true, and gives their room back.
  void forget_if(const std::function<bool(const Fact&)>& is_over);

  std::size_t size() const { return places_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Hash {
    using is_avalanching = void;
    std::size_t operator()(Key key) const { return key; }
  };
  struct Place {
    std::uint32_t block = 0;
    std::uint32_t offset = 0;
  };
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
  };

  char* room_for(std::size_t bytes, Place& place);
  const char* at(Place place) const { return blocks_[place.block].bytes.get() + place.offset; }

  std::vector<Block> blocks_;
  std::size_t used_ = 0;   // Of the last block.
  std::size_t bytes_ = 0;  // Of all facts that were kept since room was given back.
  boost::unordered_flat_map<Key, Place, Hash> places_;
};

}  // namespace steelyard::rating::cloud
