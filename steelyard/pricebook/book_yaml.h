#pragma once

#include <string>
#include <string_view>

#include "steelyard/pricebook/finding.h"

namespace steelyard::pricebook {

/// Reads book.yaml into everything of the book but its prices and products.
void read_book_yaml(std::string_view text, PriceBook& book, Findings& findings);

/// Reads one of products/*.yaml and adds it to the book.
void read_product_yaml(std::string_view text, const std::string& file, PriceBook& book,
                       Findings& findings);

}  // namespace steelyard::pricebook
