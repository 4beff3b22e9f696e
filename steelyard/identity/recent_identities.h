#pragma once

#include <cstddef>
#include <vector>

#include "steelyard/identity/identity_entry.h"

namespace steelyard::identity {

/// A table of a fixed size for the identities that are not yet in a file. It never grows, so no
/// insertion waits for a larger one: when it is full, it is written and another begins.
class RecentIdentities {
 public:
  /// Room for `entries_max`, in a third more places.
  explicit RecentIdentities(std::size_t entries_max);
  ~RecentIdentities();
  RecentIdentities(const RecentIdentities&) = delete;
  RecentIdentities& operator=(const RecentIdentities&) = delete;

  void prefetch(IdentityKey key) const { __builtin_prefetch(&places_[ideal_place(key)], 1); }

  /// The entry of the key, or nullptr.
  const IdentityEntry* find(IdentityKey key) const;

  /// Requires: the key is not there, and the table is not full.
  void insert(const IdentityEntry& entry);

  /// Removes the entry, if it is there with that sequence.
  void erase(IdentityKey key, std::uint64_t sequence);

  bool is_full() const { return count_ == entries_max_; }
  std::size_t size() const { return count_; }
  std::size_t memory_bytes() const { return place_count_ * sizeof(IdentityEntry); }

  /// Removes all. The memory stays, because that of a new table would have to be cleared by the
  /// system while somebody inserts, page by page; of a table with little in it, it is given back.
  void clear();

  /// All entries, by key.
  std::vector<IdentityEntry> sorted() const;

 private:
  static IdentityEntry* allocate(std::size_t place_count);
  std::size_t ideal_place(IdentityKey key) const;
  std::size_t place_of(IdentityKey key) const;

  std::size_t entries_max_;
  std::size_t place_count_;
  std::size_t count_ = 0;
  IdentityEntry* places_;
};

}  // namespace steelyard::identity
