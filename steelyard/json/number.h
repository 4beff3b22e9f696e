#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "steelyard/base/hash.h"

namespace steelyard::json {

/// A number as it stands in a JSON text.
struct Number {
  const char* end = nullptr;      ///< Behind the number; null if there is none.
  const char* what = "";          ///< Why there is none.
  bool is_whole = false;          ///< At most 18 digits and nothing else.
  std::uint64_t whole = 0;        ///< Its value, if so.
  std::uint64_t fingerprint = 0;  ///< Of its value: 1000, 1000.0 and 1e3 have the same.
};

/// The fingerprint of digits alone: the common case, without the general way.
inline std::uint64_t fingerprint_of_whole(std::uint64_t whole) {
  std::uint64_t zeros = 0;
  if (whole != 0) {
    for (; whole % 10 == 0; whole /= 10) ++zeros;
  }
  return base::hash_pair(whole, zeros * 2);
}

/// Behind the digits at `at`, if they are a whole number of at most 18 digits, as most
/// numbers are; else null.
inline const char* scan_plain_whole(const char* at, std::uint64_t& whole) {
  const char* const first = at;
  whole = 0;
  for (unsigned digit = 0; (digit = static_cast<unsigned char>(*at) - unsigned{'0'}) <= 9; ++at) {
    whole = whole * 10 + digit;
  }
  const auto size = at - first;
  if (size == 0 || size > 18 || (*first == '0' && size > 1)) return nullptr;
  return *at == '.' || *at == 'e' || *at == 'E' ? nullptr : at;
}

/// Reads the longest number at `at`. Requires: `*end` is no character of a number.
Number scan_number(const char* at, const char* end);

/// A number's sign, its digits without zeros at either end, and the power of ten that the
/// last of them counts: two texts of the same value have the same of all.
struct Canonical {
  bool is_negative = false;
  std::uint64_t digits_hash = 0;
  std::size_t digits_count = 0;
  std::uint64_t digits = 0;         ///< As a number, if there are at most 19.
  std::int64_t exponent = 0;        ///< Beyond 10^15, only its size is right.
  std::uint64_t exponent_word = 0;  ///< The exponent modulo 2^64, however long it is written.
};

/// Requires: a text that scan_number has read.
Canonical canonical(std::string_view number);

}  // namespace steelyard::json
