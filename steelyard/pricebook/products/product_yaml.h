#pragma once

#include <string>
#include <string_view>

#include "steelyard/pricebook/finding.h"

namespace steelyard::pricebook {

/// Reads one of products/*.yaml and adds it to the book. The book's currency and time zone
/// are known already. The format: docs/reference/product-files.md.
void read_product_yaml(std::string_view text, const std::string& file, PriceBook& book,
                       Findings& findings);

}  // namespace steelyard::pricebook
