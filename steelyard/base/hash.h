#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace steelyard::base {

__extension__ typedef unsigned __int128 uint128;

/// Not cryptographic: for tables, words and fingerprints inside one process. Values are
/// not stored and may change between versions.
namespace hashing {

inline constexpr std::uint64_t secret_0 = 0xa0761d6478bd642fULL;
inline constexpr std::uint64_t secret_1 = 0xe7037ed1a0b428dbULL;
inline constexpr std::uint64_t secret_2 = 0x8ebc6af09c88c6e3ULL;

/// The 128-bit product folded to 64 bits: the mixing step of wyhash.
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  const uint128 product = uint128{a} * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// `size` bytes (at most 8) as a little-endian number, also at compile time.
constexpr std::uint64_t load(const char* from, std::size_t size) {
  if (std::is_constant_evaluated()) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      value |= std::uint64_t{static_cast<unsigned char>(from[i])} << (8 * i);
    }
    return value;
  }
  std::uint64_t value = 0;
  std::memcpy(&value, from, size);
  return value;
}

}  // namespace hashing

/// The hash of a text. The same at compile time and at run time.
constexpr std::uint64_t hash(std::string_view text, std::uint64_t seed = hashing::secret_0) {
  using namespace hashing;
  const char* at = text.data();
  std::size_t left = text.size();
  while (left > 16) {
    seed = mix(load(at, 8) ^ secret_1, load(at + 8, 8) ^ seed);
    at += 16;
    left -= 16;
  }
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  if (left >= 8) {
    a = load(at, 8);
    b = load(at + left - 8, 8);
  } else if (left >= 4) {
    a = load(at, 4);
    b = load(at + left - 4, 4);
  } else if (left > 0) {
    a = (load(at, 1) << 16) | (load(at + left / 2, 1) << 8) | load(at + left - 1, 1);
  }
  return mix(secret_2 ^ text.size(), mix(a ^ secret_1, b ^ seed));
}

/// Joins two hashes; the order matters.
constexpr std::uint64_t hash_pair(std::uint64_t a, std::uint64_t b) {
  return hashing::mix(a ^ hashing::secret_1, b ^ hashing::secret_2);
}

}  // namespace steelyard::base
