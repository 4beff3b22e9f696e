#pragma once

#include <yaml-cpp/yaml.h>

#include <string>

#include "steelyard/pricebook/finding.h"

/// Prices that a book knows where its product files say placeholder.
namespace steelyard::pricebook::products {

/// Reads one of `placeholders` in book.yaml.
void read_fill(const YAML::Node& node, const std::string& file, PriceBook& book,
               Findings& findings);

/// Puts the book's fills into its tables; notes those that fill nothing.
void fill_placeholders(PriceBook& book, Findings& findings);

}  // namespace steelyard::pricebook::products
