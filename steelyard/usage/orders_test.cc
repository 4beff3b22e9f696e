#include <gtest/gtest.h>

#include "steelyard/json/document.h"
#include "steelyard/usage/event.h"

namespace steelyard::usage {
namespace {

/// An event and the text that its views point into.
struct Read {
  Read(const std::string& type, const std::string& data) {
    const std::string line =
        R"({"specversion":"1.0","id":"e","source":"shop","subject":"acme","type":"cloud.)" + type +
        R"(","time":"2026-03-01T02:00:00Z","data":)" + data + '}';
    EXPECT_TRUE(document.parse_copy(line)) << line;
    const auto result = read_event(document, event);
    if (!result.has_value()) {
      error = std::string(base::name_of(result.error().code)) + ' ' + result.error().detail;
    }
  }
  json::Document document;
  UsageEvent event;
  std::string error;
};

TEST(Orders, an_order_is_read) {
  const Read read("resource.order",
                  R"({"product":"mse","resource":"r","action":"new","months":1200,)"
                  R"("config":{"spec":"2C4G","nodes":3,"shared":true,"none":null}})");
  ASSERT_EQ(read.error, "");
  EXPECT_EQ(read.event.type, EventType::resource_order);
  EXPECT_EQ(read.event.order.product, "mse");
  EXPECT_EQ(read.event.order.resource, "r");
  EXPECT_EQ(read.event.order.action, OrderAction::buy);
  EXPECT_EQ(read.event.order.months, 1'200U);
  EXPECT_FALSE(read.event.order.config.is_missing());
}

TEST(Orders, months_and_config_may_be_absent) {
  const Read read("resource.order", R"({"product":"mse","resource":"r","action":"refund"})");
  ASSERT_EQ(read.error, "");
  EXPECT_EQ(read.event.order.months, 0U);
  EXPECT_TRUE(read.event.order.config.is_missing());
}

TEST(Orders, every_action_has_its_word) {
  using enum OrderAction;
  for (const OrderAction each : {buy, renew, upgrade, downgrade, refund, convert}) {
    EXPECT_EQ(order_action(name_of(each)), each);
  }
  EXPECT_EQ(order_action("buy"), std::nullopt);
  EXPECT_EQ(order_action(""), std::nullopt);
}

TEST(Orders, a_purchase_is_read) {
  const Read read("plan.purchase",
                  R"({"plan":"a/p","id":"p-1","quota":"0.5","months":12,"count":1000000})");
  ASSERT_EQ(read.error, "");
  EXPECT_EQ(read.event.plan.plan, "a/p");
  EXPECT_EQ(read.event.plan.id, "p-1");
  EXPECT_EQ(read.event.plan.quota.to_text(), "0.5");
  EXPECT_EQ(read.event.plan.months, 12U);
  EXPECT_EQ(read.event.plan.count, 1'000'000U);
}

TEST(Orders, a_purchase_is_of_one_for_a_month) {
  const Read read("plan.purchase", R"({"plan":"a/p","id":"p-1","quota":0})");
  ASSERT_EQ(read.error, "");
  EXPECT_EQ(read.event.plan.months, 1U);
  EXPECT_EQ(read.event.plan.count, 1U);
}

TEST(Orders, a_void_names_an_event) {
  const Read read("resource.void", R"({"voids":{"source":"s","id":"i"}})");
  ASSERT_EQ(read.error, "");
  EXPECT_EQ(read.event.voids.source, "s");
  EXPECT_EQ(read.event.voids.id, "i");
}

TEST(Orders, what_is_wrong_is_named_with_its_place) {
  struct {
    const char* type;
    const char* data;
    const char* error;  ///< The code and the pointer.
  } const cases[] = {
      {"resource.order", R"({"resource":"r","action":"new"})", "missing_field /data/product"},
      {"resource.order", R"({"product":7,"resource":"r","action":"new"})",
       "invalid_field /data/product"},
      {"resource.order", R"({"product":"","resource":"r","action":"new"})",
       "invalid_field /data/product"},
      {"resource.order", R"({"product":"mse","action":"new"})", "missing_field /data/resource"},
      {"resource.order", R"({"product":"mse","resource":"a\nb","action":"new"})",
       "invalid_field /data/resource"},
      {"resource.order", R"({"product":"mse","resource":"r"})", "missing_field /data/action"},
      {"resource.order", R"({"product":"mse","resource":"r","action":"steal"})",
       "invalid_field /data/action: 'steal' is none of"},
      {"resource.order", R"({"product":"mse","resource":"r","action":"new","months":0})",
       "invalid_quantity /data/months"},
      {"resource.order", R"({"product":"mse","resource":"r","action":"new","months":1.5})",
       "invalid_quantity /data/months"},
      {"resource.order", R"({"product":"mse","resource":"r","action":"new","months":-1})",
       "invalid_quantity /data/months"},
      {"resource.order", R"({"product":"mse","resource":"r","action":"new","months":"3"})",
       "invalid_quantity /data/months"},
      {"resource.order", R"({"product":"mse","resource":"r","action":"new","months":1201})",
       "invalid_quantity /data/months"},
      {"resource.order", R"({"product":"mse","resource":"r","action":"new","config":[]})",
       "invalid_field /data/config"},
      {"resource.order", R"({"product":"mse","resource":"r","action":"new","config":{"a":{}}})",
       "invalid_field /data/config/a"},
      {"plan.purchase", R"({"id":"p","quota":1})", "missing_field /data/plan"},
      {"plan.purchase", R"({"plan":"a/p","quota":1})", "missing_field /data/id"},
      {"plan.purchase", R"({"plan":"a/p","id":"p"})", "missing_field /data/quota"},
      {"plan.purchase", R"({"plan":"a/p","id":"p","quota":-1})", "invalid_quantity /data/quota"},
      {"plan.purchase", R"({"plan":"a/p","id":"p","quota":"x"})", "invalid_quantity /data/quota"},
      {"plan.purchase", R"({"plan":"a/p","id":"p","quota":1,"months":0})",
       "invalid_quantity /data/months"},
      {"plan.purchase", R"({"plan":"a/p","id":"p","quota":1,"count":0})",
       "invalid_quantity /data/count"},
      {"plan.purchase", R"({"plan":"a/p","id":"p","quota":1,"count":1000001})",
       "invalid_quantity /data/count"},
      {"plan.purchase", R"({"plan":"a/p","id":"p","quota":1,"attributes":{"a":[1]}})",
       "invalid_field /data/attributes/a"},
      {"resource.void", R"({})", "missing_field /data/voids"},
      {"resource.void", R"({"voids":"e"})", "invalid_field /data/voids"},
      {"resource.void", R"({"voids":{"id":"i"}})", "missing_field /data/voids/source"},
      {"resource.void", R"({"voids":{"source":"s"}})", "missing_field /data/voids/id"},
      {"resource.void", R"({"voids":{"source":"s","id":7}})", "invalid_field /data/voids/id"},
  };
  for (const auto& each : cases) {
    const Read read(each.type, each.data);
    EXPECT_TRUE(read.error.starts_with(each.error)) << each.data << ": '" << read.error << '\'';
  }
}

}  // namespace
}  // namespace steelyard::usage
