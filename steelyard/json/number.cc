#include "steelyard/json/number.h"

namespace steelyard::json {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::uint64_t fingerprint_of(const Canonical& number) {
  const std::uint64_t shape = number.exponent_word * 2 + (number.is_negative ? 1 : 0);
  return base::hash_pair(number.digits_hash, shape);
}

}  // namespace

Canonical canonical(std::string_view text) {
  Canonical number;
  std::size_t at = 0;
  if (text[at] == '-') {
    number.is_negative = true;
    ++at;
  }
  std::int64_t after_point = 0;
  bool in_fraction = false;
  std::size_t zeros = 0;  // Seen since the last digit that is none.
  const auto take = [&](char digit) {
    ++number.digits_count;
    number.digits = number.digits * 10 + static_cast<std::uint64_t>(digit - '0');
    const std::uint64_t before = number.digits_count > 19 ? number.digits_hash : 0;
    number.digits_hash = number.digits_count > 19
                             ? base::hash_pair(before, static_cast<std::uint64_t>(digit) + 1)
                             : number.digits;
  };
  for (; at < text.size() && text[at] != 'e' && text[at] != 'E'; ++at) {
    if (text[at] == '.') {
      in_fraction = true;
      continue;
    }
    if (in_fraction) ++after_point;
    if (text[at] == '0') {
      if (number.digits_count > 0) ++zeros;
      continue;
    }
    for (; zeros > 0; --zeros) take('0');
    take(text[at]);
  }
  if (number.digits_count == 0) return {};  // Zero has one form, whatever its sign.

  std::int64_t exponent = 0;
  std::uint64_t word = 0;
  if (at < text.size()) {
    ++at;
    const bool is_negative = text[at] == '-';
    if (text[at] == '-' || text[at] == '+') ++at;
    constexpr std::int64_t largest = 1'000'000'000'000'000;
    for (; at < text.size(); ++at) {
      if (exponent < largest) exponent = exponent * 10 + (text[at] - '0');
      word = word * 10 + static_cast<std::uint64_t>(text[at] - '0');
    }
    if (is_negative) {
      exponent = -exponent;
      word = -word;
    }
  }
  const std::int64_t shift = static_cast<std::int64_t>(zeros) - after_point;
  number.exponent = exponent + shift;
  number.exponent_word = word + static_cast<std::uint64_t>(shift);
  return number;
}

Number scan_number(const char* at, const char* end) {
  Number number;
  const char* const first = at;
  const auto refuse = [&](const char* what) {
    Number none;
    none.what = what;
    return none;
  };
  if (*at == '-') ++at;
  if (!is_digit(*at)) return refuse("a value was expected");
  const char* const digits = at;
  std::uint64_t whole = 0;
  while (is_digit(*at)) whole = whole * 10 + static_cast<std::uint64_t>(*at++ - '0');
  if (*digits == '0' && at - digits > 1) return refuse("a number may not begin with 0");
  bool is_plain = digits == first && at - digits <= 18;
  if (*at == '.') {
    is_plain = false;
    ++at;
    if (!is_digit(*at)) return refuse("a digit was expected after '.'");
    while (is_digit(*at)) ++at;
  }
  if (*at == 'e' || *at == 'E') {
    is_plain = false;
    ++at;
    if (*at == '+' || *at == '-') ++at;
    if (!is_digit(*at)) return refuse("a digit was expected in the exponent");
    while (is_digit(*at)) ++at;
  }
  if (at > end) return refuse("the text ends too early");
  number.end = at;
  number.is_whole = is_plain;
  number.whole = whole;
  number.fingerprint =
      is_plain ? fingerprint_of_whole(whole)
               : fingerprint_of(canonical({first, static_cast<std::size_t>(at - first)}));
  return number;
}

}  // namespace steelyard::json
