#pragma once

#include "steelyard/pricebook/products/product_file.h"

/// The entries of a product file's sections.
namespace steelyard::pricebook::products {

void read_item(ProductFile& file, const YAML::Node& node);
void read_discount(ProductFile& file, const YAML::Node& node);
void read_order(ProductFile& file, const YAML::Node& node);
void read_plan(ProductFile& file, const YAML::Node& node);

PeriodRule read_period(const ProductFile& file, const YamlMap& map);

}  // namespace steelyard::pricebook::products
