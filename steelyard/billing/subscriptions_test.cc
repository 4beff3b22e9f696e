#include "steelyard/billing/subscriptions.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "steelyard/billing/book_for_tests.h"

namespace steelyard::billing {
namespace {

// 720 a month is 1 an hour.
const std::string instances = R"(codes: [test]
orders:
  - order: test/instance
    unit: instance-month
    quantity: [instances]
    term: {12: 10.2}
    price: {CNY: 720}
    refund: {full_within_days: 5, short_use_days: 30, short_use_factor: 1.5}
)";

const std::string classes = R"(codes: [test]
attributes:
  class: {}
orders:
  - order: test/class
    unit: instance-month
    price: {keys: [class], rows: [{class: small, CNY: 7200}, {class: large, CNY: 14400}, {class: huge, CNY: placeholder}]}
  - order: test/disk
    unit: GB-month
    quantity: [disk_gb, nodes]
    price: {per: 10, keys: [disk], rows: [{disk: ssd, CNY: 9}]}
  - order: test/bandwidth
    unit: Mbit/s-month
    quantity: [mbps]
    price:
      kernel: stairstep
      brackets:
        - {upto: 5, CNY: {flat: 125}}
        - {upto: 10, CNY: {flat: 125, base: 5, unit: 80}}
)";

TEST(Subscriptions, months_at_the_price_of_a_month) {
  Shop shop(instances);
  EXPECT_EQ(shop.apply("a", "2026-03-01T10:00:00", "new", 3, {{"instances", "2"}}),
            "4320 CNY: test/instance - 6 x 720 / 1 = 4320");
}

TEST(Subscriptions, a_term_may_charge_fewer_months) {
  Shop shop(instances);
  EXPECT_EQ(shop.apply("a", "2026-03-01T10:00:00", "new", 12, {{"instances", "1"}}),
            "7344 CNY: test/instance - 10.2 x 720 / 1 = 7344");
}

TEST(Subscriptions, every_line_that_fits_the_config_applies) {
  Shop shop(classes);
  EXPECT_EQ(
      shop.apply(
          "a", "2026-03-01T10:00:00", "new", 2,
          {{"class", "small"}, {"disk", "ssd"}, {"disk_gb", "20"}, {"mbps", "7"}, {"nodes", "3"}}),
      "15078 CNY: test/class - 2 x 7200 / 1 = 14400; "
      "test/disk - 120 x 9 / 10 = 108; "
      "test/bandwidth 5-10 2 x 125 / 1 = 250; "
      "test/bandwidth 5-10 4 x 80 / 1 = 320");
}

TEST(Subscriptions, a_config_that_is_not_sold_is_unrated_with_what_is) {
  Shop shop(classes);
  EXPECT_EQ(shop.apply("a", "2026-03-01T10:00:00", "new", 1, {}), "unrated no_price_for_item");
  EXPECT_EQ(shop.last.detail,
            "/data/config: nothing that 'test' sells fits nothing: test/class needs class; "
            "test/disk needs disk_gb, nodes, disk; test/bandwidth needs mbps");
  EXPECT_EQ(shop.apply("b", "2026-03-01T10:00:00", "new", 1, {{"clas", "small"}}),
            "unrated unknown_attribute");
  EXPECT_NE(shop.last.detail.find("did you mean 'class'?"), std::string::npos);
  // A disk without its kind is not given away.
  EXPECT_EQ(shop.apply("c", "2026-03-01T10:00:00", "new", 1,
                       {{"class", "small"}, {"disk_gb", "20"}, {"nodes", "1"}}),
            "unrated no_price_for_item");
  EXPECT_NE(shop.last.detail.find("test/disk needs disk"), std::string::npos);
  EXPECT_EQ(shop.apply("d", "2026-03-01T10:00:00", "new", 1, {{"class", "huge"}, {"mbps", "1"}}),
            "unrated no_price_at_that_time");
  EXPECT_EQ(shop.apply("e", "2026-03-01T10:00:00", "new", 1, {{"mbps", "11"}}),
            "unrated above_top_tier");
  EXPECT_EQ(shop.apply("f", "2026-03-01T10:00:00", "new", 1, {{"mbps", "fast"}}),
            "unrated invalid_quantity");
  EXPECT_EQ(shop.apply("g", "2026-03-01T10:00:00", "new", 0, {{"mbps", "1"}}),
            "unrated missing_attribute");
}

