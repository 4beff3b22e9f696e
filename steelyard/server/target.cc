#include "steelyard/server/target.h"

#include <algorithm>
#include <array>

#include "steelyard/base/text.h"

namespace steelyard::server {
namespace {

constexpr std::size_t query_parameters_max = 64;

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

constexpr std::array<bool, 256> target_characters = [] {
  std::array<bool, 256> table{};
  for (char c = '!'; c < 0x7f; ++c) {
    table[static_cast<unsigned char>(c)] = !std::string_view("\"<>\\^`{|}#").contains(c);
  }
  return table;
}();

bool is_in_targets(char byte) { return target_characters[static_cast<unsigned char>(byte)]; }

bool is_control(char byte) { return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f; }

}  // namespace

Result<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '+' && plus_is_space) {
      decoded += ' ';
    } else if (text[at] != '%') {
      decoded += text[at];
    } else {
      const int high = at + 2 < text.size() ? hex_value(text[at + 1]) : -1;
      const int low = high >= 0 ? hex_value(text[at + 2]) : -1;
      if (low < 0) {
        return failure(ErrorCode::invalid_field,
                       "'%' without two hexadecimal digits at character " + std::to_string(at + 1));
      }
      decoded += static_cast<char>(high * 16 + low);
      at += 2;
    }
  }
  if (!base::is_utf8(decoded)) return failure(ErrorCode::invalid_field, "it is not valid UTF-8");
  if (std::ranges::any_of(decoded, is_control)) {
    return failure(ErrorCode::invalid_field, "it has a control character");
  }
  return decoded;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  for (const char byte : text) {
    if (plain.contains(byte)) {
      encoded += byte;
    } else {
      encoded += '%';
      encoded += digits[static_cast<unsigned char>(byte) >> 4];
      encoded += digits[static_cast<unsigned char>(byte) & 15U];
    }
  }
  return encoded;
}

Result<std::vector<ParameterValue>> parse_query(std::string_view query) {
  std::vector<ParameterValue> parameters;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (parameters.size() == query_parameters_max) {
      return failure(ErrorCode::invalid_field, "the query has more than 64 parameters");
    }
    const std::size_t equals = pair.find('=');
    const std::string number = std::to_string(parameters.size() + 1);
    if (equals == std::string_view::npos || equals == 0) {
      return failure(ErrorCode::invalid_field,
                     "parameter " + number + " of the query is not NAME=VALUE");
    }
    auto name = percent_decoded(pair.substr(0, equals), true);
    auto value = percent_decoded(pair.substr(equals + 1), true);
    if (!name.has_value() || !value.has_value()) {
      return failure(ErrorCode::invalid_field,
                     "parameter " + number + " of the query: " +
                         (name.has_value() ? value.error().detail : name.error().detail));
    }
    parameters.push_back({*std::move(name), *std::move(value)});
  }
  return parameters;
}

Result<Target> parse_target(std::string_view target) {
  if (!target.starts_with('/')) {
    return failure(ErrorCode::invalid_field, "the target does not begin with '/'");
  }
  if (!std::ranges::all_of(target, is_in_targets)) {
    return failure(ErrorCode::invalid_field, "the target has a character that must be encoded");
  }
  Target parts;
  const std::size_t mark = target.find('?');
  parts.path = target.substr(0, mark);
  if (mark != std::string_view::npos) parts.query = target.substr(mark + 1);

  std::string_view rest = parts.path.substr(1);
  while (!rest.empty()) {
    const std::string_view segment = rest.substr(0, rest.find('/'));
    const bool is_last = segment.size() == rest.size();
    rest.remove_prefix(is_last ? segment.size() : segment.size() + 1);
    STEELYARD_TRY(decoded, percent_decoded(segment, false));
    if (decoded.empty() || decoded == "." || decoded == "..") {
      return failure(ErrorCode::invalid_field, "the path has an empty or dotted segment");
    }
  }
  return parts;
}

}  // namespace steelyard::server
