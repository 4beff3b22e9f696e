#include "steelyard/report/csv.h"

#include "steelyard/report/ndjson.h"

namespace steelyard::report {
namespace {

using batch::Record;
using batch::Status;

std::string joined_notes(const Record& record) {
  std::string joined;
  for (const std::string_view name : note_names(record)) {
    if (!joined.empty()) joined += ' ';
    joined += name;
  }
  return joined;
}

void append_identity(const Record& record, std::string& to) {
  to += name_of(record.status);
  to += ',';
  if (record.status == Status::unrated || record.status == Status::rejected) {
    to += name_of(record.reason);
  }
  for (const std::string_view text : {record.source, record.id, record.account}) {
    to += ',';
    append_csv_text(text, to);
  }
}

/// The cells from item to amount.
void append_line(const rating::Line& line, std::string& to) {
  to += ',';
  append_csv_text(line.row->item, to);
  to += ',';
  to += line.row->tier.label;
  to += ',';
  to += std::to_string(line.quantity);
  to += ",token,";
  line.row->price.append_to(to);
  to += ',';
  to += std::to_string(line.row->per);
  to += ',';
  line.amount.append_to(to);
}

void append_line(const rating::cloud::Line& line, std::string& to) {
  const rating::cloud::Row& row = *line.row;
  for (const std::string_view text : {std::string_view(row.item), std::string_view(row.tier)}) {
    to += ',';
    append_csv_text(text, to);
  }
  to += ',';
  line.quantity.append_to(to);
  to += ',';
  append_csv_text(row.unit, to);
  for (const money::Decimal& number : {row.price, row.per, line.amount}) {
    to += ',';
    number.append_to(to);
  }
}

}  // namespace

void append_csv_text(std::string_view text, std::string& to) {
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

std::string csv_header() {
  return "status,reason,source,id,account,item,tier,quantity,unit,price,per,amount,currency,"
         "notes,detail\n";
}

void append_csv(const Record& record, std::string_view currency, std::string& to) {
  if (record.status != Status::rated) {
    append_identity(record, to);
    to += ",,,,,,,,,,";
    append_csv_text(record.detail, to);
    to += '\n';
    return;
  }
  const std::string notes = joined_notes(record);
  const auto finish = [&] {
    to += ',';
    to += currency;
    to += ',';
    to += notes;
    to += ",\n";
  };
  for (const rating::Line& line : record.charge.used_lines()) {
    append_identity(record, to);
    append_line(line, to);
    finish();
  }
  for (const rating::cloud::Line& line : record.cloud.lines) {
    append_identity(record, to);
    append_line(line, to);
    finish();
  }
  if (record.charge.line_count == 0 && record.cloud.lines.empty()) {
    append_identity(record, to);
    to += ",,,,,,,0";
    finish();
  }
}

}  // namespace steelyard::report