// Source: cloud rules, section 4.
TEST(Subscriptions, b_sub_1_the_hours_that_remain_show_the_end) {
  Shop shop(instances);
  shop.apply("a", "2019-08-09T13:00:00", "new", 1, {{"instances", "1"}});
  EXPECT_EQ(shop.apply("b", "2019-09-05T10:00:00", "renew", 1, {}),
            "720 CNY: test/instance - 1 x 720 / 1 = 720");
  EXPECT_EQ(shop.apply("c", "2019-10-09T00:00:00", "upgrade", 0, {{"instances", "2"}}),
            "24 CNY: test/instance - 24 x 720 / 720 = 24");
}

TEST(Subscriptions, a_clamped_end_returns_to_the_anchor_day) {
  Shop shop(instances);
  shop.apply("a", "2028-01-31T13:00:00", "new", 1, {{"instances", "1"}});
  shop.apply("b", "2028-02-20T10:00:00", "renew", 1, {});
  EXPECT_EQ(shop.apply("c", "2028-03-31T12:00:00", "upgrade", 0, {{"instances", "2"}}),
            "12 CNY: test/instance - 12 x 720 / 720 = 12");
}

// Source: cloud rules, section 5: B-UPG-2 = RDS-1.
TEST(Subscriptions, rds_1_an_upgrade_pays_the_difference_for_the_hours_that_remain) {
  Shop shop(classes);
  shop.apply("a", "2026-03-01T10:00:00", "new", 2, {{"class", "small"}});
  EXPECT_EQ(shop.apply("b", "2026-03-13T00:00:00", "upgrade", 0, {{"class", "large"}}),
            "12000 CNY: test/class - -1200 x 7200 / 720 = -12000; "
            "test/class - 1200 x 14400 / 720 = 24000");
}

TEST(Subscriptions, an_upgrade_counts_to_the_second) {
  Shop shop(instances);
  shop.apply("a", "2026-03-01T10:00:00", "new", 1, {{"instances", "1"}});
  // To 2026-04-02T00:00: one second is 1/3600 h.
  EXPECT_EQ(shop.apply("b", "2026-04-01T23:59:59", "upgrade", 0, {{"instances", "2"}}),
            "0.000277777778 CNY: test/instance - 0.000277777778 x 720 / 720 = 0.000277777778");
}

TEST(Subscriptions, an_upgrade_of_one_part_leaves_the_others_alone) {
  Shop shop(classes);
  shop.apply("a", "2026-03-01T00:00:00", "new", 1, {{"class", "small"}, {"mbps", "5"}});
  EXPECT_EQ(shop.apply("b", "2026-03-17T00:00:00", "upgrade", 0, {{"mbps", "7"}}),
            "85.333333333333 CNY: test/bandwidth 0-5 -384 x 125 / 720 = -66.666666666667; "
            "test/bandwidth 5-10 384 x 125 / 720 = 66.666666666667; "
            "test/bandwidth 5-10 768 x 80 / 720 = 85.333333333333");
}

TEST(Subscriptions, an_upgrade_covers_renewals_that_are_paid) {
  Shop shop(instances);
  shop.apply("a", "2026-03-01T00:00:00", "new", 1, {{"instances", "1"}});  // To 04-02.
  shop.apply("b", "2026-03-05T00:00:00", "renew", 1, {});                  // To 05-02.
  // 10 and 30 days.
  EXPECT_EQ(shop.apply("c", "2026-03-23T00:00:00", "upgrade", 0, {{"instances", "2"}}),
            "960 CNY: test/instance - 960 x 720 / 720 = 960");
}

