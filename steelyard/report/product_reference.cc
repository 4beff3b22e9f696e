#include "steelyard/report/product_reference.h"

#include <algorithm>

#include "steelyard/pricebook/products/conditions.h"
#include "steelyard/pricebook/products/uses.h"
#include "steelyard/pricebook/products/words.h"
#include "steelyard/report/cloud_receipt.h"
#include "steelyard/report/product_estimate.h"
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

void set(Settings& settings, const std::string& name, const std::string& value) {
  const auto found = std::ranges::find(settings, name, &Settings::value_type::first);
  if (found == settings.end()) settings.emplace_back(name, value);
}

/// What an attribute may be, where the rule asks for none in particular.
std::string any_value(const pricebook::AttributeName& attribute) {
  if (!attribute.values.empty()) return attribute.values.front();
  if (attribute.name == "region") return "cn-hangzhou";
  using Type = pricebook::AttributeName::Type;
  return attribute.type == Type::number ? "2" : attribute.type == Type::time ? "" : "any";
}

/// A resource that an item reads: 2 of each meter of its rule, and the attributes of a price row.
PlannedResource read_by(const pricebook::CloudItem& item, const CloudPriceRow& price,
                        const Product& product) {
  words::Uses uses;
  uses.add(item);
  PlannedResource resource;
  resource.name = "r-1";
  for (const std::string& name : uses.meters) {
    const auto* const meter = product.meter(name);
    const bool is_presence = meter != nullptr && meter->kind == metering::MeterKind::presence;
    set(resource.meters, name, is_presence ? "1" : "2");
  }
  for (const auto* where : {&price.where, &item.where}) {
    for (const metering::Condition& each : *where) {
      const auto* const attribute = product.attribute(each.attribute);
      const auto& usual = attribute == nullptr ? std::nullopt : attribute->absent_means;
      const bool is_usual = usual && std::ranges::find(each.values, *usual) != each.values.end();
      if (!each.is_negated && !is_usual) {
        set(resource.attributes, each.attribute, each.values.front());
      }
    }
  }
  for (const std::string& name : uses.attributes) {
    const auto* const attribute = product.attribute(name);
    if (attribute == nullptr || attribute->absent_means) continue;
    const std::string value = any_value(*attribute);
    if (!value.empty()) set(resource.attributes, name, value);
  }
  return resource;
}

/// An hour of the first item that costs something.
std::string example(const rating::Rater& rater, const Product& product) {
  constexpr std::int64_t hour = 3600;
  ProductEstimateRequest request;
  request.start = {base::days_from_civil(2026, 11, 22) * 24 * hour, 0};
  request.end = {request.start.seconds + hour, 0};
  request.account = "acme";
  for (const pricebook::CloudItem& item : product.items) {
    for (const CloudPriceRow& price : item.price.rows) {
      if (!price.price || price.is_free) continue;
      request.product = item.code;
      request.resources = {read_by(item, price, product)};
      const ProductEstimate estimated = estimate(rater, request);
      const rating::cloud::Charge& charge = estimated.resources.front().by_usage.charge;
      if (!charge.is_rated || !(charge.amount > money::Decimal())) continue;
      return "\n## An event\n\n```json\n" + usage_event(request.resources.front(), request) +
             "```\n\nAlone it is charged so; `steelyard explain` shows how that comes "
             "about.\n\n```\n" +
             charge_table(charge, std::string(rater.currency())) + "```\n";
    }
  }
  return {};
}

}  // namespace

std::string product_reference(const rating::Rater& rater, const PriceBook& book,
                              const Product& product) {
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
         orders(book, product) + plans(book, product) + example(rater, product);
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
