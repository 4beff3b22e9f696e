#pragma once

#include <algorithm>
#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <vector>

#include "steelyard/base/check.h"
#include "steelyard/ledger/id.h"

namespace steelyard::ledger {

/// Of the largest number that is taken from what was kept: a damaged one must not ask for memory.
inline constexpr std::uint32_t restored_numbers_max = 100'000'000;

/// Things known by their number, 0 and up, that never move in memory; and which of them changed.
/// T has a `bool is_dirty`.
template <class T>
class Shelf {
 public:
  std::uint32_t size() const { return size_; }
  T& operator[](std::uint32_t at) { return (*chunks_[at / chunk_size])[at % chunk_size]; }
  const T& operator[](std::uint32_t at) const {
    return (*chunks_[at / chunk_size])[at % chunk_size];
  }

  std::uint32_t add() {
    STEELYARD_CHECK(size_ != UINT32_MAX);
    if (size_ % chunk_size == 0) chunks_.push_back(std::make_unique<Chunk>());
    return size_++;
  }

  /// Remembers that it changed.
  void touch(std::uint32_t at) {
    T& thing = (*this)[at];
    if (thing.is_dirty) return;
    thing.is_dirty = true;
    dirty_.push_back(at);
  }

  /// Visits what changed since the last call, in the order of its first change.
  template <class Visit>
  void take_changed(const Visit& visit) {
    for (const std::uint32_t at : dirty_) {
      (*this)[at].is_dirty = false;
      visit((*this)[at]);
    }
    dirty_.clear();
  }

 private:
  static constexpr std::uint32_t chunk_size = 256;
  using Chunk = std::array<T, chunk_size>;

  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::vector<std::uint32_t> dirty_;
  std::uint32_t size_ = 0;
};

/// What a thing on a KeyedShelf begins with.
struct Kept {
  TenantKey key;
  std::uint32_t place = 0;
  bool is_used = false;
  bool is_dirty = false;
};

/// Things known by an id within a tenant, that come and go. T is a Kept.
template <class T>
class KeyedShelf {
 public:
  std::size_t size() const { return place_of_.size(); }

  T* find(const TenantKey& key) {
    const auto found = place_of_.find(key);
    return found == place_of_.end() ? nullptr : &things_[found->second];
  }
  const T* find(const TenantKey& key) const {
    const auto found = place_of_.find(key);
    return found == place_of_.end() ? nullptr : &things_[found->second];
  }

  /// Requires: there is none of that key.
  T& add(const TenantKey& key) {
    std::uint32_t place = 0;
    if (free_.empty()) {
      place = things_.add();
    } else {
      place = free_.back();
      free_.pop_back();
    }
    STEELYARD_CHECK(place_of_.emplace(key, place).second);
    T& thing = things_[place];
    const bool was_dirty = thing.is_dirty;
    thing = T();
    thing.key = key;
    thing.place = place;
    thing.is_used = true;
    thing.is_dirty = was_dirty;
    things_.touch(place);
    return thing;
  }

  T& at(std::uint32_t place) { return things_[place]; }
  const T& at(std::uint32_t place) const { return things_[place]; }

  /// The thing of that key if it still lies there.
  T* at(std::uint32_t place, const TenantKey& key) {
    T& thing = things_[place];
    return thing.is_used && thing.key == key ? &thing : nullptr;
  }
  void prefetch(std::uint32_t place) const {
    const char* const thing = reinterpret_cast<const char*>(&things_[place]);
    for (std::size_t i = 0; i < sizeof(T); i += 64) __builtin_prefetch(thing + i, 1);
  }

  /// Where `add` will put the next one.
  void prefetch_next() const {
    if (!free_.empty()) prefetch(free_.back());
  }

  void touch(const T& thing) { things_.touch(thing.place); }

  void remove(const T& thing) {
    removed_.push_back(thing.key);
    free_.push_back(thing.place);
    place_of_.erase(thing.key);
    things_[thing.place].is_used = false;
  }

  /// First the keys that are gone, then the things that changed: a key may be both.
  template <class Gone, class Changed>
  void take_changed(const Gone& gone, const Changed& changed) {
    for (const TenantKey& key : removed_) gone(key);
    removed_.clear();
    things_.take_changed([&](const T& thing) {
      if (thing.is_used) changed(thing);
    });
  }

  /// What there is now is what is kept already.
  void forget_changes() {
    take_changed([](const TenantKey&) {}, [](const T&) {});
  }

  std::vector<const T*> sorted() const {
    std::vector<const T*> all;
    all.reserve(size());
    for (const auto& [key, place] : place_of_) all.push_back(&things_[place]);
    std::sort(all.begin(), all.end(), [](const T* a, const T* b) { return a->key < b->key; });
    return all;
  }

  template <class Visit>
  void for_each(const Visit& visit) const {
    for (std::uint32_t i = 0; i < things_.size(); ++i) {
      if (things_[i].is_used) visit(things_[i]);
    }
  }

 private:
  Shelf<T> things_;
  boost::unordered_flat_map<TenantKey, std::uint32_t, TenantKeyHash> place_of_;
  std::vector<std::uint32_t> free_;
  std::vector<TenantKey> removed_;
};

}  // namespace steelyard::ledger
