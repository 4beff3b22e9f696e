#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/server/request.h"

namespace steelyard::server {

/// Decodes %41 strictly: two hexadecimal digits, valid UTF-8, no control characters.
/// `plus_is_space`: as in queries that forms write. Errors: invalid_field with the place.
[[nodiscard]] Result<std::string> percent_decoded(std::string_view text, bool plus_is_space);

/// A text as a segment of a path or a value of a query.
std::string percent_encoded(std::string_view text);

/// Takes "a=1&b=2" apart. At most 64 parameters, each with a name and an equals sign.
/// Errors: invalid_field with the place.
[[nodiscard]] Result<std::vector<ParameterValue>> parse_query(std::string_view query);

/// Path and query of a target: "/v1/x?a=1". The path keeps its encoding.
struct Target {
  std::string_view path;
  std::string_view query;  ///< Without the question mark.
};

/// Origin form only: begins with a slash, visible ASCII, no fragment, no empty, "." or ".."
/// segment, also not encoded. Errors: invalid_field.
[[nodiscard]] Result<Target> parse_target(std::string_view target);

}  // namespace steelyard::server
