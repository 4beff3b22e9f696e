#pragma once

#include <string>
#include <vector>

#include "steelyard/pricebook/price_book.h"

namespace steelyard::report {

/// Which prices of a book are shown.
struct PriceFilter {
  std::vector<std::string> models;  ///< Empty: all.
  base::Instant at;                 ///< Those that are in force then.
};

/// The book with only the prices that the filter lets through.
pricebook::PriceBook filtered(const pricebook::PriceBook& book, const PriceFilter& filter);

/// A book as a price list prints it: a row for each model and tier, the six prices as columns;
/// aliases, customers' own prices and products below. `left_out`: prices that are not shown.
std::string to_text(const pricebook::PriceBook& book, std::size_t left_out);

/// The same as one JSON object.
std::string to_json(const pricebook::PriceBook& book);

}  // namespace steelyard::report
