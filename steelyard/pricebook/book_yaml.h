#pragma once

#include <string>
#include <string_view>

#include "steelyard/base/zone_rules.h"
#include "steelyard/pricebook/finding.h"

namespace steelyard::pricebook {

/// Reads book.yaml into everything of the book but its prices and products.
void read_book_yaml(std::string_view text, const base::ZoneBook& zones, PriceBook& book,
                    Findings& findings);

}  // namespace steelyard::pricebook
