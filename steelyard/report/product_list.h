#pragma once

#include <string>

#include "steelyard/pricebook/price_book.h"

namespace steelyard::report {

/// The cloud products of a book, a row each: what events call it, how many items, subscriptions
/// and plans it has.
std::string product_list(const pricebook::PriceBook& book);

/// The same as one JSON object.
std::string product_list_json(const pricebook::PriceBook& book);

/// What can be metered and bought of a product, without its prices: its meters and attributes,
/// then for each item how its quantity comes about and what its price depends on.
std::string product_overview(const pricebook::PriceBook& book, const pricebook::Product& product);

/// How the quantity of an item comes about, on one line: "in each hour: largest gib; then …".
std::string rule_on_one_line(const pricebook::CloudItem& item);

/// "graduated, for 10000 LCU, by region, spec".
std::string price_in_short(const pricebook::CloudPriceTable& table, const std::string& unit);

}  // namespace steelyard::report
