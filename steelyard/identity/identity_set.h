#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace steelyard::identity {

/// What the set remembers of a (source, id): 80 bits of a keyed hash.
struct IdentityKey {
  std::uint64_t high = 0;
  std::uint16_t low = 0;
};

/// Whether a fact was there before.
enum class Seen : std::uint8_t {
  first,  ///< Never: it counts.
  same,   ///< With the same content: a duplicate.
  other,  ///< With other content: a conflict.
};

/// The identities of all facts of a run, each with a fingerprint of its content.
///
/// 16 bytes an entry, at most 22 of memory: 256 sorted tables with gaps, which grow by a
/// fifth, one at a time, so that memory never doubles and no insertion waits long.
///
/// Two ids among n share a key with a chance of n²/2^81: 4 in 10^11 for 10 million. They
/// would be reported as a conflict, never dropped silently.
class IdentitySet {
 public:
  /// The hash is keyed, because ids come from outside. The seed changes no answer.
  explicit IdentitySet(std::uint64_t seed);
  ~IdentitySet();
  IdentitySet(const IdentitySet&) = delete;
  IdentitySet& operator=(const IdentitySet&) = delete;

  IdentityKey key_of(std::string_view source, std::string_view id) const;

  /// Brings the entry's place into the cache, for a later `insert`.
  void prefetch(IdentityKey key) const;

  /// Remembers the fact if it is the first. Of `fingerprint`, 48 bits are kept.
  Seen insert(IdentityKey key, std::uint64_t fingerprint);

  /// As if it had never come. Requires: it is there.
  void forget(IdentityKey key);

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
  static Table allocate(std::size_t capacity_min);
  static void release(Table& table);
  static void grow(Table& table);

  std::array<Table, table_count> tables_;
  std::uint64_t seed_;
  std::size_t size_ = 0;
};

}  // namespace steelyard::identity
