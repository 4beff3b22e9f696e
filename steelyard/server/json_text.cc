#include "steelyard/server/json_text.h"

#include <cstdint>

#include "steelyard/base/text.h"

namespace steelyard::server {
namespace {

constexpr char hex_digits[] = "0123456789abcdef";

void append_escape(std::uint32_t character, std::string& to) {
  to += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) to += hex_digits[(character >> shift) & 15U];
}

std::size_t bytes_of(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

/// Characters that change how others are shown: C1 controls, bidi marks, line separators.
bool is_treacherous(std::string_view character) {
  if (character.size() == 2) {
    return character[0] == '\xc2' && static_cast<unsigned char>(character[1]) < 0xa0;
  }
  if (character.size() != 3) return false;
  const auto code = (std::uint32_t{static_cast<unsigned char>(character[0]) & 15U} << 12) |
                    (std::uint32_t{static_cast<unsigned char>(character[1]) & 63U} << 6) |
                    (static_cast<unsigned char>(character[2]) & 63U);
  return (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2060 && code <= 0x206f) || code == 0xfeff;
}

std::uint32_t code_of(std::string_view character) {
  if (character.size() == 2) {
    return (std::uint32_t{static_cast<unsigned char>(character[0]) & 31U} << 6) |
           (static_cast<unsigned char>(character[1]) & 63U);
  }
  return (std::uint32_t{static_cast<unsigned char>(character[0]) & 15U} << 12) |
         (std::uint32_t{static_cast<unsigned char>(character[1]) & 63U} << 6) |
         (static_cast<unsigned char>(character[2]) & 63U);
}

/// Stands for itself in a JSON text.
constexpr bool is_plain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

}  // namespace

void append_json_text(std::string_view text, std::string& to) {
  to += '"';
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    while (at < text.size() && is_plain(text[at])) ++at;
    to += text.substr(begin, at - begin);
    if (at == text.size()) break;
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x80) {
      if (byte == '"' || byte == '\\') {
        to += '\\';
        to += text[at];
      } else if (byte == '\n') {
        to += "\\n";
      } else {
        append_escape(byte, to);
      }
      ++at;
      continue;
    }
    const std::string_view character = text.substr(at, bytes_of(byte));
    if (!base::is_utf8(character)) {
      to += "\xef\xbf\xbd";
      ++at;
      continue;
    }
    if (is_treacherous(character)) {
      append_escape(code_of(character), to);
    } else {
      to += character;
    }
    at += character.size();
  }
  to += '"';
}

std::string json_text(std::string_view text) {
  std::string json;
  json.reserve(text.size() + 2);
  append_json_text(text, json);
  return json;
}

}  // namespace steelyard::server
