#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <string_view>

#include "steelyard/base/hash.h"

/// Which facts were there before.
namespace steelyard::identity {

/// 128 bits of a keyed hash of (source, id), later with the tenant. Two among n share one with a
/// chance of n²/2^129: 4 in 10^24 for 50 million.
struct IdentityKey {
  std::uint64_t high = 0;  ///< Never 0.
  std::uint64_t low = 0;

  auto operator<=>(const IdentityKey&) const = default;
};

/// Makes keys. The hash is keyed, because ids come from outside; the seed changes no answer.
class KeyMaker {
 public:
  // The seed is mixed, because one of 0 would make every hash of a short text 0.
  explicit KeyMaker(std::uint64_t seed) : seed_(base::hash_pair(seed, 1)) {}

  IdentityKey key_of(std::string_view source, std::string_view id) const {
    const std::uint64_t of_source = base::hash(source, seed_);
    const std::uint64_t high = base::hash(id, of_source);
    return {std::max<std::uint64_t>(high, 1), base::hash(id, ~of_source)};
  }

  /// Of a text of a kind, for tables inside one process: the seed sets it apart from what others
  /// can compute.
  std::uint64_t hash_of(std::string_view text, std::uint64_t kind) const {
    return base::hash(text, base::hash_pair(seed_, kind));
  }

 private:
  std::uint64_t seed_;
};

/// The key of one tenant among all. 0: there is only one.
inline IdentityKey of_tenant(IdentityKey key, std::uint32_t tenant) {
  if (tenant == 0) return key;
  const std::uint64_t high = base::hash_pair(key.high, tenant);
  return {std::max<std::uint64_t>(high, 1), base::hash_pair(key.low, tenant)};
}

/// Whether a fact was there before.
enum class Seen : std::uint8_t {
  first,  ///< Never: it counts.
  same,   ///< With the same content: a duplicate.
  other,  ///< With other content: a conflict.
};

/// What is known of a fact.
struct Known {
  Seen seen = Seen::first;
  std::uint64_t first_sequence = 0;  ///< Where its identity came first; 0: that is not kept.
};

/// The identities of facts, each with a fingerprint of its content. One thread.
class Identities {
 public:
  virtual ~Identities() = default;

  /// Brings what `insert` will look at into the cache.
  virtual void prefetch(IdentityKey key) const = 0;

  /// Remembers the fact of a sequence if it is the first of its identity.
  virtual Known insert(IdentityKey key, std::uint64_t fingerprint, std::uint64_t sequence) = 0;

  /// As if it had never come. Requires: it was the last that was inserted.
  virtual void forget(IdentityKey key, std::uint64_t sequence) = 0;

  virtual std::uint64_t count() const = 0;
};

}  // namespace steelyard::identity
