#include "steelyard/pricebook/csv.h"

#include "steelyard/base/limits.h"
#include "steelyard/base/text.h"

namespace steelyard::pricebook {
namespace {

/// Reads one record after the other.
class CsvReader {
 public:
  CsvReader(std::string_view text, const std::string& file, Findings& findings)
      : text_(text), file_(file), findings_(findings) {}

  std::vector<CsvRow> run() {
    std::vector<CsvRow> rows;
    while (at_ < text_.size()) {
      CsvRow row;
      row.line = line_;
      is_bad_ = false;
      read_row(row);
      const bool is_empty = row.cells.size() == 1 && row.cells.front().empty();
      if (is_bad_ || is_empty) continue;
      if (!rows.empty() && row.cells.size() != rows.front().cells.size()) {
        refuse(row.line, "the row has " + std::to_string(row.cells.size()) + " cells, the header " +
                             std::to_string(rows.front().cells.size()));
        continue;
      }
      if (rows.size() == limits::price_rows_max) {
        findings_.error("too_large", {file_, line_},
                        "the file has more rows than " + std::to_string(limits::price_rows_max));
        break;
      }
      rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  void refuse(int line, std::string message) {
    findings_.error("malformed_csv", {file_, line}, std::move(message));
    is_bad_ = true;
  }

  bool at_line_end() const {
    return at_ == text_.size() || text_[at_] == '\n' ||
           (text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n');
  }

  void read_row(CsvRow& row) {
    for (;;) {
      const bool is_quoted = at_ < text_.size() && text_[at_] == '"';
      row.cells.push_back(is_quoted ? quoted_cell() : plain_cell());
      if (at_ < text_.size() && text_[at_] == ',') {
        ++at_;
        continue;
      }
      break;
    }
    while (!at_line_end()) ++at_;  // After something wrong.
    if (at_ < text_.size() && text_[at_] == '\r') ++at_;
    if (at_ < text_.size()) ++at_;
    ++line_;
  }

  std::string plain_cell() {
    const std::size_t first = at_;
    while (!at_line_end() && text_[at_] != ',') {
      if (text_[at_] == '"' && !is_bad_) refuse(line_, "a quote inside a cell without quotes");
      ++at_;
    }
    return std::string(text_.substr(first, at_ - first));
  }

  std::string quoted_cell() {
    const int first_line = line_;
    std::string cell;
    for (++at_;; ++at_) {
      if (at_ == text_.size()) {
        refuse(first_line, "a quoted cell does not end");
        return cell;
      }
      if (text_[at_] == '"') {
        ++at_;
        if (at_ == text_.size() || text_[at_] != '"') break;
      }
      if (text_[at_] == '\n') ++line_;
      cell += text_[at_];
    }
    if (!at_line_end() && text_[at_] != ',') refuse(line_, "something follows a quoted cell");
    return cell;
  }

  std::string_view text_;
  const std::string& file_;
  Findings& findings_;
  std::size_t at_ = 0;
  int line_ = 1;
  bool is_bad_ = false;
};

}  // namespace

std::vector<CsvRow> read_csv(std::string_view text, const std::string& file, Findings& findings) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  if (text.size() > limits::price_file_bytes_max) {
    findings.error(
        "too_large", {file, 0},
        "the file has more than " + std::to_string(limits::price_file_bytes_max) + " bytes");
    return {};
  }
  if (!base::is_utf8(text)) {
    findings.error("not_utf8", {file, 0}, "the file is not UTF-8 text");
    return {};
  }
  return CsvReader(text, file, findings).run();
}

std::string csv_cell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string cell = "\"";
  for (const char c : text) {
    if (c == '"') cell += '"';
    cell += c;
  }
  return cell + '"';
}

}  // namespace steelyard::pricebook
