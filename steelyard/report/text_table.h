#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace steelyard::report {

enum class Align : std::uint8_t { left, right };

struct Column {
  std::string title;
  Align align = Align::left;
};

/// Aligned columns for people. A character counts as wide as its code points.
class TextTable {
 public:
  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// Requires: a cell for each column.
  void add(std::vector<std::string> cells);

  /// A line between the rows before and after it.
  void add_rule();

  /// The titles, a line, the rows; each line with its end and nothing behind its last letter.
  std::string to_text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;  // An empty one is a rule.
};

/// How many code points a UTF-8 text has.
std::size_t width_of(std::string_view text);

/// Numbers with as much space behind them as sets their points under each other.
std::vector<std::string> with_points_aligned(std::vector<std::string> numbers);

/// Each line of a text, two spaces further in.
std::string indented(std::string_view text);

/// "1234567.89" as "1,234,567.89".
std::string grouped(std::string_view number);

}  // namespace steelyard::report
