#pragma once

#include <bit>
#include <string>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace steelyard::json {

/// Skips what needs no look: printable ASCII without quote and backslash.
/// Requires: a control character stands somewhere behind, with 16 readable bytes from there on.
inline const char* skip_plain(const char* at) {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i space = _mm_set1_epi8(' ');
  for (;; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    // As signed numbers, bytes from 0x80 on are below the space, as control characters are.
    const __m128i special =
        _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
                     _mm_cmpgt_epi8(space, bytes));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(special));
    if (mask != 0) return at + std::countr_zero(mask);
  }
#else
  while (static_cast<unsigned char>(*at) >= 0x20 && static_cast<unsigned char>(*at) < 0x80 &&
         *at != '"' && *at != '\\') {
    ++at;
  }
  return at;
#endif
}

/// Where a string ends, or why it is none.
struct StringScan {
  const char* end = nullptr;  ///< At the closing quote, or at the byte that is wrong.
  bool has_escapes = false;
  const char* what = nullptr;  ///< Null if the string is good.
};

/// Scans the characters of a JSON string from behind its opening quote, validating UTF-8
/// and escapes. Requires: a control character stands somewhere behind, with 16 readable
/// bytes from there on.
StringScan scan_string(const char* at);

/// Appends the characters that a scanned string stands for.
void unescape(std::string_view scanned, std::string& to);

}  // namespace steelyard::json
