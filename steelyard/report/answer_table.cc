#include "steelyard/report/answer_table.h"

#include "steelyard/charges/csv_cell.h"
#include "steelyard/report/json_text.h"
#include "steelyard/report/text_table.h"

namespace steelyard::report {
namespace {

bool is_number(const charges::Table& answer, std::size_t column) {
  return answer.columns[column].kind == charges::ColumnKind::number;
}

/// A cell on one line.
std::string shown(const std::optional<std::string>& cell) {
  if (!cell.has_value()) return "-";
  std::string text = *cell;
  for (char& c : text) {
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';
  }
  return text;
}

std::vector<std::string> shown_column(const charges::Table& answer, std::size_t column) {
  std::vector<std::string> cells;
  for (const auto& row : answer.rows) cells.push_back(shown(row[column]));
  return is_number(answer, column) ? with_points_aligned(std::move(cells)) : cells;
}

}  // namespace

std::string to_json(const charges::Table& answer) {
  std::string json = R"({"columns":[)";
  for (std::size_t i = 0; i < answer.columns.size(); ++i) {
    json += i == 0 ? R"({"name":)" : R"(,{"name":)";
    append_json_string(answer.columns[i].name, json);
    json += R"(,"type":)";
    append_json_string(answer.columns[i].type, json);
    json += '}';
  }
  json += R"(],"rows":[)";
  for (const auto& row : answer.rows) {
    json += &row == answer.rows.data() ? "[" : ",[";
    for (const auto& cell : row) {
      if (&cell != row.data()) json += ',';
      if (cell.has_value()) {
        append_json_string(*cell, json);
      } else {
        json += "null";
      }
    }
    json += ']';
  }
  return json + R"(],"cut_off":)" + (answer.is_cut_off ? "true}" : "false}");
}

std::string to_csv(const charges::Table& answer) {
  std::string csv;
  for (std::size_t i = 0; i < answer.columns.size(); ++i) {
    if (i > 0) csv += ',';
    charges::append_csv_cell(answer.columns[i].name, false, csv);
  }
  csv += '\n';
  for (const auto& row : answer.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) csv += ',';
      if (row[i].has_value()) charges::append_csv_cell(*row[i], is_number(answer, i), csv);
    }
    csv += '\n';
  }
  return csv;
}

std::string to_text(const charges::Table& answer) {
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> cells;
  for (std::size_t i = 0; i < answer.columns.size(); ++i) {
    columns.push_back({answer.columns[i].name, is_number(answer, i) ? Align::right : Align::left});
    cells.push_back(shown_column(answer, i));
  }
  TextTable table(std::move(columns));
  for (std::size_t row = 0; row < answer.rows.size(); ++row) {
    std::vector<std::string> line;
    for (const auto& column : cells) line.push_back(column[row]);
    table.add(std::move(line));
  }
  return table.to_text();
}

}  // namespace steelyard::report
