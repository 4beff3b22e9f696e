#include "steelyard/usage/text_rules.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "steelyard/base/limits.h"

namespace steelyard::usage {
namespace {

bool is_plain(char c) { return c >= 0x20 && c < 0x7f; }

/// Eight characters at once; the first of them in any order of bytes.
bool are_plain(std::uint64_t word) {
  constexpr std::uint64_t each = 0x0101010101010101;
  const std::uint64_t below_space = (word - each * 0x20) & ~word;
  const std::uint64_t not_delete = word ^ (each * 0x7f);
  const std::uint64_t is_delete = (not_delete - each) & ~not_delete;
  return ((word | below_space | is_delete) & (each * 0x80)) == 0;
}

template <class Word>
std::uint64_t word_at(const char* at) {
  Word word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

bool are_plain(std::string_view text) {
  const char* const end = text.data() + text.size();
  if (text.size() < 4) return std::ranges::all_of(text, is_plain);
  if (text.size() < 8) {  // The first and the last four: some of them twice. So it is below.
    return are_plain(word_at<std::uint32_t>(text.data()) << 32 | word_at<std::uint32_t>(end - 4));
  }
  for (const char* at = text.data(); at + 8 < end; at += 8) {
    if (!are_plain(word_at<std::uint64_t>(at))) return false;
  }
  return are_plain(word_at<std::uint64_t>(end - 8));
}

/// The character at `at`, which is moved behind it.
char32_t next_character(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(at);
  const std::size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  char32_t point = size == 1 ? first : first & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) point = (point << 6) | (byte(at + i) & 0x3fU);
  at += size;
  return point;
}

bool is_printable(char32_t c) {
  const bool is_control = c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029;
  const bool turns_direction = c == 0x061c || c == 0x200e || c == 0x200f ||
                               (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
  return !is_control && !turns_direction;
}

}  // namespace

bool is_printable_name(std::string_view text) {
  if (text.empty()) return false;
  if (are_plain(text)) return text.size() <= limits::id_characters_max;
  std::size_t characters = 0;
  for (std::size_t at = 0; at < text.size(); ++characters) {
    if (!is_printable(next_character(text, at))) return false;
  }
  return characters <= limits::id_characters_max;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  const std::size_t first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

}  // namespace steelyard::usage
