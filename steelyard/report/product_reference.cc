#include "steelyard/report/product_reference.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "steelyard/pricebook/products/conditions.h"
#include "steelyard/pricebook/products/words.h"
#include "steelyard/report/product_list.h"
#include "steelyard/report/product_page.h"

namespace steelyard::report {
namespace {

using pricebook::CloudPriceRow;
using pricebook::CloudPriceTable;
using pricebook::PriceBook;
using pricebook::Product;
namespace words = pricebook::products;

std::string cell(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '|') result += '\\';
    result += c;
  }
  return result;
}

std::string row(const std::vector<std::string>& cells) {
  std::string text = "|";
  for (const std::string& each : cells) text += ' ' + cell(each) + " |";
  return text + '\n';
}

std::string table_head(const std::vector<std::string>& titles) {
  std::string text = row(titles) + '|';
  for (std::size_t i = 0; i < titles.size(); ++i) text += "---|";
  return text + '\n';
}

std::string code(const std::string& text) { return text.empty() ? "" : '`' + text + '`'; }

std::string codes(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& each : words) text += (text.empty() ? "" : ", ") + code(each);
  return text;
}

/// " from 2024-04-01" without its first space; "always" for always.
std::string when(const pricebook::Validity& validity, const std::string& zone) {
  const std::string text = in_force_text(validity, zone);
  return text.empty() ? "always" : text.substr(1);
}

/// "0.62 (region cn-hangzhou), placeholder (everything else)"; of many rows the first ones.
std::string prices_of(const CloudPriceTable& table, const std::string& zone) {
  constexpr std::size_t shown_max = 6;
  std::string text;
  for (std::size_t i = 0; i < std::min(table.rows.size(), shown_max); ++i) {
    const CloudPriceRow& each = table.rows[i];
    if (i > 0) text += "<br>";
    text += words::to_text(each);
    std::string where = each.where.empty() ? "" : words::to_text(each.where);
    if (each.where.empty() && i > 0) where = "everything else";
    if (each.hours) where += (where.empty() ? "" : ", ") + words::to_text(*each.hours);
    if (!where.empty()) text += " (" + where + ')';
    text += in_force_text(each.validity, zone);
  }
  if (table.rows.size() > shown_max) {
    text += "<br>and " + std::to_string(table.rows.size() - shown_max) + " rows more";
  }
  return text;
}

std::string meters(const Product& product) {
  if (product.meters.empty()) return {};
  std::string text = "\n## Meters\n\n" + table_head({"`data.meters`", "kind", "unit", "what"});
  for (const pricebook::MeterName& each : product.meters) {
    text +=
        row({code(each.name), std::string(metering::name_of(each.kind)), each.unit, each.title});
  }
  return text;
}

std::string attributes(const Product& product) {
  if (product.attributes.empty()) return {};
  constexpr const char* types[] = {"any word", "a number", "a time"};
  std::string text =
      "\n## Attributes\n\n" + table_head({"`data.attributes`", "values", "if absent", "what"});
  for (const pricebook::AttributeName& each : product.attributes) {
    text +=
        row({code(each.name),
             each.values.empty() ? types[static_cast<std::size_t>(each.type)] : codes(each.values),
             each.absent_means ? code(*each.absent_means) : "", each.title});
  }
  return text;
}

std::string items(const PriceBook& book, const Product& product) {
  if (product.items.empty()) return {};
  std::string text = "\n## What is billed\n\nPrices in " + std::string(book.currency.code()) +
                     ". A placeholder is a price that the book declares and does not know: usage "
                     "of it is unrated,\n`no_price_at_that_time`.\n\n" +
                     table_head({"item", "unit", "how it is measured", "price", "in force"});
  for (const pricebook::CloudItem& each : product.items) {
    const std::string title = each.title.empty() ? "" : "<br>" + each.title;
    text += row({code(each.name) + title, each.unit, rule_on_one_line(each),
                 words::kernel_in_words(each.price, each.unit) + ":<br>" +
                     prices_of(each.price, book.time_zone),
                 when(each.validity, book.time_zone)});
  }
  return text;
}

