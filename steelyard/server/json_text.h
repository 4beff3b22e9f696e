#pragma once

#include <string>
#include <string_view>

namespace steelyard::server {

/// A text as a JSON string with its quotes. Bytes that are no UTF-8 become U+FFFD, control,
/// bidirectional and line-separating characters are escaped: what is shown is one line.
std::string json_text(std::string_view text);

/// The same, appended.
void append_json_text(std::string_view text, std::string& to);

}  // namespace steelyard::server
