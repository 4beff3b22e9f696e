#include "steelyard/pricebook/products/fill.h"

#include <algorithm>

#include "steelyard/base/text.h"
#include "steelyard/pricebook/products/conditions.h"
#include "steelyard/pricebook/products/price_yaml.h"

namespace steelyard::pricebook::products {
namespace {

using metering::Conditions;

/// A table that may have placeholders, and what it belongs to.
struct Target {
  Product* product;
  CloudPriceTable* table;
};

std::vector<Target> tables_of(PriceBook& book, const std::string& name) {
  std::vector<Target> targets;
  for (Product& product : book.products) {
    for (CloudItem& each : product.items) {
      if (each.name == name) targets.push_back({&product, &each.price});
    }
    for (OrderItem& each : product.orders) {
      if (each.name == name) targets.push_back({&product, &each.price});
    }
    for (CloudPlan& each : product.plans) {
      if (each.name == name && each.price) targets.push_back({&product, &*each.price});
    }
  }
  return targets;
}

std::vector<std::string_view> names_in(const PriceBook& book) {
  std::vector<std::string_view> names;
  for (const Product& product : book.products) {
    for (const CloudItem& each : product.items) names.push_back(each.name);
    for (const OrderItem& each : product.orders) names.push_back(each.name);
    for (const CloudPlan& each : product.plans) names.push_back(each.name);
  }
  return names;
}

/// The fill's conditions with the product's groups written out.
Conditions expanded(const Conditions& conditions, const Product& product) {
  Conditions result = conditions;
  for (metering::Condition& each : result) {
    std::vector<std::string> values;
    for (const std::string& value : each.values) {
      const auto group = product.groups.find(value);
      if (group == product.groups.end()) {
        values.push_back(value);
      } else {
        values.insert(values.end(), group->second.begin(), group->second.end());
      }
    }
    each.values = std::move(values);
  }
  return result;
}

Validity common_part(const Validity& a, const Validity& b) {
  Validity both = a;
  if (b.from && (!both.from || *both.from < *b.from)) both.from = b.from;
  if (b.to && (!both.to || *b.to < *both.to)) both.to = b.to;
  return both;
}

class Filler {
 public:
  Filler(PriceBook& book, Findings& findings) : book_(book), findings_(findings) {}

  void fill(const PlaceholderPrice& fill) {
    const auto targets = tables_of(book_, fill.item);
    if (targets.empty()) {
      const std::string close = base::nearest(fill.item, names_in(book_));
      findings_.error("unknown_item", fill.place,
                      "'" + fill.item + "' is no item, order or plan with a price" +
                          (close.empty() ? "" : "; did you mean '" + close + "'?"));
      return;
    }
    bool is_used = false;
    for (const Target& target : targets) is_used = put(fill, target) || is_used;
    if (is_used || !has_keys(fill, *targets.front().table)) return;
    findings_.error("no_placeholder", fill.place,
                    fill.item + " has no placeholder for " + to_text(fill.where) + " in " +
                        std::string(book_.currency.code()));
  }

 private:
  bool has_keys(const PlaceholderPrice& fill, const CloudPriceTable& table) {
    for (const metering::Condition& each : fill.where) {
      if (std::ranges::find(table.keys, each.attribute) != table.keys.end()) continue;
      const std::vector<std::string_view> keys(table.keys.begin(), table.keys.end());
      findings_.error("unknown_attribute", fill.place,
                      "'" + each.attribute + "' is no key of the prices of " + fill.item +
                          (keys.empty() ? std::string(": there is one price for all")
                                        : ": there are " + base::joined(keys)));
      return false;
    }
    const bool needs_kernel =
        table.kernel == charge_model::Kernel::per_unit &&
        (fill.price.brackets.size() > 1 || fill.price.brackets.front().up_to.has_value());
    if (needs_kernel) {
      findings_.error("wrong_kind", fill.place, fill.item + " has one price, no brackets");
    }
    return !needs_kernel;
  }

  /// Whether a placeholder of the table was filled.
  bool put(const PlaceholderPrice& fill, const Target& target) {
    if (!std::ranges::all_of(fill.where, [&](const metering::Condition& each) {
          return std::ranges::find(target.table->keys, each.attribute) != target.table->keys.end();
        })) {
      return false;
    }
    const Conditions where = expanded(fill.where, *target.product);
    std::vector<CloudPriceRow> rows;
    bool is_used = false;
    for (CloudPriceRow& row : target.table->rows) {
      const bool fits = !row.price && !are_disjoint(where, row.where, *target.product) &&
                        row.validity.overlaps(fill.validity);
      if (fits) rows.push_back(filled(row, where, fill));
      is_used = is_used || fits;
      const bool is_replaced = fits && fits_all_of(where, row.where, *target.product) &&
                               rows.back().validity == row.validity;
      if (!is_replaced) rows.push_back(std::move(row));
    }
    target.table->rows = std::move(rows);
    return is_used;
  }

  static CloudPriceRow filled(const CloudPriceRow& row, const Conditions& where,
                              const PlaceholderPrice& fill) {
    CloudPriceRow result = row;
    result.where = intersection(row.where, where);
    result.validity = common_part(row.validity, fill.validity);
    result.price = fill.price;
    result.place = fill.place;
    return result;
  }

  PriceBook& book_;
  Findings& findings_;
};

}  // namespace

void read_fill(const YAML::Node& node, const std::string& file, PriceBook& book,
               Findings& findings) {
  Product none;
  const ProductFile context{file, book, none, findings};
  const YamlMap map = context.open(node, "fill");
  PlaceholderPrice fill;
  fill.place = map.place();
  fill.item = map.needed("item");
  fill.where = read_conditions(context, map, "where", {Vocabulary::Kind::other_product});
  fill.validity = read_validity(context, map);
  const auto price = read_fill_price(context, map);
  if (!price.has_value()) return;
  fill.price = *price;
  book.placeholder_prices.push_back(std::move(fill));
}

void fill_placeholders(PriceBook& book, Findings& findings) {
  Filler filler(book, findings);
  const std::vector<PlaceholderPrice> fills = book.placeholder_prices;
  for (const PlaceholderPrice& each : fills) filler.fill(each);
}

}  // namespace steelyard::pricebook::products
