#pragma once

#include <string>

#include "steelyard/pricebook/price_book.h"
#include "steelyard/rating/rater.h"

namespace steelyard::report {

/// docs/reference/products/ID.md: what is billed of a product, what events say of it, what can
/// be bought.
/// An example that is rated stands at its end, with its charge.
std::string product_reference(const rating::Rater& rater, const pricebook::PriceBook& book,
                              const pricebook::Product& product);

/// docs/reference/products/README.md: all products of a book, with links.
std::string products_reference(const pricebook::PriceBook& book);

}  // namespace steelyard::report
