#pragma once

#include <string>
#include <string_view>

namespace steelyard::cli {

/// Whether a person would have to type the input.
bool input_is_terminal();

/// Writes all of a text to standard output; false if that fails.
bool write_out(std::string_view text);

enum class Colour { bold, red, yellow };

/// The text in that colour, if standard output is a terminal and NO_COLOR is not set
/// (no-color.org); else as it is.
std::string coloured(std::string_view text, Colour colour);

}  // namespace steelyard::cli
