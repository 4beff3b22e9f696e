#pragma once

#include <cstdint>

#include "steelyard/identity/identities.h"

namespace steelyard::identity {

/// What is remembered of a fact for ever.
struct IdentityEntry {
  IdentityKey key;
  std::uint64_t fingerprint = 0;  ///< Of its content.
  std::uint64_t sequence = 0;     ///< Where it came first; 0: no entry.
};
static_assert(sizeof(IdentityEntry) == 32);

}  // namespace steelyard::identity
