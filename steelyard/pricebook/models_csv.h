#pragma once

#include <string>
#include <string_view>

#include "steelyard/pricebook/finding.h"

namespace steelyard::pricebook {

/// Reads models.csv into `book.prices`. Requires: K, the kind of bound and the time zone of
/// the book are known. What is wrong with a row is noted, and the row left out.
void read_models_csv(std::string_view text, PriceBook& book, Findings& findings);

}  // namespace steelyard::pricebook
