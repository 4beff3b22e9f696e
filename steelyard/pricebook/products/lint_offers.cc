#include <algorithm>

#include "steelyard/base/text.h"
#include "steelyard/pricebook/products/conditions.h"
#include "steelyard/pricebook/products/lint_parts.h"
#include "steelyard/pricebook/products/uses.h"

namespace steelyard::pricebook::products {
namespace {

class OfferLint {
 public:
  OfferLint(const PriceBook& book, const Product& product, Findings& findings)
      : book_(book), product_(product), findings_(findings) {}

  void run() {
    for (const CloudDiscount& discount : product_.discounts) check(discount);
    for (std::size_t i = 0; i < product_.orders.size(); ++i) check_order(i);
    for (std::size_t i = 0; i < product_.plans.size(); ++i) check_plan(i);
  }

 private:
  /// The product with an item of this name; null, noted, if there is none.
  const Product* owner_of(const std::string& item, const Place& place) {
    std::vector<std::string_view> known;
    for (const Product& product : book_.products) {
      for (const CloudItem& each : product.items) {
        if (each.name == item) return &product;
        known.push_back(each.name);
      }
    }
    refuse_name("unknown_item", "item of this book", item, place, known);
    return nullptr;
  }

  void refuse_name(const char* word, const char* kind, const std::string& name, const Place& place,
                   const std::vector<std::string_view>& known) {
    const std::string close = base::nearest(name, known);
    findings_.error(
        word, place,
        "'" + name + "' is no " + kind + (close.empty() ? "" : "; did you mean '" + close + "'?"));
  }

  /// Conditions on the attributes of another section or product.
  void check(const metering::Conditions& where, const Product& owner, const Place& place) {
    for (const metering::Condition& each : where) {
      const AttributeName* const attribute = owner.attribute(each.attribute);
      if (attribute == nullptr) {
        std::vector<std::string_view> known;
        for (const AttributeName& name : owner.attributes) known.push_back(name.name);
        refuse_name("unknown_attribute", ("attribute of " + owner.name).c_str(), each.attribute,
                    place, known);
        continue;
      }
      for (const std::string& value : each.values) {
        if (attribute->values.empty() ||
            std::ranges::find(attribute->values, value) != attribute->values.end()) {
          continue;
        }
        const std::vector<std::string_view> known(attribute->values.begin(),
                                                  attribute->values.end());
        refuse_name("unknown_value", ("value of '" + each.attribute + "'").c_str(), value, place,
                    known);
      }
    }
  }

  void check(const CloudDiscount& discount) {
    const Product* const owner = owner_of(discount.item, discount.place);
    if (owner == nullptr) return;
    check(discount.where, *owner, discount.place);
    const bool applies = std::ranges::any_of(owner->items, [&](const CloudItem& item) {
      return item.name == discount.item && item.validity.overlaps(discount.validity) &&
             !are_disjoint(item.where, discount.where, *owner);
    });
    if (applies) return;
    findings_.error("never_applies", discount.place,
                    "this discount never applies: " + discount.item +
                        " is not in force then, or its 'where' says otherwise");
  }

  void check_order(std::size_t index) {
    const OrderItem& order = product_.orders[index];
    lint_price_table(order.price, order.where, order.validity, product_, findings_);
    for (std::size_t i = 0; i < index; ++i) {
      const OrderItem& other = product_.orders[i];
      if (other.name != order.name || !other.validity.overlaps(order.validity) ||
          are_disjoint(other.where, order.where, product_)) {
        continue;
      }
      twice(order.name, order.place, other.place);
    }
  }

  void twice(const std::string& name, const Place& place, const Place& other) {
    findings_.error(
        "duplicate_item", place,
        name + " is in force at the same time as the one at line " + std::to_string(other.line));
  }

  void check_plan(std::size_t index) {
    const CloudPlan& plan = product_.plans[index];
    for (const CloudPlan::Cover& cover : plan.covers) check(cover, plan);
    if (plan.price) lint_price_table(*plan.price, {}, plan.validity, product_, findings_);
    for (const std::string& name : plan.unless) require_offer(name, plan.place);
    for (std::size_t i = 0; i < index; ++i) {
      const CloudPlan& other = product_.plans[i];
      if (other.name == plan.name && other.validity.overlaps(plan.validity)) {
        twice(plan.name, plan.place, other.place);
      }
    }
  }

  void check(const CloudPlan::Cover& cover, const CloudPlan& plan) {
    const Product* const owner = owner_of(cover.item, plan.place);
    if (owner == nullptr) return;
    check(cover.where, *owner, plan.place);
    for (const metering::Lookup::Row& row : cover.factor.rows) check(row.where, *owner, plan.place);
    const bool is_money = plan.unit == "money";
    const bool counts_money = cover.kind != CloudPlan::Cover::Factor::number;
    if (counts_money && !is_money) {
      findings_.error("wrong_kind", plan.place,
                      plan.name + ": a list price is money, and the quota is " + plan.unit +
                          ": it needs 'unit: money'");
    }
    const bool applies = std::ranges::any_of(owner->items, [&](const CloudItem& item) {
      return item.name == cover.item && !are_disjoint(item.where, cover.where, *owner);
    });
    if (!applies) {
      findings_.error("never_applies", plan.place,
                      plan.name + ": " + cover.item + " never has " + to_text(cover.where));
    }
  }

  void require_offer(const std::string& name, const Place& place) {
    std::vector<std::string_view> known;
    for (const Product& product : book_.products) {
      for (const CloudPlan& each : product.plans) known.push_back(each.name);
      for (const OrderItem& each : product.orders) known.push_back(each.name);
    }
    if (std::ranges::find(known, name) != known.end()) return;
    refuse_name("unknown_item", "plan or order of this book", name, place, known);
  }

  const PriceBook& book_;
  const Product& product_;
  Findings& findings_;
};

}  // namespace

void lint_offers(const PriceBook& book, const Product& product, Findings& findings) {
  OfferLint(book, product, findings).run();
}

}  // namespace steelyard::pricebook::products
