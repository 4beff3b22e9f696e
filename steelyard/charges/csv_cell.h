#pragma once

#include <string>
#include <string_view>

namespace steelyard::charges {

/// Whether a text is a number that every spreadsheet reads as such: -?\d+(\.\d+)?
bool is_csv_number(std::string_view text);

/// Appends a cell of RFC 4180. A text that a spreadsheet would run as a formula (it begins with
/// = + - @, a tab or a carriage return) is prefixed with '. A number is written as it is.
void append_csv_cell(std::string_view text, bool is_number, std::string& to);

}  // namespace steelyard::charges