TEST(Subscriptions, what_makes_no_sense_is_unrated_and_changes_nothing) {
  Shop shop(instances);
  for (const char* const action : {"renew", "upgrade", "downgrade", "refund", "convert"}) {
    EXPECT_EQ(shop.apply(action, "2026-02-01T00:00:00", action, 1, {{"instances", "2"}}),
              "unrated no_price_for_item")
        << action;
    EXPECT_NE(shop.last.detail.find("nothing runs that it could go on from"), std::string::npos);
  }
  shop.apply("a", "2026-03-01T00:00:00", "new", 1, {{"instances", "1"}});
  EXPECT_EQ(shop.apply("b", "2026-03-02T00:00:00", "new", 1, {{"instances", "1"}}),
            "unrated no_price_for_item");
  EXPECT_EQ(shop.last.detail,
            "'new' of test/r-1: it runs already, until 2026-04-02T00:00: 'renew' goes on with it");
  EXPECT_EQ(shop.apply("c", "2026-04-02T00:00:00", "upgrade", 0, {{"instances", "2"}}),
            "unrated no_price_for_item");
  EXPECT_EQ(shop.apply("d", "2026-03-10T00:00:00", "downgrade", 0, {{"instances", "2"}}),
            "unrated no_price_for_item");
  EXPECT_EQ(shop.apply("e", "2026-03-10T00:00:00", "upgrade", 0, {}), "unrated missing_attribute");
  // Behind its end the resource may be bought anew.
  EXPECT_EQ(shop.apply("f", "2026-04-02T00:00:00", "new", 1, {{"instances", "1"}}),
            "720 CNY: test/instance - 1 x 720 / 1 = 720");
}

TEST(Subscriptions, what_goes_on_from_an_order_without_a_price_says_so) {
  Shop shop(classes);
  shop.apply("a", "2026-03-01T00:00:00", "new", 1, {{"class", "huge"}});
  EXPECT_EQ(shop.apply("b", "2026-03-02T00:00:00", "renew", 1, {}),
            "unrated no_price_at_that_time");
  EXPECT_NE(shop.last.detail.find("the order that it goes on from is set aside"),
            std::string::npos);
}

TEST(Subscriptions, a_renewal_after_the_end_goes_on_from_the_end) {
  Shop shop(instances);
  shop.apply("a", "2026-03-01T00:00:00", "new", 1, {{"instances", "1"}});  // To 04-02.
  shop.apply("b", "2026-04-05T00:00:00", "renew", 1, {});                  // To 05-02.
  EXPECT_EQ(shop.apply("c", "2026-05-01T00:00:00", "upgrade", 0, {{"instances", "2"}}),
            "24 CNY: test/instance - 24 x 720 / 720 = 24");
}

TEST(Subscriptions, a_renewal_with_another_config_after_the_end_begins_then) {
  Shop shop(instances);
  shop.apply("a", "2026-03-01T00:00:00", "new", 1, {{"instances", "1"}});
  EXPECT_EQ(shop.apply("b", "2026-04-05T06:00:00", "renew", 1, {{"instances", "2"}}),
            "1440 CNY: test/instance - 2 x 720 / 1 = 1440");  // To 05-06.
  EXPECT_EQ(shop.apply("c", "2026-05-05T00:00:00", "upgrade", 0, {{"instances", "3"}}),
            "24 CNY: test/instance - 24 x 720 / 720 = 24");
}

TEST(Subscriptions, a_new_order_is_refunded_in_full_for_five_days) {
  for (const auto& [time, text] :
       {std::pair("2026-03-06T10:00:00", "-720 CNY: test/instance refund -720 x 1 / 1 = -720"),
        // Six started days of thirty, half as much again: 216.
        std::pair("2026-03-06T10:00:01", "-504 CNY: test/instance refund -504 x 1 / 1 = -504")}) {
    Shop shop(instances);
    shop.apply("a", "2026-03-01T10:00:00", "new", 1, {{"instances", "1"}});
    EXPECT_EQ(shop.apply("b", time, "refund", 0, {}), text);
    EXPECT_EQ(shop.apply("c", time, "renew", 1, {}), "unrated no_price_for_item");
  }
}

TEST(Subscriptions, a_refund_counts_started_days) {
  Shop shop(instances);
  shop.apply("a", "2026-01-01T00:00:00", "new", 3, {{"instances", "1"}});
  // 40 of 90 days; from 30 days on without the factor: 2160 × 50/90.
  EXPECT_EQ(shop.apply("b", "2026-02-09T12:00:00", "refund", 0, {}),
            "-1200 CNY: test/instance refund -1200 x 1 / 1 = -1200");
}

TEST(Subscriptions, a_year_has_365_days_in_a_refund) {
  Shop shop(instances);
  shop.apply("a", "2026-01-01T00:00:00", "new", 12, {{"instances", "1"}});
  // 73 of 365 days of 7344.
  EXPECT_EQ(shop.apply("b", "2026-03-15T00:00:00", "refund", 0, {}),
            "-5875.2 CNY: test/instance refund -5875.2 x 1 / 1 = -5875.2");
}

