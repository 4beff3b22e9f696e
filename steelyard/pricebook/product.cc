#include "steelyard/pricebook/product.h"

#include <algorithm>

namespace steelyard::pricebook {

const MeterName* Product::meter(const std::string& word) const {
  const auto found = std::ranges::find(meters, word, &MeterName::name);
  return found == meters.end() ? nullptr : &*found;
}

const AttributeName* Product::attribute(const std::string& word) const {
  const auto found = std::ranges::find(attributes, word, &AttributeName::name);
  return found == attributes.end() ? nullptr : &*found;
}

}  // namespace steelyard::pricebook