std::string orders(const PriceBook& book, const Product& product) {
  if (product.orders.empty()) return {};
  std::string text =
      "\n## Subscriptions\n\n" +
      table_head({"line", "numbers of `data.config`", "only", "price for a month", "in force"});
  for (const pricebook::OrderItem& each : product.orders) {
    const std::string title = each.title.empty() ? "" : "<br>" + each.title;
    text += row({code(each.name) + title, codes(each.quantity),
                 each.where.empty() ? "" : words::to_text(each.where),
                 words::kernel_in_words(each.price, each.unit) + ":<br>" +
                     prices_of(each.price, book.time_zone),
                 when(each.validity, book.time_zone)});
  }
  return text;
}

std::string plans(const PriceBook& book, const Product& product) {
  if (product.plans.empty()) return {};
  std::string text =
      "\n## Plans\n\n" + table_head({"plan", "of", "full again", "covers", "price", "in force"});
  for (const pricebook::CloudPlan& each : product.plans) {
    std::vector<std::string> covers;
    for (const auto& cover : each.covers) {
      if (std::ranges::find(covers, cover.item) == covers.end()) covers.push_back(cover.item);
    }
    const std::string title = each.title.empty() ? "" : "<br>" + each.title;
    const std::string quota = each.free_quota ? each.free_quota->to_text() + ' ' : "";
    text += row({code(each.name) + title, quota + each.unit,
                 each.reset == metering::WindowKind::life
                     ? "never"
                     : "each " + std::string(metering::name_of(each.reset)),
                 codes(covers),
                 each.is_free ? "free"
                 : each.price ? prices_of(*each.price, book.time_zone)
                              : "",
                 when(each.validity, book.time_zone)});
  }
  return text;
}

/// An event of the first item that has a price: the values that its first such row names.
std::string example(const Product& product) {
  using Json = nlohmann::ordered_json;
  for (const pricebook::CloudItem& item : product.items) {
    if (item.validity.to || item.price.rows.front().price == std::nullopt) continue;
    Json meters = Json::object();
    for (const auto& dim : item.measure) {
      if (dim.aggregate != metering::Dim::Aggregate::attribute) meters[dim.meter] = 1;
    }
    Json attributes = Json::object();
    for (const auto* where : {&item.where, &item.price.rows.front().where}) {
      for (const metering::Condition& each : *where) {
        const auto* const attribute = product.attribute(each.attribute);
        const bool is_default =
            attribute != nullptr && attribute->absent_means &&
            std::ranges::find(each.values, *attribute->absent_means) != each.values.end();
        if (!each.is_negated && !is_default) attributes[each.attribute] = each.values.front();
      }
    }
    const Json event = {{"specversion", "1.0"},
                        {"id", "usage-1"},
                        {"source", "collector"},
                        {"type", "cloud.resource.usage"},
                        {"subject", "acme"},
                        {"time", "2026-11-22T01:00:00Z"},
                        {"data",
                         {{"product", item.code},
                          {"resource", "r-1"},
                          {"start", "2026-11-22T00:00:00Z"},
                          {"end", "2026-11-22T01:00:00Z"},
                          {"meters", std::move(meters)},
                          {"attributes", std::move(attributes)}}}};
    return "\n## An event\n\nRead by `" + item.name +
           "`; `steelyard explain` shows what becomes of it.\n\n```json\n" +
           event.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n```\n";
  }
  return {};
}

}  // namespace

std::string product_reference(const PriceBook& book, const Product& product) {
  std::string text = "# " + product.name + "\n\n<!-- Made by: steelyard reference product " +
                     product.id + " -->\n\n`data.product`: " + codes(product.codes);
  for (const auto& [alias, meant] : product.aliases) {
    text += ", " + code(alias) + " for " + code(meant);
  }
  text += ". Price book " + book.name + "; times in " + book.time_zone + ".\n";
  if (!product.groups.empty()) text += '\n';
  for (const auto& [name, values] : product.groups) {
    text += "- " + name + ": " + codes(values) + '\n';
  }
  return text + items(book, product) + meters(product) + attributes(product) +
         orders(book, product) + plans(book, product) + example(product);
}

std::string products_reference(const PriceBook& book) {
  std::string text =
      "# Cloud products\n\n<!-- Made by: steelyard reference products -->\n\n"
      "What `steelyard products` lists, a page for each. How to write one: "
      "[product files](../product-files.md).\n\n" +
      table_head({"product", "`data.product`", "items", "subscriptions", "plans"});
  for (const Product& each : book.products) {
    text += row({'[' + each.name + "](" + each.id + ".md)", codes(each.codes),
                 std::to_string(each.items.size()), std::to_string(each.orders.size()),
                 std::to_string(each.plans.size())});
  }
  return text;
}

}  // namespace steelyard::report
