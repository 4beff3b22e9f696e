#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>

#include "steelyard/base/check.h"
#include "steelyard/money/decimal.h"

namespace steelyard::money {

__extension__ typedef unsigned __int128 uint128;

/// A whole number below 2^384: what stands above or below a fraction while it is computed, so
/// that only a result can be too large, never the way to it. Slow, and rarely needed.
class Wide {
 public:
  Wide() = default;
  explicit Wide(uint128 n)
      : limbs_{static_cast<std::uint64_t>(n), static_cast<std::uint64_t>(n >> 64)} {}

  /// Requires: the result is below 2^384.
  friend Wide operator*(const Wide& a, uint128 b) {
    Wide result = a.times(static_cast<std::uint64_t>(b));
    return result += a.times(static_cast<std::uint64_t>(b >> 64)).shifted();
  }
  Wide& operator+=(const Wide& other) {
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < limbs_.size(); ++i) {
      const uint128 sum = uint128{limbs_[i]} + other.limbs_[i] + carry;
      limbs_[i] = static_cast<std::uint64_t>(sum);
      carry = static_cast<std::uint64_t>(sum >> 64);
    }
    STEELYARD_CHECK(carry == 0);
    return *this;
  }
  /// Requires: `other` is not larger.
  Wide& operator-=(const Wide& other) {
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i < limbs_.size(); ++i) {
      const uint128 rest = uint128{limbs_[i]} - other.limbs_[i] - borrow;
      limbs_[i] = static_cast<std::uint64_t>(rest);
      borrow = static_cast<std::uint64_t>(rest >> 64) & 1U;
    }
    STEELYARD_CHECK(borrow == 0);
    return *this;
  }
  friend std::strong_ordering operator<=>(const Wide& a, const Wide& b) {
    for (std::size_t i = a.limbs_.size(); i-- > 0;) {
      if (a.limbs_[i] != b.limbs_[i]) return a.limbs_[i] <=> b.limbs_[i];
    }
    return std::strong_ordering::equal;
  }
  bool operator==(const Wide&) const = default;

  /// The number becomes what is left; returns how often `divisor` is in it.
  /// Requires: divisor > 0, and both below 2^383.
  Wide take_out(const Wide& divisor) {
    Wide count;
    for (int bit = bits() - divisor.bits(); bit >= 0; --bit) {
      const Wide part = divisor.shifted_by(bit);
      if (*this < part) continue;
      *this -= part;
      count.limbs_[static_cast<std::size_t>(bit / 64)] |= std::uint64_t{1} << (bit % 64);
    }
    return count;
  }

  bool fits_127_bits() const { return bits() <= 127; }
  /// Requires: it fits into 128 bits.
  uint128 narrow() const {
    STEELYARD_CHECK(bits() <= 128);
    return (uint128{limbs_[1]} << 64) | limbs_[0];
  }

 private:
  Wide times(std::uint64_t n) const {
    Wide result;
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < limbs_.size(); ++i) {
      const uint128 product = uint128{limbs_[i]} * n + carry;
      result.limbs_[i] = static_cast<std::uint64_t>(product);
      carry = static_cast<std::uint64_t>(product >> 64);
    }
    STEELYARD_CHECK(carry == 0);
    return result;
  }
  Wide shifted() const {
    STEELYARD_CHECK(limbs_.back() == 0);
    Wide result;
    for (std::size_t i = 1; i < limbs_.size(); ++i) result.limbs_[i] = limbs_[i - 1];
    return result;
  }
  Wide shifted_by(int bits) const {
    Wide result = *this;
    for (; bits >= 64; bits -= 64) result = result.shifted();
    return result.times(std::uint64_t{1} << bits);
  }
  int bits() const {
    for (std::size_t i = limbs_.size(); i-- > 0;) {
      if (limbs_[i] != 0)
        return static_cast<int>(i * 64 + static_cast<std::size_t>(std::bit_width(limbs_[i])));
    }
    return 0;
  }

  std::array<std::uint64_t, 6> limbs_{};  ///< The lowest first.
};

}  // namespace steelyard::money
