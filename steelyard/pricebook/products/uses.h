#pragma once

#include <set>
#include <string>
#include <vector>

#include "steelyard/pricebook/product.h"

namespace steelyard::pricebook::products {

/// The meters and attributes that a rule names.
struct Uses {
  std::set<std::string> meters;
  std::set<std::string> attributes;
  std::vector<const metering::Lookup*> lookups;  ///< As long as the rule lives.

  void add(const metering::Conditions& conditions);
  void add(const metering::Lookup& lookup);
  void add(const metering::Step& step);
  void add(const metering::Dim& dim);
  void add(const CloudPriceTable& table);
  void add(const CloudItem& item);
  void add(const OrderItem& order);
};

}  // namespace steelyard::pricebook::products
