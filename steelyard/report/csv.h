#pragma once

#include <string>
#include <string_view>

#include "steelyard/batch/record.h"

namespace steelyard::report {

/// Appends a text as a CSV cell (RFC 4180). A text that a spreadsheet would take for a
/// formula (it begins with = + - @ or a tab) gets an apostrophe in front.
void append_csv_text(std::string_view text, std::string& to);

/// The names of the columns, with the line's end.
std::string csv_header();

/// Appends a row for each charge line of a record; a record without lines has one row.
void append_csv(const batch::Record& record, std::string_view currency, std::string& to);

}  // namespace steelyard::report
