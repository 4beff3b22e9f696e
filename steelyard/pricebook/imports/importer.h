#pragma once

#include <span>
#include <string>
#include <string_view>

#include "steelyard/base/result.h"
#include "steelyard/pricebook/finding.h"

namespace steelyard::pricebook::imports {

/// What another tool's price file says, as a price book.
struct Imported {
  PriceBook book;     ///< Prices for 1,000 tokens, aliases, currency.
  Findings findings;  ///< What was not taken over, each with its place and why.
};

/// A foreign price format, in a file of its own. Prices keep their text and are scaled in
/// decimal; 0 is a price, absent is unpriced; what can not be said here is a finding.
struct Importer {
  std::string_view name;
  std::string_view description;
  Result<Imported> (*read)(std::string_view text, const std::string& file);
};

/// Every format that can be imported.
std::span<const Importer> all();

/// The importer of that name, or null.
const Importer* find(std::string_view name);

/// The importer whose format a text looks like, or null.
const Importer* guess(std::string_view text);

/// A book.yaml for imported prices.
std::string to_book_yaml(const Imported& imported, const std::string& name);

/// Errors of all: file_is_malformed, with file and line.
[[nodiscard]] Result<Imported> read_table(std::string_view text, const std::string& file);
[[nodiscard]] Result<Imported> read_litellm(std::string_view text, const std::string& file);
[[nodiscard]] Result<Imported> read_genai_prices(std::string_view text, const std::string& file);

}  // namespace steelyard::pricebook::imports
