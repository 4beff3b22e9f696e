#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/base/hash.h"
#include "steelyard/base/number_table.h"
#include "steelyard/rating/cloud/fact.h"
#include "steelyard/rating/cloud/packed_room.h"

namespace steelyard::rating::cloud {

/// The facts that a correction may still name, packed. Their texts, which are mostly those of
/// other facts of the same resource, are kept once: a fact then takes about 40 bytes.
class FactStore {
 public:
  /// A number for an identity; the caller's hash of (source, id).
  using Key = std::uint64_t;

  /// `numbers`: of the fact's texts; as long as those do not change, they are not looked at.
  void keep(Key key, const Fact& fact, const TextNumbers& numbers = {});

  /// The fact; none if it is not here. Its texts stay until `forget_if`.
  std::optional<Fact> find(Key key) const;

  void forget(Key key);

  /// Brings what keeping a fact with that key will need into the cache.
  void prefetch(Key key, const Fact& fact) const;

  /// Forgets the facts of which `is_over` is true, and gives their room back.
  void forget_if(const std::function<bool(const Fact&)>& is_over);

  std::size_t size() const { return places_.size(); }

  /// Of all facts that were kept since room was given back, and of their texts.
  std::size_t bytes() const { return facts_.bytes() + texts_.bytes(); }

 private:
  using Place = PackedRoom::Place;

  static std::uint64_t hash_of(Key key) { return base::hash_pair(key, 0); }
  Place place_of(Key key) const;
  char* room_for(std::size_t bytes);
  Place place_of_texts(const Fact& fact, const TextNumbers& numbers);
  Place find_or_add_texts(const Fact& fact);
  Fact unpacked(Place place) const;

  PackedRoom facts_;
  PackedRoom texts_;
  base::NumberTable places_;       // Of facts, by their keys,
  base::NumberTable text_places_;  // and of texts, by themselves.
  struct Texts {
    std::uint32_t resource = 0;
    Place place = 0;
    std::uint64_t attributes = 0;
  };
  std::vector<Texts> latest_texts_;  // By TextNumbers::place: those of its last fact.
  std::string packed_;               // What is being packed.
};

}  // namespace steelyard::rating::cloud
