#include "steelyard/report/price_table.h"

#include <algorithm>
#include <array>
#include <set>

#include "steelyard/pricebook/dates.h"
#include "steelyard/report/text_table.h"

namespace steelyard::report {
namespace {

using pricebook::ModelPrice;
using pricebook::ModelRules;
using pricebook::Override;
using pricebook::PriceBook;
using pricebook::token_item_count;
using pricebook::Validity;

std::string count_of(std::size_t count, const char* one, const char* many) {
  return grouped(std::to_string(count)) + ' ' + (count == 1 ? one : many);
}

std::string when(const Validity& validity, const std::string& zone) {
  if (!validity.from && !validity.to) return "always";
  std::string text;
  if (validity.from) text += "from " + pricebook::date_text(validity.from, zone) + ' ';
  if (validity.to) text += "to " + pricebook::date_text(validity.to, zone) + ' ';
  text.pop_back();
  return text;
}

std::string header(const PriceBook& book) {
  std::set<std::string> models;
  for (const ModelPrice& price : book.prices) models.insert(price.model);
  std::string text = "Price book " + book.name;
  if (!book.version.empty()) text += ", version " + book.version;
  if (!book.title.empty()) text += ": " + book.title;
  text += "\nCurrency   " + std::string(book.currency.code()) + ", prices for " +
          grouped(std::to_string(book.per)) + " tokens\nIn force   " +
          when(book.validity, book.time_zone) + "\nSHA-256    " + book.content_hash +
          "\nShown      " + count_of(models.size(), "model", "models") + ", " +
          count_of(book.prices.size(), "price", "prices") + "\n\n";
  return text;
}

/// One model and tier.
struct Row {
  const ModelPrice* first = nullptr;
  std::array<std::string, token_item_count> prices;
};

/// In the order of the book.
std::vector<Row> rows_of(const PriceBook& book) {
  std::vector<Row> rows;
  for (const ModelPrice& price : book.prices) {
    const auto same = std::ranges::find_if(rows, [&](const Row& row) {
      return row.first->model == price.model && row.first->tier == price.tier;
    });
    Row& row = same == rows.end() ? rows.emplace_back(Row{&price, {}}) : *same;
    row.prices[static_cast<std::size_t>(price.item)] = price.price.to_text();
  }
  return rows;
}

std::string prices(const PriceBook& book) {
  const std::vector<Row> rows = rows_of(book);
  std::array<std::vector<std::string>, token_item_count> columns;
  for (std::size_t item = 0; item < token_item_count; ++item) {
    for (const Row& row : rows) columns[item].push_back(row.prices[item]);
    columns[item] = with_points_aligned(std::move(columns[item]));
  }
  TextTable table({{"model"},
                   {"tier"},
                   {"input", Align::right},
                   {"thinking", Align::right},
                   {"cache hit", Align::right},
                   {"thinking hit", Align::right},
                   {"output", Align::right},
                   {"thinking", Align::right}});
  std::string last_model;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const ModelPrice& first = *rows[i].first;
    table.add({first.model == last_model ? "" : first.model, first.tier.label, columns[0][i],
               columns[1][i], columns[2][i], columns[3][i], columns[4][i], columns[5][i]});
    last_model = first.model;
  }
  return table.to_text();
}

std::string aliases(const PriceBook& book) {
  if (book.aliases.empty()) return {};
  TextTable table({{"other name"}, {"of"}, {"in force"}});
  for (const pricebook::Alias& alias : book.aliases) {
    table.add({alias.name, alias.model, when(alias.validity, book.time_zone)});
  }
  return '\n' + table.to_text();
}

std::string overrides(const PriceBook& book) {
  if (book.overrides.empty()) return {};
  TextTable table({{"customer"},
                   {"model"},
                   {"item"},
                   {"tier"},
                   {"own price or multiplier", Align::right},
                   {"in force"}});
  for (const Override& terms : book.overrides) {
    const auto* contract = std::get_if<Override::ContractPrice>(&terms.terms);
    table.add({terms.account, terms.model.value_or("all"),
               terms.item ? std::string(name_of(*terms.item)) : "all", terms.tier.value_or("all"),
               contract != nullptr
                   ? contract->price.to_text()
                   : "× " + std::get<Override::Multiplier>(terms.terms).factor.to_text(),
               when(terms.validity, book.time_zone)});
  }
  return '\n' + table.to_text();
}

std::string rules(const PriceBook& book) {
  std::string text;
  for (const auto& [model, rule] : book.rules) {
    text += "\n" + model + ":";
    text += rule.above_top_tier == ModelRules::AboveTopTier::use_top_tier
                ? " above its top tier it costs what the top tier does;"
                : " above its top tier it has no price;";
    text += rule.thinking_without_price == ModelRules::ThinkingWithoutPrice::not_ratable
                ? " thinking calls without a thinking price have none"
                : " thinking calls without a thinking price are billed as plain ones";
  }
  return text.empty() ? text : text + '\n';
}

std::string products(const PriceBook& book) {
  std::array<std::string, 2> names;
  std::array<std::size_t, 2> counts{};
  for (const pricebook::Product& product : book.products) {
    const std::size_t is_priced = product.is_priced ? 1 : 0;
    names[is_priced] += (names[is_priced].empty() ? "" : ", ") + product.name;
    ++counts[is_priced];
  }
  std::string text;
  if (counts[1] > 0) {
    text += "\n" + count_of(counts[1], "cloud product", "cloud products") +
            " (see --product and --placeholders): " + names[1] + '\n';
  }
  if (counts[0] > 0) {
    text += "\n" + count_of(counts[0], "cloud product", "cloud products") +
            " not yet priced: " + names[0] + '\n';
  }
  return text;
}

}  // namespace

PriceBook filtered(const PriceBook& book, const PriceFilter& filter) {
  PriceBook shown = book;
  std::erase_if(shown.prices, [&](const ModelPrice& price) {
    const bool is_wanted = filter.models.empty() ||
                           std::ranges::find(filter.models, price.model) != filter.models.end();
    return !is_wanted || !price.validity.contains(filter.at);
  });
  return shown;
}

std::string to_text(const PriceBook& book, std::size_t left_out) {
  std::string text = header(book) + prices(book);
  if (left_out > 0) {
    text += "\n" + count_of(left_out, "price is", "prices are") +
            " in force at other times: see --at\n";
  }
  return text + aliases(book) + overrides(book) + rules(book) + products(book);
}

}  // namespace steelyard::report
