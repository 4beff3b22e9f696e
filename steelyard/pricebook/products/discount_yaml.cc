#include "steelyard/pricebook/products/rules_yaml.h"
#include "steelyard/pricebook/products/sections.h"

namespace steelyard::pricebook::products {

void read_discount(ProductFile& file, const YAML::Node& node) {
  const YamlMap map = file.open(node, "discount");
  CloudDiscount discount;
  discount.place = map.place();
  discount.item = map.needed("item");
  discount.account = map.text("account").value_or("");
  discount.where = read_conditions(file, map, "where", {Vocabulary::Kind::other_product});
  discount.is_stacked = read_flag(map, "stack");
  discount.validity = read_validity(file, map);
  if (map.has("multiplier")) {
    const auto multiplier = read_decimal(file, map, "multiplier", Zero::allowed);
    discount.multiplier = multiplier.value_or(money::Decimal::whole(1));
  } else {
    map.error("multiplier", "missing_key", "'multiplier' is missing: 0.7 is 30 % off");
  }
  file.product.discounts.push_back(std::move(discount));
}

}  // namespace steelyard::pricebook::products
