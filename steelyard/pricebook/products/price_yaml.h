#pragma once

#include "steelyard/pricebook/products/rules_yaml.h"

namespace steelyard::pricebook::products {

/// What a row costs in the book's currency: a price, brackets, or nothing (`free`). None for
/// a placeholder. Prices in other currencies are checked and dropped.
std::optional<charge_model::Price> read_row_price(const ProductFile& file, const YamlMap& row,
                                                  charge_model::Kernel kernel);

/// The same of a book's fill, whose `price` is in the book's currency. None, noted, if it
/// has none.
std::optional<charge_model::Price> read_fill_price(const ProductFile& file, const YamlMap& fill);

}  // namespace steelyard::pricebook::products
