#include "steelyard/report/product_page.h"

#include <algorithm>

#include "steelyard/pricebook/dates.h"
#include "steelyard/pricebook/products/conditions.h"
#include "steelyard/pricebook/products/uses.h"
#include "steelyard/pricebook/products/words.h"
#include "steelyard/report/text_table.h"

namespace steelyard::report {
namespace {

using pricebook::CloudPriceRow;
using pricebook::CloudPriceTable;
using pricebook::PriceBook;
using pricebook::Product;
namespace words = pricebook::products;

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

/// The values of a condition; all those of a group as its name.
std::string values_of(const metering::Condition& condition, const Product& product) {
  for (const auto& [name, values] : product.groups) {
    if (values == condition.values) return name;
  }
  return joined(condition.values);
}

std::string cell_of(const metering::Conditions& where, const std::string& key,
                    const Product& product) {
  for (const metering::Condition& each : where) {
    if (each.attribute == key) return (each.is_negated ? "not " : "") + values_of(each, product);
  }
  return "*";
}

std::string groups(const Product& product) {
  if (product.groups.empty()) return {};
  std::string text = "\n";
  for (const auto& [name, values] : product.groups) text += name + ": " + joined(values) + '\n';
  return text;
}

/// A table with an empty line above it; nothing for none.
std::string apart(const std::string& table) { return table.empty() ? table : '\n' + table; }

class PageWriter {
 public:
  PageWriter(const PriceBook& book, const Product& product) : book_(book), product_(product) {}

  std::string table(const CloudPriceTable& table, const std::string& unit) const {
    std::string text =
        std::string(book_.currency.code()) + ' ' + words::kernel_in_words(table, unit) + '\n';
    if (table.rows.size() == 1 && table.keys.empty()) {
      return text + "  " + words::to_text(table.rows.front()) +
             in_force_text(table.rows.front().validity, book_.time_zone) + '\n';
    }
    std::vector<Column> columns;
    for (const std::string& key : table.keys) columns.push_back({key});
    const bool has_times = std::ranges::any_of(table.rows, [](const CloudPriceRow& row) {
      return row.hours || row.validity.from || row.validity.to;
    });
    columns.push_back({"price"});
    if (has_times) columns.push_back({"in force"});
    TextTable rows(std::move(columns));
    for (const CloudPriceRow& row : table.rows) {
      std::vector<std::string> cells;
      for (const std::string& key : table.keys) cells.push_back(cell_of(row.where, key, product_));
      cells.push_back(words::to_text(row));
      if (has_times) cells.push_back(in_force(row));
      rows.add(std::move(cells));
    }
    return text + indented(rows.to_text());
  }

  std::string heading(const std::string& name, const std::string& title,
                      const pricebook::Validity& validity) const {
    return '\n' + name + (title.empty() ? "" : "  " + title) +
           (validity == pricebook::Validity{} ? ""
                                              : "," + in_force_text(validity, book_.time_zone)) +
           '\n';
  }

  std::string item(const pricebook::CloudItem& item) const {
    std::string text;
    for (const std::string& line : words::rule_in_words(item)) text += line + '\n';
    return heading(item.name, item.title, item.validity) +
           indented(text + table(item.price, item.unit));
  }

  std::string order(const pricebook::OrderItem& order) const {
    std::string text = "subscription";
    if (!order.quantity.empty()) text += ": " + joined(order.quantity);
    if (!order.where.empty()) text += ", only " + words::to_text(order.where);
    text += '\n' + table(order.price, order.unit);
    for (const auto& [months, charged] : order.months_charged) {
      text += std::to_string(months) + " months cost " + charged.to_text() + " months\n";
    }
    return heading(order.name, order.title, order.validity) + indented(text);
  }

  std::string plan(const pricebook::CloudPlan& plan) const {
    std::string text = plan.is_free ? "free" : "plan";
    if (plan.free_quota) text += " of " + plan.free_quota->to_text();
    text += ' ' + plan.unit +
            (plan.reset == metering::WindowKind::life
                 ? ", used up once"
                 : ", full again each " + std::string(name_of(plan.reset))) +
            (plan.is_stackable ? "" : ", one at a time") + '\n';
    for (const pricebook::CloudPlan::Cover& cover : plan.covers) text += covered(cover);
    if (!plan.unless.empty()) text += "not with " + joined(plan.unless) + '\n';
    if (plan.price) text += table(*plan.price, "plan");
    return heading(plan.name, plan.title, plan.validity) + indented(text);
  }

  std::string discount(const pricebook::CloudDiscount& discount) const {
    return "\ndiscount on " + discount.item + ": × " + discount.multiplier.to_text() +
           (discount.account.empty() ? "" : " for " + discount.account) +
           (discount.where.empty() ? "" : ", only " + words::to_text(discount.where)) +
           in_force_text(discount.validity, book_.time_zone) + '\n';
  }

 private:
  std::string in_force(const CloudPriceRow& row) const {
    const std::string text = (row.hours ? ' ' + words::to_text(*row.hours) : "") +
                             in_force_text(row.validity, book_.time_zone);
    return text.empty() ? text : text.substr(1);
  }

