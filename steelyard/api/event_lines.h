#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "steelyard/base/result.h"

namespace steelyard::api {

inline constexpr std::size_t events_per_request_max = 10'000;

/// How events stand in a body.
enum class EventForm : unsigned char {
  one,    ///< A JSON object.
  array,  ///< A JSON array of them.
  lines,  ///< A JSON object a line.
  any,    ///< An object or an array, as its first character says.
};

/// The events of a body, each on a line of its own. What is no JSON becomes a line that says so
/// when it is read. Errors: too_large (more than events_per_request_max), malformed_json (an
/// array that does not end, or something that stands between its elements).
[[nodiscard]] Result<std::string> event_lines(std::string_view body, EventForm form);

}  // namespace steelyard::api
