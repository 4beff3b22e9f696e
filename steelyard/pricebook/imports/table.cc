#include <array>
#include <optional>
#include <vector>

#include "steelyard/base/limits.h"
#include "steelyard/base/text.h"
#include "steelyard/pricebook/imports/importer.h"
#include "steelyard/pricebook/reader.h"

namespace steelyard::pricebook::imports {
namespace {

/// The words of the list for what is priced, in the order of TokenItem.
constexpr std::array<std::string_view, token_item_count> type_words = {
    "input",  "input (thinking)", "input (cache hit)", "input (thinking mode cache hit)",
    "output", "output (thinking)"};

std::optional<TokenItem> item_of(std::string_view word) {
  for (std::size_t i = 0; i < type_words.size(); ++i) {
    if (type_words[i] == word) return static_cast<TokenItem>(i);
  }
  return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r";
  const std::size_t first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells;
  for (;;) {
    const std::size_t end = line.find('|');
    cells.emplace_back(trimmed(line.substr(0, end)));
    if (end == std::string_view::npos) break;
    line.remove_prefix(end + 1);
  }
  while (!cells.empty() && cells.back().empty()) cells.pop_back();
  return cells;
}

/// The reader of one list: a table whose rows leave out the cells that repeat.
class TableReader {
 public:
  explicit TableReader(const std::string& file) : file_(file) {
    result_.book.title = "imported from a price table";
    result_.book.time_zone = "Asia/Shanghai";
  }

  Result<Imported> run(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      ++line_;
      read_line(text.substr(0, end));
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    if (!has_header_) {
      return failure(ErrorCode::file_is_malformed,
                     file_ + ": no row 'Model | Pricing tier | Type | Price (CNY/1k tokens)'");
    }
    if (!products_.empty()) {
      result_.findings.warning(
          "not_priced", {file_, products_line_},
          std::to_string(products_.size()) + " products are named without prices: " +
              base::joined(std::vector<std::string_view>(products_.begin(), products_.end())));
    }
    return std::move(result_);
  }

 private:
  void read_line(std::string_view line) {
    if (!line.contains('|')) {
      in_table_ = in_table_ && trimmed(line).empty();
      return;  // Prose between the tables.
    }
    const std::vector<std::string> cells = cells_of(line);
    if (cells.empty()) return;
    if (cells.size() == 4 && cells[3].starts_with("Price")) return read_header(cells[3]);
    if (!in_table_) {
      if (cells.size() == 1) {
        if (products_.empty()) products_line_ = line_;
        products_.push_back(cells.front());
      } else {
        refuse("unknown_word", "the row stands before the table's header");
      }
      return;
    }
    read_row(cells);
  }

  /// "Price (CNY/1k tokens)".
  void read_header(const std::string& title) {
    const std::size_t open = title.find('(');
    const std::size_t slash = title.find('/');
    if (open == std::string::npos || slash != open + 4) {
      return refuse("unknown_word", "'" + title + "' names no currency, as (CNY/1k tokens) does");
    }
    const std::string code = title.substr(open + 1, 3);
    if (code.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string::npos) {
      return refuse("malformed_currency", "'" + code + "' is no currency");
    }
    const std::string unit = title.substr(slash + 1);
    per_million_ = unit.starts_with("1m") || unit.starts_with("1M");
    if (!per_million_ && !unit.starts_with("1k") && !unit.starts_with("1K")) {
      return refuse("unknown_word", "'" + unit + "' is neither 1k nor 1M tokens");
    }
    result_.book.currency = money::Currency(code);
    has_header_ = in_table_ = true;
  }

  void read_row(const std::vector<std::string>& cells) {
    // A row leaves out the model, or the model and the tier, where they are those above.
    const std::size_t leading = item_of(cells[0])                       ? 0
                                : cells.size() > 1 && item_of(cells[1]) ? 1
                                                                        : 2;
    if (cells.size() != leading + 2) {
      return refuse(
          "malformed_row",
          "'" + base::joined(std::vector<std::string_view>(cells.begin(), cells.end()), " | ") +
              "' is not model, tier, type and price");
    }
    const auto item = item_of(cells[leading]);
    if (!item.has_value()) {
      return refuse("unknown_word",
                    "type '" + cells[leading] + "' is none of " + base::joined(type_words));
    }
    if (leading == 2) model_ = cells[0];
    if (leading >= 1) tier_ = cells[leading - 1];
    if (model_.empty() || tier_.empty()) {
      return refuse("malformed_row", "the first row of a model names model and tier");
    }
    const auto range = parse_tier(tier_, result_.book.k, result_.book.upper_bound);
    if (!range.has_value()) return refuse("malformed_tier", range.error().detail);
    const auto price = price_of(cells[leading + 1]);
    if (!price.has_value()) {
      return refuse("malformed_price", "price '" + cells[leading + 1] + "' is no decimal number");
    }
    result_.book.prices.push_back({model_, *range, *item, *price, {}, {file_, line_}});
  }

  std::optional<money::Decimal> price_of(const std::string& text) const {
    const auto value = money::Decimal::parse(text);
    if (!value.has_value() || value->is_negative() ||
        *value > money::Decimal::whole(limits::token_price_max)) {
      return std::nullopt;
    }
    if (!per_million_) return *value;
    const auto per_thousand = [&](money::Rounding rounding) {
      return *money::Decimal::mul_div(*value, money::Decimal::whole(1),
                                      money::Decimal::whole(1'000), rounding);
    };
    const money::Decimal down = per_thousand(money::Rounding::toward_zero);
    if (down != per_thousand(money::Rounding::away_from_zero)) return std::nullopt;
    return down;
  }

  void refuse(const char* word, std::string message) {
    result_.findings.error(word, {file_, line_}, std::move(message));
  }

  std::string file_;
  Imported result_;
  int line_ = 0;
  bool has_header_ = false;
  bool in_table_ = false;
  bool per_million_ = false;
  std::string model_;
  std::string tier_;
  std::vector<std::string> products_;
  int products_line_ = 0;
};

}  // namespace

Result<Imported> read_table(std::string_view text, const std::string& file) {
  if (text.size() > limits::price_file_bytes_max || !base::is_utf8(text)) {
    return failure(ErrorCode::file_is_malformed, file + ": is no UTF-8 text of at most 64 MiB");
  }
  return TableReader(file).run(text);
}

}  // namespace steelyard::pricebook::imports
