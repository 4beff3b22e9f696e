#include "steelyard/server/base62.h"

#include <algorithm>
#include <vector>

#include "steelyard/base/check.h"

namespace steelyard::server {
namespace {

constexpr std::string_view alphabet =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

}  // namespace

std::string to_base62(std::span<const unsigned char> bytes, std::size_t characters) {
  std::vector<unsigned char> number(bytes.begin(), bytes.end());
  std::string text(characters, '0');
  for (auto place = text.rbegin(); place != text.rend(); ++place) {
    unsigned rest = 0;
    for (unsigned char& digit : number) {
      const unsigned value = rest * 256 + digit;
      digit = static_cast<unsigned char>(value / 62);
      rest = value % 62;
    }
    *place = alphabet[rest];
  }
  STEELYARD_CHECK(std::ranges::all_of(number, [](unsigned char digit) { return digit == 0; }));
  return text;
}

bool is_base62(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  });
}

}  // namespace steelyard::server
