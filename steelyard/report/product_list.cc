#include "steelyard/report/product_list.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "steelyard/pricebook/products/words.h"
#include "steelyard/report/product_page.h"
#include "steelyard/report/text_table.h"

namespace steelyard::report {
namespace {

using pricebook::PriceBook;
using pricebook::Product;
namespace words = pricebook::products;

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

std::string codes_of(const Product& product) {
  std::string text = joined(product.codes);
  for (const auto& [alias, code] : product.aliases) text += ", " + alias + " for " + code;
  return text;
}

std::string count(std::size_t number) { return number == 0 ? "-" : std::to_string(number); }

/// A name with what tells its versions apart.
std::string name_of(const std::string& name, const pricebook::Validity& validity,
                    const PriceBook& book) {
  return name + in_force_text(validity, book.time_zone);
}

std::string items(const PriceBook& book, const Product& product) {
  std::string text;
  for (const pricebook::CloudItem& each : product.items) {
    text += name_of(each.name, each.validity, book) +
            (each.title.empty() ? "" : "  " + each.title) + '\n';
    for (const std::string& line : words::rule_in_words(each)) text += "  " + line + '\n';
    text += "  price " + price_in_short(each.price, each.unit) + '\n';
  }
  return text;
}

std::string orders(const PriceBook& book, const Product& product) {
  if (product.orders.empty()) return {};
  TextTable table({{"subscription"}, {"of"}, {"price for a month"}});
  for (const pricebook::OrderItem& each : product.orders) {
    table.add({name_of(each.name, each.validity, book),
               each.quantity.empty() ? "1" : joined(each.quantity),
               price_in_short(each.price, each.unit)});
  }
  return '\n' + table.to_text();
}

std::string plans(const PriceBook& book, const Product& product) {
  if (product.plans.empty()) return {};
  TextTable table({{"plan"}, {"of"}, {"full again"}, {"covers"}});
  for (const pricebook::CloudPlan& each : product.plans) {
    std::vector<std::string> covers;
    for (const auto& cover : each.covers) covers.push_back(cover.item);
    covers.erase(std::ranges::unique(covers).begin(), covers.end());
    const std::string quota = each.free_quota ? each.free_quota->to_text() + ' ' : "";
    table.add({name_of(each.name, each.validity, book),
               (each.is_free ? "free " : "") + quota + each.unit,
               each.reset == metering::WindowKind::life
                   ? "never"
                   : "each " + std::string(metering::name_of(each.reset)),
               joined(covers)});
  }
  return '\n' + table.to_text();
}

}  // namespace

std::string rule_on_one_line(const pricebook::CloudItem& item) {
  std::string text;
  for (const std::string& line : words::rule_in_words(item)) {
    text += (text.empty() ? "" : "; ") + line;
  }
  return text;
}

std::string price_in_short(const pricebook::CloudPriceTable& table, const std::string& unit) {
  std::string text = words::kernel_in_words(table, unit);
  if (!table.keys.empty()) text += ", by " + joined(table.keys);
  return text;
}

std::string product_list(const PriceBook& book) {
  TextTable table({{"product"},
                   {"name"},
                   {"data.product"},
                   {"items", Align::right},
                   {"subscriptions", Align::right},
                   {"plans", Align::right}});
  for (const Product& each : book.products) {
    table.add({each.id, each.name, codes_of(each), count(each.items.size()),
               count(each.orders.size()), count(each.plans.size())});
  }
  return table.to_text();
}

std::string product_list_json(const PriceBook& book) {
  using Json = nlohmann::ordered_json;
  Json json = {
      {"book", book.name}, {"currency", book.currency.code()}, {"products", Json::array()}};
  for (const Product& each : book.products) {
    json["products"].push_back({{"product", each.id},
                                {"name", each.name},
                                {"codes", each.codes},
                                {"aliases", each.aliases},
                                {"items", each.items.size()},
                                {"orders", each.orders.size()},
                                {"plans", each.plans.size()}});
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string product_overview(const PriceBook& book, const Product& product) {
  std::string text =
      product.name + " (" + product.id + "), as data.product: " + codes_of(product) + '\n';
  const std::string tables[] = {meters_table(product), attributes_table(product)};
  for (const std::string& table : tables) text += table.empty() ? "" : '\n' + table;
  if (!product.items.empty()) text += '\n' + items(book, product);
  return text + orders(book, product) + plans(book, product);
}

}  // namespace steelyard::report
