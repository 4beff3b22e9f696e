#pragma once

#include <span>
#include <string_view>

#include "steelyard/base/result.h"
#include "steelyard/json/document.h"
#include "steelyard/usage/token_counts.h"

namespace steelyard::usage::formats {

/// Where a usage object has its counts: the paths of members, as its documentation writes
/// them. Empty: it does not report that count. Only for people; `Format::read` decides.
struct CountNames {
  std::string_view input;
  std::string_view cached;
  std::string_view written;
  std::string_view output;
  std::string_view reasoning;
  std::string_view total;
  bool input_includes_cache = true;  ///< Cached and written tokens are parts of `input`.
};

/// How one provider reports what a call used.
struct Format {
  std::string_view protocol;  ///< As `data.protocol` has it: "openai.chat".
  Result<TokenCounts> (*read)(const json::Object& usage);
  CountNames names;
  std::string_view source;  ///< Who defines it.
};

/// Every format, in the order of the contract.
std::span<const Format> all();

/// The format of that protocol, or null. The declared protocol decides, never the numbers.
const Format* find(std::string_view protocol);

}  // namespace steelyard::usage::formats
