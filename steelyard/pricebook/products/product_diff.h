#pragma once

#include <string>
#include <vector>

#include "steelyard/pricebook/product.h"

namespace steelyard::pricebook {

/// What changes between the products of two books, a sentence each: products, items, rows,
/// plans that are added or removed, values that change, rows in another order.
std::vector<std::string> diff_products(const std::vector<Product>& old_products,
                                       const std::vector<Product>& new_products);

}  // namespace steelyard::pricebook
