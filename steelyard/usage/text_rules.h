#pragma once

#include <string_view>

namespace steelyard::usage {

/// Whether a text has 1 to limits::id_characters_max characters, all of them printable:
/// no control characters, and none that change the direction of writing, because two ids
/// that look alike would then be two facts. Requires: valid UTF-8.
bool is_printable_name(std::string_view text);

/// Without ASCII white space at either end.
std::string_view trimmed(std::string_view text);

}  // namespace steelyard::usage
