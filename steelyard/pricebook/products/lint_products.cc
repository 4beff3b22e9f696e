#include <algorithm>

#include "steelyard/pricebook/lint.h"
#include "steelyard/pricebook/products/lint_parts.h"
#include "steelyard/pricebook/products/uses.h"

namespace steelyard::pricebook {
namespace products {
namespace {

/// Names that plans and discounts of any product use of this one's items.
void add_offers(const PriceBook& book, const Product& product, Uses& uses) {
  const auto is_here = [&](const std::string& item) {
    return std::ranges::find(product.items, item, &CloudItem::name) != product.items.end();
  };
  for (const Product& each : book.products) {
    for (const CloudDiscount& discount : each.discounts) {
      if (is_here(discount.item)) uses.add(discount.where);
    }
    for (const CloudPlan& plan : each.plans) {
      for (const CloudPlan::Cover& cover : plan.covers) {
        if (!is_here(cover.item)) continue;
        uses.add(cover.where);
        uses.add(cover.factor);
      }
    }
  }
}

void lint_unused(const PriceBook& book, const Product& product, Findings& findings) {
  Uses uses;
  for (const CloudItem& item : product.items) uses.add(item);
  for (const OrderItem& order : product.orders) uses.add(order);
  for (const CloudPlan& plan : product.plans) {
    if (plan.price) uses.add(*plan.price);
  }
  add_offers(book, product, uses);
  for (const MeterName& meter : product.meters) {
    if (uses.meters.contains(meter.name) || uses.attributes.contains(meter.name)) continue;
    findings.error("unread_meter", meter.place,
                   product.id + ": no item reads meter '" + meter.name +
                       "': usage of it would be free without a word");
  }
  for (const AttributeName& attribute : product.attributes) {
    // One with a title is there for people and reports.
    if (attribute.name == "region" || !attribute.title.empty()) continue;
    if (uses.attributes.contains(attribute.name)) continue;
    findings.warning("unused_attribute", attribute.place,
                     product.id + ": nothing depends on attribute '" + attribute.name + "'");
  }
}

void lint_names(const Product& product, Findings& findings) {
  for (std::size_t i = 0; i < product.items.size(); ++i) {
    const CloudItem& item = product.items[i];
    for (std::size_t j = 0; j < i; ++j) {
      const CloudItem& other = product.items[j];
      if (other.name != item.name || !other.validity.overlaps(item.validity)) continue;
      findings.error("duplicate_item", item.place,
                     item.name + " is in force at the same time as the one at line " +
                         std::to_string(other.place.line));
    }
  }
}

}  // namespace
}  // namespace products

void lint_products(const PriceBook& book, Findings& findings) {
  for (const Product& product : book.products) {
    products::lint_names(product, findings);
    for (const CloudItem& item : product.items) products::lint_item(item, product, findings);
    products::lint_offers(book, product, findings);
    products::lint_unused(book, product, findings);
  }
}

}  // namespace steelyard::pricebook
