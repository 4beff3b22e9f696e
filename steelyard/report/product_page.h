#pragma once

#include <string>
#include <vector>

#include "steelyard/pricebook/price_book.h"

namespace steelyard::report {

/// A product as its price page prints it: meters and attributes, then for each item the rule in
/// words and its price rows, then subscriptions, plans and discounts.
std::string product_page(const pricebook::PriceBook& book, const pricebook::Product& product);

/// Tables of what events of a product may contain; empty where there is nothing.
std::string meters_table(const pricebook::Product& product);
std::string attributes_table(const pricebook::Product& product);

/// " from 2024-01-01 to 2024-06-01", of a price book's time zone; empty for always.
std::string in_force_text(const pricebook::Validity& validity, const std::string& zone);

/// The same as one JSON object.
std::string product_json(const pricebook::PriceBook& book, const pricebook::Product& product);

/// A price that the book declares and does not know.
struct Placeholder {
  std::string product;  ///< Its name.
  std::string item;     ///< Or order, or plan.
  std::string keys;     ///< "region cn-hangzhou"; "everything".
  std::string in_force;
  std::string place;
};

std::vector<Placeholder> placeholders_of(const pricebook::PriceBook& book);

std::string placeholders_text(const pricebook::PriceBook& book);
std::string placeholders_json(const pricebook::PriceBook& book);

}  // namespace steelyard::report
