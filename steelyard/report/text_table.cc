#include "steelyard/report/text_table.h"

#include <algorithm>

#include "steelyard/base/check.h"

namespace steelyard::report {
namespace {

void append_cell(const std::string& cell, std::size_t width, Align align, std::string& line) {
  const std::string space(width - width_of(cell), ' ');
  line += align == Align::right ? space + cell : cell + space;
}

std::string without_space_behind(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line + '\n';
}

}  // namespace

void TextTable::add(std::vector<std::string> cells) {
  STEELYARD_CHECK(cells.size() == columns_.size());
  rows_.push_back(std::move(cells));
}

void TextTable::add_rule() { rows_.emplace_back(); }

std::string TextTable::to_text() const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = width_of(columns_[i].title);
    for (const auto& row : rows_) {
      if (!row.empty()) width = std::max(width, width_of(row[i]));
    }
    widths.push_back(width);
  }
  const auto line_of = [&](const auto& cell_at) {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) line += "  ";
      append_cell(cell_at(i), widths[i], columns_[i].align, line);
    }
    return without_space_behind(std::move(line));
  };
  std::string rule;
  for (const std::size_t width : widths) {
    if (!rule.empty()) rule += "  ";
    for (std::size_t i = 0; i < width; ++i) rule += "─";
  }
  rule = without_space_behind(std::move(rule));
  std::string text = line_of([&](std::size_t i) { return columns_[i].title; }) + rule;
  for (const auto& row : rows_) {
    text += row.empty() ? rule : line_of([&](std::size_t i) { return row[i]; });
  }
  return text;
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::vector<std::string> with_points_aligned(std::vector<std::string> numbers) {
  const auto width_behind = [](const std::string& number) {
    const std::size_t point = number.find('.');
    return point == std::string::npos ? 0 : number.size() - point;
  };
  std::size_t widest = 0;
  for (const std::string& number : numbers) widest = std::max(widest, width_behind(number));
  for (std::string& number : numbers) number.append(widest - width_behind(number), ' ');
  return numbers;
}

std::string indented(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (end > at) result += "  ";
    result.append(text.substr(at, end - at)) += '\n';
    at = end + 1;
  }
  return result;
}

std::string grouped(std::string_view number) {
  const std::size_t point = std::min(number.find('.'), number.size());
  const std::size_t first = number.starts_with('-') ? 1 : 0;
  std::string text(number.substr(0, first));
  for (std::size_t i = first; i < point; ++i) {
    if (i > first && (point - i) % 3 == 0) text += ',';
    text += number[i];
  }
  return text.append(number.substr(point));
}

}  // namespace steelyard::report
