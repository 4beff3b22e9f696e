#pragma once

#include <gtest/gtest.h>

#include <string>

#include "steelyard/billing/accounts.h"
#include "steelyard/pricebook/reader.h"

namespace steelyard::billing {

/// A book of one product in CNY and Chinese time. `product` begins with its codes.
inline pricebook::PriceBookSeries book_of(const std::string& product) {
  pricebook::Sources sources;
  sources.book_yaml = "name: test\ncurrency: CNY\ntime_zone: Asia/Shanghai\n";
  sources.models_csv = "model,tier,type,price_per_1k_tokens\n";
  sources.products.emplace_back("products/test.yaml", "product: test\nname: Test\n" + product);
  pricebook::Reading reading = pricebook::read_and_lint(sources);
  for (const auto& finding : reading.findings.list()) {
    if (finding.severity == pricebook::Finding::Severity::error) ADD_FAILURE() << finding.to_text();
  }
  return {{std::move(reading.book)}};
}

inline std::int64_t second_at(const std::string& text) {
  const auto instant = base::parse_in_zone(text, "Asia/Shanghai");
  EXPECT_TRUE(instant.has_value()) << text;
  return instant.has_value() ? instant->seconds : 0;
}

/// "12 CNY: test/node - 12 x 720 / 720 = 12; …", or "unrated REASON".
inline std::string text_of(const rating::cloud::Charge& charge) {
  std::string text = charge.amount.to_text() + " CNY";
  if (!charge.is_rated) text = "unrated " + std::string(base::name_of(charge.reason));
  const char* between = ": ";
  for (const rating::cloud::Line& line : charge.lines) {
    text += between + line.row->item + ' ' + line.row->tier + ' ' + line.quantity.to_text() +
            " x " + line.row->price.to_text() + " / " + line.row->per.to_text() + " = " +
            line.amount.to_text();
    between = "; ";
  }
  return text;
}

/// One account that buys of one product.
struct Shop {
  explicit Shop(const std::string& product)
      : book(book_of(product)), catalog(book), engine(catalog, 3, "CNY"), accounts(engine) {}

  Order order(const std::string& id, const std::string& time, const std::string& action,
              std::uint32_t months, Attributes config) const {
    Order result;
    result.event = {"shop", id};
    result.account = "acme";
    result.code = catalog.codes().front().name;
    result.resource = "r-1";
    result.time = {second_at(time), 0};
    result.action = usage::order_action(action).value();
    result.months = months;
    result.config = std::move(config);
    return result;
  }

  std::string apply(const Order& order) {
    last = accounts.apply(order);
    return text_of(last);
  }
  std::string apply(const std::string& id, const std::string& time, const std::string& action,
                    std::uint32_t months, Attributes config) {
    return apply(order(id, time, action, months, std::move(config)));
  }
  std::string take_back(const std::string& id) {
    last = accounts.take_back({"shop", id}, "acme");
    return text_of(last);
  }

  pricebook::PriceBookSeries book;
  rating::cloud::Catalog catalog;
  rating::cloud::Engine engine;
  Accounts accounts;
  rating::cloud::Charge last;
};

}  // namespace steelyard::billing
