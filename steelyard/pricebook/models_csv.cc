#include "steelyard/pricebook/models_csv.h"

#include <algorithm>
#include <array>

#include "steelyard/base/limits.h"
#include "steelyard/base/text.h"
#include "steelyard/pricebook/csv.h"
#include "steelyard/pricebook/dates.h"
#include "steelyard/pricebook/reader.h"

namespace steelyard::pricebook {
namespace {

constexpr const char* file_name = "models.csv";

enum Column : std::uint8_t { model, tier, type, price, from, to };
constexpr std::array<std::string_view, 6> column_names = {
    "model", "tier", "type", "price_per_1k_tokens", "effective_from", "effective_to"};
constexpr std::size_t needed_columns = 4;

/// The reader of one table, whose columns may stand in any order.
class Table {
 public:
  Table(PriceBook& book, Findings& findings) : book_(book), findings_(findings) {
    place_of_.fill(-1);
  }

  bool read_header(const CsvRow& header) {
    for (std::size_t i = 0; i < header.cells.size(); ++i) {
      const auto found = std::ranges::find(column_names, header.cells[i]);
      if (found == column_names.end()) {
        const std::string close = base::nearest(header.cells[i], column_names);
        refuse("unknown_word", header.line,
               "column '" + header.cells[i] + "' is none of " + base::joined(column_names) +
                   (close.empty() ? "" : "; did you mean '" + close + "'?"));
        return false;
      }
      place_of_[static_cast<std::size_t>(found - column_names.begin())] = static_cast<int>(i);
    }
    for (std::size_t i = 0; i < needed_columns; ++i) {
      if (place_of_[i] >= 0) continue;
      refuse("missing_column", header.line,
             "column '" + std::string(column_names[i]) + "' is missing");
      return false;
    }
    return true;
  }

  void read_row(const CsvRow& row) {
    ModelPrice result;
    result.place = {file_name, row.line};
    result.model = cell(row, model);
    if (result.model.empty()) return refuse("missing_cell", row.line, "the model has no name");
    if (result.model.front() == ' ' || result.model.back() == ' ') {
      return refuse("unknown_word", row.line,
                    "model '" + result.model + "' has white space at an end");
    }
    const auto item = token_item(cell(row, type));
    if (!item.has_value()) {
      const std::string close = base::nearest(cell(row, type), token_item_names);
      return refuse("unknown_word", row.line,
                    "type '" + cell(row, type) + "' is none of " + base::joined(token_item_names) +
                        (close.empty() ? "" : "; did you mean '" + close + "'?"));
    }
    result.item = *item;
    const auto range = parse_tier(cell(row, tier), book_.k, book_.upper_bound);
    if (!range.has_value()) return refuse("malformed_tier", row.line, range.error().detail);
    result.tier = *range;
    if (!read_price(row, result) || !read_validity(row, result)) return;
    book_.prices.push_back(std::move(result));
  }

 private:
  std::string cell(const CsvRow& row, Column column) const {
    const int place = place_of_[column];
    return place < 0 ? std::string() : row.cells[static_cast<std::size_t>(place)];
  }

  bool read_price(const CsvRow& row, ModelPrice& result) {
    const std::string text = cell(row, price);
    if (text.empty()) {
      refuse("missing_cell", row.line, "the price is missing; a price of nothing is written 0");
      return false;
    }
    const auto value = money::Decimal::parse(text);
    if (!value.has_value()) {
      refuse("malformed_price", row.line,
             "price '" + text + "' is not a decimal number such as 0.0008");
      return false;
    }
    if (value->is_negative()) {
      refuse("negative_price", row.line, "price '" + text + "' is negative");
      return false;
    }
    if (*value > money::Decimal::whole(limits::token_price_max)) {
      refuse("malformed_price", row.line,
             "price '" + text + "' is above " + std::to_string(limits::token_price_max));
      return false;
    }
    result.price = *value;
    return true;
  }

  bool read_validity(const CsvRow& row, ModelPrice& result) {
    const auto validity = parse_validity(cell(row, from), cell(row, to), book_);
    if (!validity.has_value()) {
      refuse("malformed_date", row.line, validity.error().detail);
      return false;
    }
    result.validity = *validity;
    return true;
  }

  void refuse(const char* word, int line, std::string message) {
    findings_.error(word, {file_name, line}, std::move(message));
  }

  PriceBook& book_;
  Findings& findings_;
  std::array<int, column_names.size()> place_of_{};
};

}  // namespace

void read_models_csv(std::string_view text, PriceBook& book, Findings& findings) {
  const std::vector<CsvRow> rows = read_csv(text, file_name, findings);
  if (rows.empty()) {
    if (!findings.has_errors()) {
      findings.error("missing_column", {file_name, 1}, "the file is empty: it has no header");
    }
    return;
  }
  Table table(book, findings);
  if (!table.read_header(rows.front())) return;
  for (std::size_t i = 1; i < rows.size(); ++i) table.read_row(rows[i]);
}

std::string to_models_csv(const PriceBook& book) {
  const bool has_dates = std::ranges::any_of(
      book.prices, [](const ModelPrice& each) { return each.validity != Validity{}; });
  std::string text = "model,tier,type,price_per_1k_tokens";
  text += has_dates ? ",effective_from,effective_to\n" : "\n";
  for (const ModelPrice& each : book.prices) {
    text += csv_cell(each.model) + ',' + each.tier.label + ',' + std::string(name_of(each.item)) +
            ',' + each.price.to_text();
    if (has_dates) {
      text += ',' + date_text(each.validity.from, book.time_zone) + ',' +
              date_text(each.validity.to, book.time_zone);
    }
    text += '\n';
  }
  return text;
}

}  // namespace steelyard::pricebook
