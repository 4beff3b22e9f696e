#include "steelyard/ledger/id.h"

#include <charconv>

namespace steelyard::ledger {
namespace {

constexpr std::size_t half_digits = 16;

void append_hex(std::uint64_t half, std::string& to) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (int shift = 60; shift >= 0; shift -= 4) to += digits[half >> shift & 15];
}

bool read_hex(std::string_view text, std::uint64_t& half) {
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, half, 16);
  return read.ec == std::errc() && read.ptr == end;
}

}  // namespace

std::string to_text(Id id) {
  std::string text;
  text.reserve(2 * half_digits);
  append_hex(id.high, text);
  append_hex(id.low, text);
  return text;
}

std::optional<Id> id_from_text(std::string_view text) {
  Id id;
  if (text.size() != 2 * half_digits || !read_hex(text.substr(0, half_digits), id.high) ||
      !read_hex(text.substr(half_digits), id.low)) {
    return std::nullopt;
  }
  return id;
}

}  // namespace steelyard::ledger
