#pragma once

#include "steelyard/pricebook/finding.h"

/// What is wrong with a product as a whole, each part about one kind of entry.
namespace steelyard::pricebook::products {

/// Windows, combines, lookups that leave values out, rules that never apply.
void lint_item(const CloudItem& item, const Product& product, Findings& findings);

/// Rows that can never be reached, prices that stand twice, a tenfold jump. `where` and
/// `validity` are those of what is priced.
void lint_price_table(const CloudPriceTable& table, const metering::Conditions& where,
                      const Validity& validity, const Product& product, Findings& findings);

/// Plans, orders and discounts: they name what there is, each once.
void lint_offers(const PriceBook& book, const Product& product, Findings& findings);

}  // namespace steelyard::pricebook::products
