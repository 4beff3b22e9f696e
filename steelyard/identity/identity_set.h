#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "steelyard/identity/identities.h"

namespace steelyard::identity {

/// The identities of all facts of a run, each with a fingerprint of its content.
///
/// 80 bits of the key and 48 of the fingerprint are kept: 16 bytes an entry, at most 22 of memory:
/// 256 sorted tables with gaps, which grow by a fifth, one at a time, so that memory never doubles
/// and no insertion waits long.
///
/// Two ids among n share a key with a chance of n²/2^81: 4 in 10^11 for 10 million. They
/// would be reported as a conflict, never dropped silently.
class IdentitySet final : public Identities {
 public:
  IdentitySet() = default;
  ~IdentitySet() override;
  IdentitySet(const IdentitySet&) = delete;
  IdentitySet& operator=(const IdentitySet&) = delete;

  void prefetch(IdentityKey key) const override;
  Seen insert(IdentityKey key, std::uint64_t fingerprint);

  /// Knows no sequences.
  Known insert(IdentityKey key, std::uint64_t fingerprint, std::uint64_t) override {
    return {insert(key, fingerprint), 0};
  }
  void forget(IdentityKey key, std::uint64_t) override;
  std::uint64_t count() const override { return size_; }

  std::size_t size() const { return size_; }
  std::size_t memory_bytes() const;

 private:
  struct Entry {
    std::uint64_t high = 0;  ///< 0: the place is free.
    std::uint64_t rest = 0;  ///< 16 bits of the key, 48 of the fingerprint.
  };
  static_assert(sizeof(Entry) == 16);

  struct Table {
    Entry* entries = nullptr;
    std::size_t places = 0;  ///< Allocated: `capacity` and the slack behind it.
    std::size_t capacity = 0;
    std::size_t count = 0;
  };

  static constexpr std::size_t table_count = 256;
  static std::size_t ideal_place(const Table& table, std::uint64_t high);
  static void make_longer(Table& table);
  static void release(Table& table);
  static void grow(Table& table);

  std::array<Table, table_count> tables_;
  std::size_t size_ = 0;
};

}  // namespace steelyard::identity
