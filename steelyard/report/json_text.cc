#include "steelyard/report/json_text.h"

#include <algorithm>

namespace steelyard::report {
namespace {

bool needs_escape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

}  // namespace

void append_json_string(std::string_view text, std::string& to) {
  to += '"';
  if (std::ranges::none_of(text, needs_escape)) {
    to += text;
  } else {
    constexpr std::string_view hex = "0123456789abcdef";
    for (const char c : text) {
      if (c == '"' || c == '\\') {
        to += '\\';
        to += c;
      } else if (needs_escape(c)) {
        to += "\\u00";
        to += hex[static_cast<unsigned char>(c) >> 4];
        to += hex[static_cast<unsigned char>(c) & 15];
      } else {
        to += c;
      }
    }
  }
  to += '"';
}

}  // namespace steelyard::report
