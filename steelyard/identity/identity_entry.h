#pragma once

#include <cstdint>
#include <tuple>

namespace steelyard::identity {

/// 128 bits of a keyed hash of (tenant, source, id). Two among n share one with a chance of
/// n²/2^129: 4 in 10^24 for 50 million.
struct StoredKey {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  auto operator<=>(const StoredKey&) const = default;
};

/// What is remembered of a fact for ever.
struct IdentityEntry {
  StoredKey key;
  std::uint64_t fingerprint = 0;  ///< Of its content.
  std::uint64_t sequence = 0;     ///< Where it came first; 0: no entry.
};
static_assert(sizeof(IdentityEntry) == 32);

}  // namespace steelyard::identity
