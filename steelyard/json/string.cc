#include "steelyard/json/string.h"

#include <cstdint>

namespace steelyard::json {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

/// The size of the UTF-8 sequence at `at` (2 to 4), or 0. RFC 3629: no overlong forms, no
/// surrogates, nothing above U+10FFFF.
int utf8_size(const char* at) {
  const auto first = static_cast<unsigned char>(at[0]);
  const auto second = static_cast<unsigned char>(at[1]);
  if (first < 0xc2 || first > 0xf4 || !is_continuation(at[1])) return 0;
  if (first < 0xe0) return 2;
  if (!is_continuation(at[2])) return 0;
  if (first < 0xf0) {
    if (first == 0xe0 && second < 0xa0) return 0;
    if (first == 0xed && second > 0x9f) return 0;
    return 3;
  }
  if (!is_continuation(at[3])) return 0;
  if (first == 0xf0 && second < 0x90) return 0;
  if (first == 0xf4 && second > 0x8f) return 0;
  return 4;
}

/// Four hexadecimal digits, or -1.
int hex4(const char* at) {
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = at[i];
    int digit = 0;
    if (c >= '0' && c <= '9') {
      digit = c - '0';
    } else if (c >= 'a' && c <= 'f') {
      digit = c - 'a' + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = c - 'A' + 10;
    } else {
      return -1;
    }
    value = value * 16 + digit;
  }
  return value;
}

bool is_high_surrogate(int unit) { return unit >= 0xd800 && unit <= 0xdbff; }
bool is_low_surrogate(int unit) { return unit >= 0xdc00 && unit <= 0xdfff; }

/// The size of the escape at `at`, or 0.
int escape_size(const char* at) {
  switch (at[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't': return 2;
    case 'u': break;
    default: return 0;
  }
  const int unit = hex4(at + 2);
  if (unit < 0 || is_low_surrogate(unit)) return 0;
  if (!is_high_surrogate(unit)) return 6;
  const bool is_pair = at[6] == '\\' && at[7] == 'u' && is_low_surrogate(hex4(at + 8));
  return is_pair ? 12 : 0;
}

void append_utf8(int point, std::string& to) {
  const auto put = [&](int byte) { to.push_back(static_cast<char>(byte)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xc0 | (point >> 6));
    put(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    put(0xe0 | (point >> 12));
    put(0x80 | ((point >> 6) & 0x3f));
    put(0x80 | (point & 0x3f));
  } else {
    put(0xf0 | (point >> 18));
    put(0x80 | ((point >> 12) & 0x3f));
    put(0x80 | ((point >> 6) & 0x3f));
    put(0x80 | (point & 0x3f));
  }
}

char simple_escape(char c) {
  switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return c;
  }
}

}  // namespace

StringScan scan_string(const char* at) {
  StringScan scan;
  for (;;) {
    at = skip_plain(at);
    if (*at == '"') break;
    if (*at == '\\') {
      const int size = escape_size(at);
      if (size == 0) {
        scan.what = "a bad escape";
        break;
      }
      scan.has_escapes = true;
      at += size;
    } else if (static_cast<unsigned char>(*at) < 0x20) {
      scan.what = "a control character inside a string";
      break;
    } else {
      const int size = utf8_size(at);
      if (size == 0) {
        scan.what = "a byte that is no UTF-8";
        break;
      }
      at += size;
    }
  }
  scan.end = at;
  return scan;
}

void unescape(std::string_view scanned, std::string& to) {
  for (std::size_t i = 0; i < scanned.size();) {
    if (scanned[i] != '\\') {
      to.push_back(scanned[i++]);
    } else if (scanned[i + 1] != 'u') {
      to.push_back(simple_escape(scanned[i + 1]));
      i += 2;
    } else {
      const int unit = hex4(scanned.data() + i + 2);
      if (is_high_surrogate(unit)) {
        const int low = hex4(scanned.data() + i + 8);
        append_utf8(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00), to);
        i += 12;
      } else {
        append_utf8(unit, to);
        i += 6;
      }
    }
  }
}

}  // namespace steelyard::json
