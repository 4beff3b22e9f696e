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
    const CloudPriceTable* chosen = std::ranges::max_element(targets, {}, [](const Target& each) {
                                      return each.table->keys.size();
                                    })->table;
    for (const Target& target : targets) {
      if (!has_keys(fill, *target.table)) continue;
      chosen = target.table;
      is_used = put(fill, target) || is_used;
    }
    if (!is_used) refuse(fill, *chosen);
  }

 private:
  static bool has_key(const CloudPriceTable& table, const metering::Condition& condition) {
    return std::ranges::find(table.keys, condition.attribute) != table.keys.end();
  }

  static bool has_keys(const PlaceholderPrice& fill, const CloudPriceTable& table) {
    const bool needs_kernel =
        fill.price.brackets.size() > 1 || fill.price.brackets.front().up_to.has_value();
    return !(needs_kernel && table.kernel == charge_model::Kernel::per_unit) &&
           std::ranges::all_of(
               fill.where, [&](const metering::Condition& each) { return has_key(table, each); });
  }

  /// Says why no placeholder of the table was filled.
  void refuse(const PlaceholderPrice& fill, const CloudPriceTable& table) {
    for (const metering::Condition& each : fill.where) {
      if (has_key(table, each)) continue;
      const std::vector<std::string_view> keys(table.keys.begin(), table.keys.end());
      findings_.error("unknown_attribute", fill.place,
                      "'" + each.attribute + "' is no key of the prices of " + fill.item +
                          (keys.empty() ? std::string(": there is one price for all")
                                        : ": there are " + base::joined(keys)));
      return;
    }
    if (!has_keys(fill, table)) {
      findings_.error("wrong_kind", fill.place, fill.item + " has one price, no brackets");
      return;
    }
    findings_.error("no_placeholder", fill.place,
                    fill.item + " has no placeholder for " + to_text(fill.where) + " in " +
                        std::string(book_.currency.code()));
  }

  /// Whether a placeholder of the table was filled.
  bool put(const PlaceholderPrice& fill, const Target& target) {
    const Conditions where = expanded(fill.where, *target.product);
    std::vector<CloudPriceRow> rows;
    bool is_used = false;
    for (CloudPriceRow& row : target.table->rows) {
      const bool fits = !row.price && !are_disjoint(where, row.where, *target.product) &&
                        row.validity.overlaps(fill.validity) &&
                        !is_priced_before(rows, intersection(row.where, where), target);
      if (fits) rows.push_back(filled(row, where, fill));
      is_used = is_used || fits;
      const bool is_replaced = fits && fits_all_of(where, row.where, *target.product) &&
                               rows.back().validity == row.validity;
      if (!is_replaced) rows.push_back(std::move(row));
    }
    target.table->rows = std::move(rows);
    return is_used;
  }

  /// Whether a row before has the price already, whenever it is.
  static bool is_priced_before(const std::vector<CloudPriceRow>& rows, const Conditions& where,
                               const Target& target) {
    return std::ranges::any_of(rows, [&](const CloudPriceRow& row) {
      return row.price && !row.hours && !row.validity.from && !row.validity.to &&
             fits_all_of(row.where, where, *target.product);
    });
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
