#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "steelyard/pricebook/finding.h"

namespace steelyard::pricebook {

/// One record of a CSV file.
struct CsvRow {
  int line = 0;  ///< Where it begins; the first line of a file is 1.
  std::vector<std::string> cells;
};

/// Reads comma-separated values (RFC 4180): cells may be quoted, rows end with LF or CRLF, a
/// byte order mark is skipped, empty lines are. Every row must have as many cells as the
/// first. What is wrong is noted, and its row left out.
/// Findings: malformed_csv, not_utf8, too_large.
std::vector<CsvRow> read_csv(std::string_view text, const std::string& file, Findings& findings);

/// A cell as CSV writes it.
std::string csv_cell(std::string_view text);

}  // namespace steelyard::pricebook
