#include "steelyard/report/ndjson.h"

#include <array>
#include <charconv>

#include "steelyard/report/json_text.h"

namespace steelyard::report {
namespace {

using batch::Record;
using batch::Status;

void append_number(std::uint64_t number, std::string& to) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  to.append(digits.data(), end);
}

void append_field(std::string_view before, std::string_view text, std::string& to) {
  if (text.empty()) return;
  to += before;
  append_json_string(text, to);
  to += ',';
}

void append_cloud_line(const rating::cloud::Line& line, std::string& to) {
  const rating::cloud::Row& row = *line.row;
  to += "{\"item\":";
  append_json_string(row.item, to);
  to += ",\"tier\":";
  append_json_string(row.tier, to);
  to += ",\"quantity\":\"";
  line.quantity.append_to(to);
  to += "\",\"unit\":";
  append_json_string(row.unit, to);
  to += ",\"price\":\"";
  row.price.append_to(to);
  to += "\",\"per\":\"";
  row.per.append_to(to);
  to += "\",\"amount\":\"";
  line.amount.append_to(to);
  to += "\"}";
}

}  // namespace

std::vector<std::string_view> note_names(const Record& record) {
  using rating::cloud::Note;
  std::vector<std::string_view> names = note_names(record.charge);
  if (record.cloud.has(Note::overlapping_gauge)) names.push_back("overlapping_gauge");
  if (record.cloud.has(Note::straddles_window)) names.push_back("straddles_window");
  if (record.cloud.has(Note::above_bid)) names.push_back("above_bid");
  return names;
}

std::vector<std::string_view> note_names(const rating::Charge& charge) {
  std::vector<std::string_view> names;
  if (charge.has(rating::Note::thinking_price_absent)) names.push_back("thinking_price_absent");
  if (charge.has(rating::Note::cache_price_absent)) names.push_back("cache_price_absent");
  return names;
}

NdjsonWriter::NdjsonWriter(const rating::Rater& rater) : currency_(rater.currency()) {
  for (std::uint32_t i = 0; i < rater.row_count(); ++i) {
    const rating::PriceRow& row = rater.row(i);
    RowText text;
    text.before_quantity = "{\"item\":";
    append_json_string(row.item, text.before_quantity);
    text.before_quantity += ",\"tier\":";
    append_json_string(row.tier.label, text.before_quantity);
    text.before_quantity += ",\"quantity\":\"";
    text.before_amount = "\",\"unit\":\"token\",\"price\":\"" + row.price.to_text() +
                         "\",\"per\":\"" + std::to_string(row.per) + "\",\"amount\":\"";
    rows_.push_back(std::move(text));
  }
}

void NdjsonWriter::append_charge(const Record& record, std::string& to) const {
  const rating::Charge& charge = record.charge;
  to += ",\"currency\":\"";
  to += currency_;
  to += "\",\"amount\":\"";
  charge.amount.append_to(to);
  to += "\",\"lines\":[";
  bool is_first = true;
  for (const rating::Line& line : charge.used_lines()) {
    if (!is_first) to += ',';
    is_first = false;
    const RowText& text = rows_[line.row->index];
    to += text.before_quantity;
    append_number(line.quantity, to);
    to += text.before_amount;
    line.amount.append_to(to);
    to += "\"}";
  }
  for (const rating::cloud::Line& line : record.cloud.lines) {
    if (!is_first) to += ',';
    is_first = false;
    append_cloud_line(line, to);
  }
  to += "],\"notes\":[";
  if (charge.notes != 0 || record.cloud.notes != 0) {
    is_first = true;
    for (const std::string_view name : note_names(record)) {
      if (!is_first) to += ',';
      is_first = false;
      append_json_string(name, to);
    }
  }
  to += ']';
}

void NdjsonWriter::append(const Record& record, std::string& to) const {
  to += '{';
  append_field("\"source\":", record.source, to);
  append_field("\"id\":", record.id, to);
  append_field("\"account\":", record.account, to);
  to += "\"status\":\"";
  to += name_of(record.status);
  to += '"';
  if (record.status == Status::rated) append_charge(record, to);
  if (record.status == Status::unrated || record.status == Status::rejected) {
    to += ",\"reason\":\"";
    to += name_of(record.reason);
    to += '"';
  }
  if (record.first_sequence != 0 &&
      (record.is_late || record.status == Status::duplicate || record.status == Status::conflict)) {
    to += ",\"first_sequence\":" + std::to_string(record.first_sequence);
  }
  if (!record.detail.empty()) {
    to += ",\"detail\":";
    append_json_string(record.detail, to);
  }
  to += "}\n";
}

}  // namespace steelyard::report
