#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/base/zone_rules.h"
#include "steelyard/pricebook/finding.h"
#include "steelyard/pricebook/price_book.h"

namespace steelyard::pricebook {

/// A folder, read as far as possible.
struct Reading {
  PriceBook book;
  Findings findings;

  bool is_usable() const { return !findings.has_errors(); }
};

/// Reads book.yaml, models.csv and products/*.yaml of one version and checks them.
/// Errors: file_is_unreadable.
[[nodiscard]] Result<Reading> read_and_lint(const std::filesystem::path& folder);

/// The same from texts, for tests and scenarios. `products` may be empty.
struct Sources {
  std::string book_yaml;
  std::string models_csv;
  std::vector<std::pair<std::string, std::string>> products;  ///< File name, text.
};
[[nodiscard]] Reading read_and_lint(const Sources& sources, const base::ZoneBook& zones = {});

/// The texts of a book by their path in its folder, which is one version (book.yaml, models.csv,
/// products/*.yaml), or holds the versions of one book as folders of its own.
using Files = std::map<std::string, std::string>;

/// Reads what belongs to a book, and nothing else. Errors: file_is_unreadable (also: the folder is
/// no price book).
[[nodiscard]] Result<Files> read_files(const std::filesystem::path& folder);

/// A book that can be rated with. `name` is what errors call it, `zones` the rules of time zones by
/// which its dates begin (see parse_validity). Errors: price_book_is_invalid with the first
/// findings.
[[nodiscard]] Result<PriceBookSeries> load(const Files& files, const std::string& name,
                                           const base::ZoneBook& zones = {});

/// The same from its folder. Errors: also file_is_unreadable.
[[nodiscard]] Result<PriceBookSeries> load(const std::filesystem::path& folder);

/// Puts versions into order. Errors: price_book_is_invalid (no version, two names or
/// currencies, versions that are in force at the same time; a version without an end ends
/// where the next begins).
[[nodiscard]] Result<PriceBookSeries> make_series(std::vector<PriceBook> versions);

/// "0k-128k", "256k-1m", "128k+", "-" as a range. K and the kind of bound are the book's.
/// Errors: file_is_malformed with the text.
[[nodiscard]] Result<TierRange> parse_tier(std::string_view label, std::uint64_t k,
                                           UpperBound bound);

/// models.csv of these prices: what `read_and_lint` reads back as the same prices.
std::string to_models_csv(const PriceBook& book);

}  // namespace steelyard::pricebook
