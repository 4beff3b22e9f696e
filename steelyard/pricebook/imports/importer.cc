#include "steelyard/pricebook/imports/importer.h"

#include <array>

namespace steelyard::pricebook::imports {
namespace {

constexpr std::array list = {
    Importer{"table",
             "a table as vendors print it: Model | Pricing tier | Type | Price (CNY/1k tokens)",
             read_table},
    Importer{"litellm", "LiteLLM's model_prices_and_context_window.json, tiers included",
             read_litellm},
    Importer{"genai-prices", "genai-prices' data.json, version 2", read_genai_prices},
};

}  // namespace

std::span<const Importer> all() { return list; }

const Importer* find(std::string_view name) {
  for (const Importer& importer : list) {
    if (importer.name == name) return &importer;
  }
  return nullptr;
}

const Importer* guess(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  if (first == std::string_view::npos) return nullptr;
  if (text[first] == '{') return find("litellm");
  if (text[first] == '[') return find("genai-prices");
  return text.contains('|') ? find("table") : nullptr;
}

std::string to_book_yaml(const Imported& imported, const std::string& name) {
  const PriceBook& book = imported.book;
  std::string text = "name: " + name + "\nversion: imported\n";
  if (!book.title.empty()) text += "title: \"" + book.title + "\"\n";
  text += "\ncurrency: " + std::string(book.currency.code()) + "\ntime_zone: " + book.time_zone +
          "\nper: " + std::to_string(book.per) + "\nk: " + std::to_string(book.k) +
          "\nupper_bound: inclusive\n";
  if (book.aliases.empty()) return text;
  text += "\naliases:\n";
  for (const Alias& alias : book.aliases) {
    text += "  - {alias: \"" + alias.name + "\", model: \"" + alias.model + "\"}\n";
  }
  return text;
}

}  // namespace steelyard::pricebook::imports
