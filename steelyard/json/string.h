#pragma once

#include <string>
#include <string_view>

namespace steelyard::json {

/// Where a string ends, or why it is none.
struct StringScan {
  const char* end = nullptr;   ///< At the closing quote, or at the byte that is wrong.
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
