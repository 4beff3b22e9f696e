#pragma once

#include "steelyard/metering/rule.h"
#include "steelyard/pricebook/product.h"

/// What conditions say of each other, whatever the facts are.
namespace steelyard::pricebook::products {

/// Whether everything that `narrow` fits is also fitted by `wide`.
bool fits_all_of(const metering::Conditions& wide, const metering::Conditions& narrow,
                 const Product& product);

/// Whether nothing fits both.
bool are_disjoint(const metering::Conditions& a, const metering::Conditions& b,
                  const Product& product);

/// What fits both.
metering::Conditions intersection(const metering::Conditions& a, const metering::Conditions& b);

/// Whether a value can fit all conditions on an attribute.
bool can_be(const metering::Conditions& conditions, const std::string& attribute,
            const std::string& value);

/// Whether both say the same, in any order.
bool are_equal(const metering::Conditions& a, const metering::Conditions& b);

/// "region cn-hangzhou, spec small"; "everything" if there are none.
std::string to_text(const metering::Conditions& conditions);

}  // namespace steelyard::pricebook::products