TEST(Subscriptions, a_refund_is_never_below_zero_and_renewals_come_back_in_full) {
  Shop shop(instances);
  shop.apply("a", "2026-03-01T00:00:00", "new", 1, {{"instances", "1"}});
  shop.apply("b", "2026-03-02T00:00:00", "renew", 1, {{"instances", "2"}});
  // 25 days × 1.5 of 30 are more than all.
  EXPECT_EQ(shop.apply("c", "2026-03-26T00:00:00", "refund", 0, {}),
            "-1440 CNY: test/instance refund -1440 x 1 / 1 = -1440");
}

TEST(Subscriptions, a_refund_gives_back_what_is_left_of_an_upgrade) {
  Shop shop(classes);
  shop.apply("a", "2026-03-01T00:00:00", "new", 2, {{"class", "small"}});      // To 05-02: 62 days.
  shop.apply("b", "2026-03-13T00:00:00", "upgrade", 0, {{"class", "large"}});  // 50 days.
  // 14400 × (1 − 22/60) + 12000 × (1 − 10/50).
  EXPECT_EQ(shop.apply("c", "2026-03-23T00:00:00", "refund", 0, {}),
            "-18720 CNY: test/class refund -18720 x 1 / 1 = -18720");
}

TEST(Subscriptions, a_downgrade_gives_back_the_ratio_by_which_the_price_falls) {
  Shop shop(classes);
  shop.apply("a", "2026-03-01T00:00:00", "new", 2, {{"class", "large"}, {"mbps", "5"}});
  // 28800 × (1 − 30/60) × (14400 − 7200) / 14400. The bandwidth stays.
  EXPECT_EQ(shop.apply("b", "2026-03-31T00:00:00", "downgrade", 0, {{"class", "small"}}),
            "-7200 CNY: test/class refund -7200 x 1 / 1 = -7200");
  // 14400 and 250 × (1 − 46/60).
  EXPECT_EQ(shop.apply("c", "2026-04-16T00:00:00", "refund", 0, {}),
            "-3418.333333333333 CNY: test/class refund -3360 x 1 / 1 = -3360; "
            "test/bandwidth refund -58.333333333333 x 1 / 1 = -58.333333333333");
}

TEST(Subscriptions, a_conversion_keeps_its_fee_but_not_of_what_has_not_begun) {
  Shop shop(R"(codes: [test]
orders:
  - order: test/node
    unit: node-month
    quantity: [nodes]
    price: {CNY: 300}
    refund: {conversion_fee: 0.15}
)");
  shop.apply("a", "2026-03-01T00:00:00", "new", 1, {{"nodes", "1"}});
  shop.apply("b", "2026-03-01T00:00:01", "renew", 1, {});
  // 300 × (1 − 10/30) × 0.85 + 300.
  EXPECT_EQ(shop.apply("c", "2026-03-11T00:00:00", "convert", 0, {}),
            "-470 CNY: test/node refund -470 x 1 / 1 = -470");
  EXPECT_EQ(shop.take_back("c"), "470 CNY: test/node refund 470 x 1 / 1 = 470");
  // A refund keeps nothing here.
  EXPECT_EQ(shop.apply("d", "2026-03-11T00:00:00", "refund", 0, {}),
            "-500 CNY: test/node refund -500 x 1 / 1 = -500");
}

TEST(Subscriptions, prices_have_dates) {
  Shop shop(R"(codes: [test]
orders:
  - order: test/node
    unit: node-month
    quantity: [nodes]
    price: {rows: [{CNY: 720}, {CNY: 1440, from: 2026-04-01}]}
)");
  shop.apply("a", "2026-03-01T00:00:00", "new", 1, {{"nodes", "1"}});
  EXPECT_EQ(shop.apply("b", "2026-04-01T00:00:00", "renew", 1, {}),
            "1440 CNY: test/node - 1 x 1440 / 1 = 1440");
}

TEST(Subscriptions, a_late_order_moves_what_came_before_it) {
  Shop shop(instances);
  EXPECT_EQ(shop.apply("up", "2026-04-01T00:00:00", "upgrade", 0, {{"instances", "2"}}),
            "unrated no_price_for_item");
  // The upgrade of the last day comes with it.
  EXPECT_EQ(shop.apply("a", "2026-03-01T00:00:00", "new", 1, {{"instances", "1"}}),
            "744 CNY: test/instance - 1 x 720 / 1 = 720; test/instance - 24 x 720 / 720 = 24");
  EXPECT_EQ(shop.take_back("a"),
            "-744 CNY: test/instance - -1 x 720 / 1 = -720; "
            "test/instance - -24 x 720 / 720 = -24");
  EXPECT_EQ(shop.take_back("up"), "0 CNY");
  EXPECT_EQ(shop.take_back("up"), "unrated unknown_event");
}

