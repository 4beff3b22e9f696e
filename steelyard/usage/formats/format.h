#pragma once

#include <span>
#include <string_view>

#include "steelyard/base/result.h"
#include "steelyard/json/document.h"
#include "steelyard/usage/token_counts.h"

namespace steelyard::usage::formats {

/// How one provider reports what a call used.
struct Format {
  std::string_view protocol;  ///< As `data.protocol` has it: "openai.chat".
  Result<TokenCounts> (*read)(const json::Object& usage);
  std::string_view source;  ///< Who defines it.
};

/// Every format, in the order of the contract.
std::span<const Format> all();

/// The format of that protocol, or null. The declared protocol decides, never the numbers.
const Format* find(std::string_view protocol);

}  // namespace steelyard::usage::formats
