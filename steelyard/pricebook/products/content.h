#pragma once

#include <yaml-cpp/yaml.h>

#include <string>
#include <string_view>
#include <vector>

#include "steelyard/pricebook/product.h"

namespace steelyard::pricebook::products {

/// What a product file says to a book of this currency: a line for each value, keys sorted,
/// entries and rows in the order of the file; without sources, notes and other currencies.
std::vector<ContentLine> content_of(const YAML::Node& document, std::string_view currency);

}  // namespace steelyard::pricebook::products
