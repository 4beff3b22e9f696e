#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "steelyard/identity/identity_entry.h"

namespace steelyard::identity {

/// Says of a key that it is surely not in a file, or that it may be: a Bloom filter in blocks of
/// one cache line, 20 bits a key. It errs for about one key in 2,000 (identity_filter_test.cc).
class IdentityFilter {
 public:
  IdentityFilter() = default;
  explicit IdentityFilter(std::uint64_t entry_count);
  /// From `bytes()` of another one.
  explicit IdentityFilter(std::string_view bytes);

  void add(IdentityKey key);
  bool may_have(IdentityKey key) const;
  void prefetch(IdentityKey key) const { __builtin_prefetch(&blocks_[block_of(key)]); }

  std::string_view bytes() const;
  std::size_t memory_bytes() const { return blocks_.size() * sizeof(Block); }

 private:
  struct alignas(64) Block {
    std::array<std::uint64_t, 8> words{};
  };

  std::size_t block_of(IdentityKey key) const;

  std::vector<Block> blocks_;
};

}  // namespace steelyard::identity