  static std::string covered(const pricebook::CloudPlan::Cover& cover) {
    using Factor = pricebook::CloudPlan::Cover::Factor;
    std::string text = "covers " + cover.item;
    if (!cover.where.empty()) text += " for " + words::to_text(cover.where);
    if (cover.kind == Factor::list_price) return text + " at its list price\n";
    if (cover.kind == Factor::multiplier) text += " at its list price";
    return text + " × " + words::to_text(cover.factor) + '\n';
  }

  const PriceBook& book_;
  const Product& product_;
};

class PlaceholderFinder {
 public:
  explicit PlaceholderFinder(const PriceBook& book) : book_(book) {}

  void add(const Product& product, const std::string& item, const CloudPriceTable& table) {
    for (const CloudPriceRow& row : table.rows) {
      if (row.price) continue;
      std::string keys = words::to_text(row.where);
      if (row.hours) keys += ", " + words::to_text(*row.hours);
      std::string in_force = in_force_text(row.validity, book_.time_zone);
      if (!in_force.empty()) in_force.erase(0, 1);
      found.push_back({product.name, item, keys, in_force, row.place.to_text()});
    }
  }

  /// Factors of its rule that are not known.
  void add_factors(const Product& product, const pricebook::CloudItem& item) {
    words::Uses uses;
    uses.add(item);
    for (const metering::Lookup* lookup : uses.lookups) {
      for (const metering::Lookup::Row& row : lookup->rows) {
        if (row.value) continue;
        found.push_back({product.name, item.name, "a factor for " + words::to_text(row.where), "",
                         item.place.to_text()});
      }
    }
  }

  std::vector<Placeholder> found;

 private:
  const PriceBook& book_;
};

}  // namespace

std::string meters_table(const Product& product) {
  if (product.meters.empty()) return {};
  TextTable table({{"meter"}, {"kind"}, {"unit"}, {"what"}});
  for (const pricebook::MeterName& each : product.meters) {
    table.add({each.name, std::string(name_of(each.kind)), each.unit, each.title});
  }
  return table.to_text();
}

std::string attributes_table(const Product& product) {
  if (product.attributes.empty()) return {};
  constexpr const char* types[] = {"any word", "a number", "a time"};
  TextTable table({{"attribute"}, {"values"}, {"if absent"}});
  for (const pricebook::AttributeName& each : product.attributes) {
    table.add(
        {each.name,
         each.values.empty() ? types[static_cast<std::size_t>(each.type)] : joined(each.values),
         each.absent_means.value_or("")});
  }
  return table.to_text();
}

std::string in_force_text(const pricebook::Validity& validity, const std::string& zone) {
  std::string text;
  if (validity.from) text += " from " + pricebook::date_text(validity.from, zone);
  if (validity.to) text += " to " + pricebook::date_text(validity.to, zone);
  return text;
}

std::string product_page(const PriceBook& book, const Product& product) {
  const PageWriter writer(book, product);
  std::string text =
      product.name + " (" + product.id + "), as data.product: " + joined(product.codes);
  for (const auto& [alias, code] : product.aliases) text += ", " + alias + " for " + code;
  text += "\nPrice book " + book.name + ", " + std::string(book.currency.code()) + ", times in " +
          book.time_zone + '\n' + apart(meters_table(product)) + apart(attributes_table(product)) +
          groups(product);
  for (const pricebook::CloudItem& each : product.items) text += writer.item(each);
  for (const pricebook::OrderItem& each : product.orders) text += writer.order(each);
  for (const pricebook::CloudPlan& each : product.plans) text += writer.plan(each);
  for (const pricebook::CloudDiscount& each : product.discounts) text += writer.discount(each);
  return text;
}

std::vector<Placeholder> placeholders_of(const PriceBook& book) {
  PlaceholderFinder finder(book);
  for (const Product& product : book.products) {
    for (const auto& each : product.items) {
      finder.add(product, each.name, each.price);
      finder.add_factors(product, each);
    }
    for (const auto& each : product.orders) finder.add(product, each.name, each.price);
    for (const auto& each : product.plans) {
      if (each.price) finder.add(product, each.name, *each.price);
    }
  }
  return std::move(finder.found);
}

std::string placeholders_text(const PriceBook& book) {
  TextTable table({{"product"}, {"item"}, {"for"}, {"in force"}, {"declared at"}});
  const auto all = placeholders_of(book);
  for (const Placeholder& each : all) {
    table.add({each.product, each.item, each.keys, each.in_force, each.place});
  }
  return table.to_text() + '\n' + grouped(std::to_string(all.size())) +
         (all.size() == 1 ? " number" : " numbers") + " in " + std::string(book.currency.code()) +
         " of price book " + book.name + " not known: usage is unrated, no_price_at_that_time.\n" +
         "Prices are filled in under 'placeholders' of book.yaml.\n";
}

}  // namespace steelyard::report
