#include "steelyard/billing/plans.h"

#include <gtest/gtest.h>

#include "steelyard/billing/book_for_tests.h"

namespace steelyard::billing {
namespace {

const std::string product = R"(codes: [test]
meters:
  gb: {kind: counter, unit: GB}
attributes:
  region: {}
items:
  - item: test/traffic
    unit: GB
    measure: {sum: gb}
    price: {keys: [region], rows: [{CNY: 2}]}
plans:
  - plan: test/by_size
    unit: GB
    covers: [{item: test/traffic}]
    price: {keys: [quota, months], rows: [{quota: 100, months: 1, CNY: 80}, {CNY: placeholder}]}
  - plan: test/by_unit
    unit: GB
    covers: [{item: test/traffic}]
    quantity: [quota, months]
    price: {kernel: volume, brackets: [{upto: 799, CNY: 1.9}, {CNY: 1.5}]}
    period: {start: top_of_hour, end: same_clock_time}
    from: 2026-01-01
  - plan: test/gift
    unit: GB
    covers: [{item: test/traffic}]
  - plan: test/free
    unit: GB
    free: true
    quota: 1
    reset: month
    covers: [{item: test/traffic, where: {region: free}}]
)";

struct PlanShop : Shop {
  PlanShop() : Shop(product) {}

  std::string buy(const std::string& id, const std::string& plan, std::int64_t quota,
                  std::uint32_t months = 1, std::uint32_t count = 1, Attributes attributes = {}) {
    Purchase purchase;
    purchase.event = {"shop", id};
    purchase.account = "acme";
    purchase.plan = plan;
    purchase.id = id;
    purchase.time = {second_at("2026-11-02T10:30:00"), 0};
    purchase.quota = money::Decimal::whole(quota);
    purchase.months = months;
    purchase.count = count;
    purchase.attributes = std::move(attributes);
    last = accounts.apply(purchase);
    return text_of(last);
  }

