#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "steelyard/ledger/id.h"

namespace steelyard::ledger {

/// SipHash-2-4 with a result of 128 bits. Source: Aumasson and Bernstein, "SipHash: a fast
/// short-input PRF", and the reference implementation's `outlen` 16.
class SipHash {
 public:
  SipHash(std::uint64_t key_low, std::uint64_t key_high);

  void add(std::string_view bytes);
  void add_number(std::uint64_t number);  ///< As its eight bytes, the lowest first.

  /// `low` is the first eight bytes of the result. Once.
  Id finish();

 private:
  void round();
  void compress(std::uint64_t word);

  std::uint64_t v0_, v1_, v2_, v3_;
  std::uint64_t tail_ = 0;  // Bytes that do not fill a word yet.
  std::uint64_t size_ = 0;
};

/// A hash with the key that stored ids and fingerprints are made with.
SipHash stable_hash();

}  // namespace steelyard::ledger