TEST(Subscriptions, resources_and_accounts_are_apart) {
  Shop shop(instances);
  Order order = shop.order("a", "2026-03-01T00:00:00", "new", 1, {{"instances", "1"}});
  EXPECT_TRUE(shop.accounts.apply(order).is_rated);
  order.event.id = "b";
  order.resource = "r-2";
  EXPECT_TRUE(shop.accounts.apply(order).is_rated);
  order.event.id = "c";
  order.account = "other";
  EXPECT_TRUE(shop.accounts.apply(order).is_rated);
  EXPECT_EQ(text_of(shop.accounts.take_back({"shop", "c"}, "acme")), "unrated unknown_event");
}

/// Most make sense: the first buys, and most others go on from it.
std::vector<Order> random_orders(const Shop& shop) {
  const auto one_of = [](const std::vector<std::string>& words) {
    return *rc::gen::elementOf(words);
  };
  const auto count = *rc::gen::inRange<std::size_t>(2, 10);
  std::vector<Order> orders;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string action =
        i == 0 ? "new"
               : one_of({"new", "renew", "renew", "renew", "upgrade", "upgrade", "upgrade",
                         "downgrade", "downgrade", "refund", "convert"});
    Attributes config;
    if (action == "new" || *rc::gen::arbitrary<bool>()) {
      config.emplace_back("class", i == 0 ? "small" : one_of({"small", "large", "large", "huge"}));
    }
    if (action != "new" || *rc::gen::arbitrary<bool>()) {
      config.emplace_back("mbps", std::to_string(*rc::gen::inRange(0, 11)));
    }
    Order order = shop.order("e" + std::to_string(i), "2026-01-31T07:00:00", action,
                             *rc::gen::inRange<std::uint32_t>(1, 4), std::move(config));
    if (i > 0) {
      order.time.seconds += *rc::gen::inRange<std::int64_t>(0, 100) * 86'400 +
                            *rc::gen::inRange<std::int64_t>(0, 86'400);
    }
    orders.push_back(std::move(order));
  }
  return orders;
}

void expect_identity(const rating::cloud::Charge& charge) {
  money::Decimal sum;
  for (const rating::cloud::Line& line : charge.lines) {
    RC_ASSERT(money::Decimal::mul_div(line.row->price, line.quantity, line.row->per,
                                      money::Rounding::half_away)
                  .value() == line.amount);
    sum += line.amount;
  }
  RC_ASSERT(sum == charge.amount);
  if (!charge.is_rated) RC_ASSERT(charge.lines.empty());
}

RC_GTEST_PROP(SubscriptionsProperty, the_sum_does_not_depend_on_the_order, ()) {
  const std::string product = classes;
  Shop straight(product);
  Shop mixed(product);
  std::vector<Order> orders = random_orders(straight);
  money::Decimal expected;
  for (const Order& order : orders) {
    const auto charge = straight.accounts.apply(order);
    expect_identity(charge);
    expected += charge.amount;
  }
  // Another order, in which some are taken back and come again.
  const auto keys = *rc::gen::container<std::vector<int>>(orders.size(), rc::gen::arbitrary<int>());
  std::vector<std::size_t> places(orders.size());
  for (std::size_t i = 0; i < places.size(); ++i) places[i] = i;
  std::ranges::sort(places, {}, [&](std::size_t i) { return std::pair(keys[i], i); });
  money::Decimal sum;
  for (const std::size_t i : places) {
    sum += mixed.accounts.apply(orders[i]).amount;
    const std::size_t other = static_cast<std::size_t>(keys[i] & 7) % orders.size();
    if ((keys[i] & 8) != 0 && mixed.accounts.knows(orders[other].event)) {
      const auto back = mixed.accounts.take_back(orders[other].event, "acme");
      expect_identity(back);
      sum += back.amount;
      sum += mixed.accounts.apply(orders[other]).amount;
    }
  }
  RC_ASSERT(sum == expected);
  for (const Order& order : orders) sum += mixed.accounts.take_back(order.event, "acme").amount;
  RC_ASSERT(sum.is_zero());
}

}  // namespace
}  // namespace steelyard::billing
