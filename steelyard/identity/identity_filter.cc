#include "steelyard/identity/identity_filter.h"

#include <cstring>

#include "steelyard/base/check.h"
#include "steelyard/base/hash.h"

namespace steelyard::identity {
namespace {

constexpr std::uint64_t bits_per_key = 20;
constexpr std::uint64_t bits_per_block = 512;

/// The bits of a key: one in each of the eight words of its block.
std::uint64_t bit_of(std::uint64_t hash, unsigned word) {
  return std::uint64_t{1} << (hash >> (word * 6) & 63);
}

}  // namespace

IdentityFilter::IdentityFilter(std::uint64_t entry_count)
    : blocks_(entry_count * bits_per_key / bits_per_block + 1) {}

IdentityFilter::IdentityFilter(std::string_view bytes) : blocks_(bytes.size() / sizeof(Block)) {
  STEELYARD_CHECK(!bytes.empty() && bytes.size() % sizeof(Block) == 0);
  std::memcpy(blocks_.data(), bytes.data(), bytes.size());
}

/// By the half that keys are sorted by, so that a file's filter is built from one end to the other.
std::size_t IdentityFilter::block_of(IdentityKey key) const {
  return static_cast<std::size_t>((base::uint128{key.high} * blocks_.size()) >> 64);
}

void IdentityFilter::add(IdentityKey key) {
  Block& block = blocks_[block_of(key)];
  const std::uint64_t hash = base::hashing::mix(key.low, base::hashing::secret_1);
  for (unsigned word = 0; word < block.words.size(); ++word)
    block.words[word] |= bit_of(hash, word);
}

bool IdentityFilter::may_have(IdentityKey key) const {
  const Block& block = blocks_[block_of(key)];
  const std::uint64_t hash = base::hashing::mix(key.low, base::hashing::secret_1);
  std::uint64_t missing = 0;
  for (unsigned word = 0; word < block.words.size(); ++word) {
    missing |= bit_of(hash, word) & ~block.words[word];
  }
  return missing == 0;
}

std::string_view IdentityFilter::bytes() const {
  return {reinterpret_cast<const char*>(blocks_.data()), memory_bytes()};
}

}  // namespace steelyard::identity
