#include "steelyard/billing/accounts.h"

#include <gtest/gtest.h>

#include "steelyard/billing/book_for_tests.h"
#include "steelyard/json/document.h"

namespace steelyard::billing {
namespace {

const std::string product = R"(codes: [test, more]
aliases: {old: test}
meters:
  gb: {kind: counter}
attributes:
  class:  {values: [small, large]}
  vcpus:  {type: number}
  shared: {values: ["true", "false"]}
items:
  - {item: test/traffic, unit: GB, measure: {sum: gb}, price: {CNY: 2}}
orders:
  - order: test/node
    unit: node-month
    quantity: [nodes]
    price: {keys: [class, vcpus], rows: [{class: small, vcpus: 4, CNY: 10}]}
  - {order: test/share, unit: month, where: {shared: "true"}, price: {CNY: 3}}
plans:
  - {plan: test/plan, unit: GB, covers: [{item: test/traffic}], price: {keys: [vcpus], rows: [{vcpus: 4, CNY: 7}]}}
)";

/// The charge of an event whose document is gone when it is read.
std::string apply(Shop& shop, const std::string& type, const std::string& data) {
  json::Document document;
  const std::string line =
      R"({"specversion":"1.0","id":"e","source":"shop","subject":"acme","type":"cloud.)" + type +
      R"(","time":"2026-03-01T02:00:00Z","data":)" + data + '}';
  EXPECT_TRUE(document.parse_copy(line)) << line;
  usage::UsageEvent event;
  const auto outcome = usage::read_event(document, event);
  if (!outcome.has_value()) return "rejected " + outcome.error().detail;
  shop.last = shop.accounts.apply(event);
  return text_of(shop.last);
}

TEST(Accounts, an_order_is_read_with_numbers_in_their_shortest_form) {
  for (const char* const config : {R"({"class":"small","vcpus":4,"nodes":2})",
                                   R"({"class":"small","vcpus":"4.0","nodes":2.0})",
                                   R"({"nodes":"2","class":"small","vcpus":4.00,"shared":null})",
                                   R"({"nodes":2,"class":"small","vcpus":4,"shared":""})"}) {
    Shop shop(product);
    EXPECT_EQ(apply(shop, "resource.order",
                    std::string(R"({"product":"test","resource":"r","action":"new","months":1,)") +
                        R"("config":)" + config + '}'),
              "20 CNY: test/node - 2 x 10 / 1 = 20")
        << config;
  }
}

TEST(Accounts, an_alias_and_a_boolean_are_understood) {
  Shop shop(product);
  EXPECT_EQ(apply(shop, "resource.order",
                  R"({"product":"old","resource":"r","action":"new","months":1,)"
                  R"("config":{"shared":true}})"),
            "3 CNY: test/share - 1 x 3 / 1 = 3");
  EXPECT_EQ(text_of(shop.accounts.take_back({"shop", "e"}, "acme")),
            "-3 CNY: test/share - -1 x 3 / 1 = -3");
}

TEST(Accounts, what_an_order_can_not_say_is_unrated) {
  struct {
    const char* order;
    const char* outcome;
  } const cases[] = {
      {R"({"product":"none","resource":"r","action":"new","months":1})", "unrated unknown_product"},
      {R"({"product":"more","resource":"r","action":"new","months":1})",
       "unrated no_price_for_item"},
      {R"({"product":"test","resource":"r","action":"new","months":1,"config":{"class":"big"}})",
       "unrated unknown_attribute"},
      {R"({"product":"test","resource":"r","action":"new","months":1,"config":{"vcpus":-1}})",
       "unrated invalid_quantity"},
      {R"({"product":"test","resource":"r","action":"new","months":1,"config":{"vcpus":"x"}})",
       "unrated invalid_quantity"},
      {R"({"product":"test","resource":"r","action":"new","config":{"shared":true}})",
       "unrated missing_attribute"},
  };
  for (const auto& each : cases) {
    Shop shop(product);
    EXPECT_EQ(apply(shop, "resource.order", each.order), each.outcome) << shop.last.detail;
  }
}

TEST(Accounts, a_purchase_is_read) {
  Shop shop(product);
  EXPECT_EQ(apply(shop, "plan.purchase",
                  R"({"plan":"test/plan","id":"p","quota":"10.5","count":2,)"
                  R"("attributes":{"vcpus":4.0}})"),
            "14 CNY: test/plan - 2 x 7 / 1 = 14");
  EXPECT_TRUE(shop.accounts.knows({"shop", "e"}));
}

TEST(Accounts, a_purchase_without_a_key_of_its_price_covers_but_is_unrated) {
  Shop shop(product);
  EXPECT_EQ(apply(shop, "plan.purchase", R"({"plan":"test/plan","id":"p","quota":10})"),
            "unrated missing_attribute");
  EXPECT_TRUE(shop.accounts.knows({"shop", "e"}));
}

}  // namespace
}  // namespace steelyard::billing
