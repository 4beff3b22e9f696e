#pragma once

#include <span>
#include <string>
#include <string_view>

/// One example for each construct of the format: the reference page shows them, a test reads
/// them.
namespace steelyard::pricebook::products {

struct Example {
  std::string_view mapping;  ///< Of keys.h: what it is an example of.
  std::string_view section;  ///< Of the file: items, orders, plans, discounts.
  std::string_view title;
  std::string_view text;  ///< An entry of the section.
};

std::span<const Example> examples();

/// What all of them declare: product, groups, meters, attributes.
std::string_view example_head();

/// The file that they are together.
std::string example_file();

}  // namespace steelyard::pricebook::products
