#pragma once

#include "steelyard/rating/cloud/catalog.h"

namespace steelyard::rating::cloud {

/// Prepares one version of an item: names become numbers, shapes are cut into stages at their
/// pools, and what prices depend on is collected. Requires: the book was read without errors.
PreparedItem make_item(const Catalog::Code& code, const pricebook::PriceBook& version,
                       const pricebook::Product& product, const pricebook::CloudItem& item);

}  // namespace steelyard::rating::cloud