  /// Traffic of one hour after the purchase.
  std::string use(std::int64_t gb, const std::string& start = "2026-11-02T12:00:00") {
    rating::cloud::Fact fact;
    fact.account = "acme";
    fact.resource = "r";
    fact.start = {second_at(start), 0};
    fact.end = {fact.start.seconds + 3'600, 0};
    fact.meters.push_back({0, money::Decimal::whole(gb)});
    fact.attributes = {"here"};
    return text_of(engine.apply(fact));
  }
};

TEST(Plans, a_plan_costs_what_its_row_says_times_their_count) {
  PlanShop shop;
  EXPECT_EQ(shop.buy("a", "test/by_size", 100), "80 CNY: test/by_size - 1 x 80 / 1 = 80");
  EXPECT_EQ(shop.buy("b", "test/by_size", 100, 1, 3), "240 CNY: test/by_size - 3 x 80 / 1 = 240");
}

TEST(Plans, a_price_may_be_for_each_unit_of_quota_and_months) {
  PlanShop shop;
  EXPECT_EQ(shop.buy("a", "test/by_unit", 799),
            "1518.1 CNY: test/by_unit 0-799 799 x 1.9 / 1 = "
            "1518.1");
  EXPECT_EQ(shop.buy("b", "test/by_unit", 800, 12, 2),
            "28800 CNY: test/by_unit 799+ 19200 x 1.5 / 1 = 28800");
}

TEST(Plans, a_plan_without_a_price_costs_nothing_and_covers) {
  PlanShop shop;
  EXPECT_EQ(shop.buy("a", "test/gift", 10), "0 CNY");
  EXPECT_EQ(shop.use(11),
            "2 CNY: test/traffic - 1 x 2 / 1 = 2; test/traffic plan test/gift 10 x 0 / 1 = 0");
}

TEST(Plans, a_plan_whose_price_is_not_known_is_unrated_and_covers_all_the_same) {
  PlanShop shop;
  EXPECT_EQ(shop.buy("a", "test/by_size", 10), "unrated no_price_at_that_time");
  EXPECT_TRUE(shop.last.detail.ends_with("; the plan covers usage all the same"))
      << shop.last.detail;
  EXPECT_EQ(shop.use(11),
            "2 CNY: test/traffic - 1 x 2 / 1 = 2; test/traffic plan test/by_size 10 x 0 / 1 = 0");
}

TEST(Plans, earlier_usage_that_a_late_purchase_covers_is_in_its_charge) {
  PlanShop shop;
  EXPECT_EQ(shop.use(11), "22 CNY: test/traffic - 11 x 2 / 1 = 22");
  EXPECT_EQ(shop.buy("a", "test/by_size", 100),
            "58 CNY: test/traffic - -11 x 2 / 1 = -22; "
            "test/traffic plan test/by_size 11 x 0 / 1 = 0; test/by_size - 1 x 80 / 1 = 80");
  EXPECT_EQ(shop.take_back("a"),
            "-58 CNY: test/traffic - 11 x 2 / 1 = 22; "
            "test/traffic plan test/by_size -11 x 0 / 1 = 0; test/by_size - -1 x 80 / 1 = -80");
  EXPECT_EQ(shop.buy("b", "test/by_size", 11),
            "unrated no_price_at_that_time: test/traffic - -11 x 2 / 1 = -22; "
            "test/traffic plan test/by_size 11 x 0 / 1 = 0");
  EXPECT_EQ(shop.last.amount, money::Decimal::whole(-22));
  EXPECT_EQ(shop.take_back("b"),
            "22 CNY: test/traffic - 11 x 2 / 1 = 22; "
            "test/traffic plan test/by_size -11 x 0 / 1 = 0");
}

TEST(Plans, the_period_is_that_of_the_plan) {
  PlanShop shop;
  shop.buy("a", "test/by_unit", 100);  // 10:00 on 2 November to 10:00 on 2 December.
  const std::string paid = "2 CNY: test/traffic - 1 x 2 / 1 = 2";
  const std::string covered = "0 CNY: test/traffic plan test/by_unit 1 x 0 / 1 = 0";
  EXPECT_EQ(shop.use(1, "2026-11-02T09:00:00"), paid);
  EXPECT_EQ(shop.use(1, "2026-11-02T10:00:00"), covered);
  EXPECT_EQ(shop.use(1, "2026-12-02T09:00:00"), covered);
  EXPECT_EQ(shop.use(1, "2026-12-02T10:00:00"), paid);
}

TEST(Plans, attributes_of_the_purchase_say_what_is_not_covered) {
  PlanShop shop;
  shop.buy("a", "test/gift", 10, 1, 1, {{"region", "there"}});
  EXPECT_EQ(shop.use(1), "2 CNY: test/traffic - 1 x 2 / 1 = 2");
  shop.buy("b", "test/gift", 1, 1, 1, {{"region", "here"}});
  EXPECT_EQ(shop.use(1, "2026-11-02T13:00:00"), "2 CNY: test/traffic - 1 x 2 / 1 = 2");
}

TEST(Plans, a_plan_that_is_not_sold_is_unknown) {
  PlanShop shop;
  EXPECT_EQ(shop.buy("a", "test/by_sice", 10), "unrated unknown_plan");
  EXPECT_EQ(shop.last.detail,
            "/data/plan: 'test/by_sice' is no plan of the price book; did you mean "
            "'test/by_size'?");
  EXPECT_EQ(shop.buy("b", "test/free", 10), "unrated unknown_plan");
  EXPECT_EQ(shop.take_back("a"), "unrated unknown_event");
  Purchase purchase;
  purchase.plan = "test/by_unit";
  purchase.time = {second_at("2025-12-31T23:59:59"), 0};
  const auto charge = shop.accounts.apply(purchase);
  EXPECT_EQ(charge.detail, "/data/plan: 'test/by_unit' is not sold at that time");
}

TEST(Plans, names_of_orders_and_plans_stand_behind_those_of_items) {
  const PlanShop shop;
  EXPECT_EQ(shop.catalog.item_names(),
            (std::vector<std::string>{"test/traffic", "test/by_size", "test/by_unit", "test/gift",
                                      "test/free"}));
  EXPECT_EQ(shop.catalog.name_index("test/gift"), 3U);
}

}  // namespace
}  // namespace steelyard::billing
