#pragma once

#include <string>
#include <string_view>

#include "steelyard/usage/formats/format.h"

/// What the tests of the formats share: a usage object goes in as text, and what was read
/// comes out as text that can be compared with a calculation by hand.
namespace steelyard::usage::formats {

inline Result<TokenCounts> read_text(std::string_view protocol, std::string_view usage) {
  json::Document document;
  if (!document.parse_copy(usage)) {
    return failure(ErrorCode::malformed_json, document.error().what + (": " + std::string(usage)));
  }
  return find(protocol)->read(json::Object(document, document.root()));
}

/// Plain + cached + written input, output and reasoning: "971 + 2048 + 0 in, 104 out, 0
/// reasoning". Without the last part where none is reported; or the word of the error.
inline std::string read(std::string_view protocol, std::string_view usage) {
  const auto counts = read_text(protocol, usage);
  if (!counts.has_value()) return std::string(name_of(counts.error().code));
  const std::string text =
      std::to_string(counts->input) + " + " + std::to_string(counts->cached_input) + " + " +
      std::to_string(counts->written_input) + " in, " + std::to_string(counts->output) + " out";
  if (!counts->reasoning.has_value()) return text;
  return text + ", " + std::to_string(*counts->reasoning) + " reasoning";
}

/// What the error says; empty without one.
inline std::string detail(std::string_view protocol, std::string_view usage) {
  const auto counts = read_text(protocol, usage);
  return counts.has_value() ? "" : counts.error().detail;
}

}  // namespace steelyard::usage::formats
