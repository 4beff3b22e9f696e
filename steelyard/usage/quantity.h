#pragma once

#include <string_view>

#include "steelyard/base/result.h"
#include "steelyard/json/document.h"
#include "steelyard/money/decimal.h"

namespace steelyard::usage {

/// A meter's value: a JSON number or a decimal string, read exactly, never through a float.
/// Errors: invalid_quantity (negative, more than twelve decimals, above 10^24, no number),
/// with the pointer, `place` and behind it `name`, and the value.
[[nodiscard]] Result<money::Decimal> read_quantity(const json::Document& document,
                                                   const json::Node& node, std::string_view place,
                                                   std::string_view name = {});

}  // namespace steelyard::usage
