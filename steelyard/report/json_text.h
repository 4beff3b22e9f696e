#pragma once

#include <string>
#include <string_view>

namespace steelyard::report {

/// Appends a text as a JSON string, with its quotes. Requires: valid UTF-8.
void append_json_string(std::string_view text, std::string& to);

}  // namespace steelyard::report
