#include "steelyard/charges/csv_cell.h"

namespace steelyard::charges {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t digits_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_digit(text[end])) ++end;
  return end - at;
}

}  // namespace

bool is_csv_number(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const std::size_t whole = digits_at(text, at);
  if (whole == 0) return false;
  at += whole;
  if (at == text.size()) return true;
  if (text[at] != '.') return false;
  const std::size_t fraction = digits_at(text, at + 1);
  return fraction > 0 && at + 1 + fraction == text.size();
}

void append_csv_cell(std::string_view text, bool is_number, std::string& to) {
  if (is_number && is_csv_number(text)) {
    to += text;
    return;
  }
  const bool is_formula = !text.empty() && std::string_view("=+-@\t\r").contains(text.front());
  const bool needs_quotes = text.find_first_of(",\"\r\n") != std::string_view::npos;
  if (needs_quotes) to += '"';
  if (is_formula) to += '\'';
  for (const char c : text) {
    if (c == '"') to += '"';
    to += c;
  }
  if (needs_quotes) to += '"';
}

}  // namespace steelyard::charges
