#include "steelyard/ledger/budget_tree.h"

#include "steelyard/ledger/books_for_tests.h"
#include "steelyard/ledger/ledger.h"

namespace steelyard::ledger {
namespace {

class Budgets : public Books {
 protected:
  Budgets() { EXPECT_TRUE(ledger.open_wallet(tenant, "acme", cny, {.is_unlimited = true})); }

  Answer<Authorised> hold_at(BudgetId node, std::string_view amount, std::string_view name) {
    Authorise hold = hold_of(amount, name);
    hold.budget = node;
    return ledger.authorise(hold);
  }
  Answer<Charged> spend_at(BudgetId node, std::string_view amount, std::string_view time) {
    Charge charge = charge_of(amount, std::to_string(sequence));
    charge.budget = node;
    charge.at = instant(time);
    return ledger.charge(charge);
  }
  std::vector<int> percents() const {
    std::vector<int> all;
    for (const Crossing& crossing : crossings) all.push_back(crossing.percent);
    return all;
  }
};

TEST_F(Budgets, a_hold_counts_on_each_node_up_the_tree) {
  const BudgetId organisation = budget("organisation", "10");
  const BudgetId search = budget("project/search", "8", organisation);
  const BudgetId key = budget("key/ak-7", "5", search);
  const BudgetId other = budget("project/chat", "8", organisation);
  ASSERT_TRUE(hold_at(key, "4", "h1"));
  EXPECT_EQ(ledger.budget(organisation).reserved, decimal("4"));

  auto refused = hold_at(key, "2", "h2");
  ASSERT_TRUE(is_refused(refused, Refusal::budget_exceeded));
  EXPECT_EQ(refused.error().budget, key);
  EXPECT_EQ(refused.error().available, decimal("1"));

  ASSERT_TRUE(hold_at(other, "5", "h3"));
  refused = hold_at(other, "2", "h4");
  ASSERT_TRUE(is_refused(refused, Refusal::budget_exceeded));
  EXPECT_EQ(refused.error().budget, organisation) << "the project has 3 left, all have 1";
  EXPECT_EQ(refused.error().available, decimal("1"));

  ASSERT_TRUE(settle("h1", "1", "s"));
  EXPECT_EQ(ledger.budget(organisation).reserved, decimal("5"));
  for (const BudgetId node : {organisation, search, key}) {
    EXPECT_EQ(ledger.budget(node).current.spent, decimal("1"));
  }
  EXPECT_EQ(ledger.budget(other).current.spent, decimal("0"));
  EXPECT_TRUE(hold_at(other, "3", "h5")) << "10 - 1 - 5 - 3";
}

TEST_F(Budgets, soft_limits_only_report) {
  const std::vector<std::uint16_t> thresholds = {100};
  const auto node = ledger.set_budget({.tenant = tenant,
                                       .name = "soft",
                                       .currency = cny,
                                       .limit = decimal("1"),
                                       .is_hard = false,
                                       .thresholds = thresholds});
  ASSERT_TRUE(node);
  EXPECT_TRUE(hold_at(*node, "5", "h"));
  EXPECT_TRUE(settle("h", "5", "s"));
  EXPECT_EQ(percents(), (std::vector<int>{100}));
  const auto counter = ledger.set_budget({.tenant = tenant, .name = "none", .currency = cny});
  ASSERT_TRUE(counter);
  EXPECT_TRUE(hold_at(*counter, "1000000", "h2"));
}

TEST_F(Budgets, a_threshold_is_reached_at_its_exact_part) {
  const BudgetId node = budget("key", "0.000000000003", no_budget, Period::total, {50});
  ASSERT_TRUE(spend_at(node, "0.000000000001", "2026-11-25T08:00:00Z"));
  EXPECT_TRUE(crossings.empty()) << "half of 3 is 1.5";
  ASSERT_TRUE(spend_at(node, "0.000000000001", "2026-11-25T08:00:00Z"));
  EXPECT_EQ(percents(), (std::vector<int>{50}));
}

TEST_F(Budgets, a_threshold_is_said_once_in_a_window_whatever_falls_back) {
  const BudgetId node = budget("key", "10", no_budget, Period::month, {50, 80});
  ASSERT_TRUE(spend_at(node, "9", "2026-11-25T08:00:00Z"));
  EXPECT_EQ(percents(), (std::vector<int>{50, 80}));
  ASSERT_TRUE(spend_at(node, "-9", "2026-11-25T08:00:00Z"));
  ASSERT_TRUE(spend_at(node, "9", "2026-11-25T08:00:00Z"));
  EXPECT_EQ(crossings.size(), 2U);
  ASSERT_TRUE(spend_at(node, "9", "2026-12-25T08:00:00Z"));
  EXPECT_EQ(percents(), (std::vector<int>{50, 80, 50, 80}));
  EXPECT_EQ(crossings.back().window_from, instant("2026-11-30T16:00:00Z").seconds)
      << "December begins in Shanghai";
  EXPECT_EQ(crossings.back().limit, decimal("10"));
}

TEST_F(Budgets, a_new_limit_keeps_what_was_said) {
  const BudgetId node = budget("key", "10", no_budget, Period::total, {50, 80});
  ASSERT_TRUE(spend_at(node, "6", "2026-11-25T08:00:00Z"));
  EXPECT_EQ(budget("key", "20", no_budget, Period::total, {20, 50, 60}), node);
  ASSERT_TRUE(spend_at(node, "7", "2026-11-25T08:00:00Z"));
  EXPECT_EQ(percents(), (std::vector<int>{50, 20, 60})) << "50 was said at 10";
  EXPECT_EQ(ledger.budget(node).current.spent, decimal("13"));
}

TEST_F(Budgets, remember_two_windows) {
  const BudgetId node = budget("key", "10", no_budget, Period::day);
  ASSERT_TRUE(spend_at(node, "1", "2026-11-20T08:00:00Z"));
  ASSERT_TRUE(spend_at(node, "2", "2026-11-24T08:00:00Z"));
  EXPECT_EQ(ledger.budget(node).previous.spent, decimal("1"));
  // A window between the two takes the place of the older one.
  EXPECT_FALSE(spend_at(node, "4", "2026-11-22T08:00:00Z")->notes.outside_windows);
  EXPECT_EQ(ledger.budget(node).previous.spent, decimal("4"));
  const auto late = spend_at(node, "8", "2026-11-20T08:00:00Z");
  EXPECT_TRUE(late->notes.outside_windows);
  EXPECT_EQ(ledger.budget(node).current.spent, decimal("2"));
  EXPECT_EQ(ledger.balance(acme, now).receivable, decimal("15")) << "it is charged all the same";
}

TEST_F(Budgets, a_hold_is_measured_in_the_window_of_its_time) {
  const BudgetId node = budget("key", "10", no_budget, Period::day);
  ASSERT_TRUE(spend_at(node, "9", "2026-11-25T08:00:00Z"));
  EXPECT_TRUE(is_refused(hold_at(node, "2", "h"), Refusal::budget_exceeded));
  now = instant("2026-11-25T16:00:00Z");  // The next day in Shanghai.
  EXPECT_TRUE(hold_at(node, "2", "h"));
  const auto refused = hold_at(node, "9", "h2");
  EXPECT_TRUE(is_refused(refused, Refusal::budget_exceeded));
  EXPECT_EQ(refused.error().available, decimal("8"));
  EXPECT_EQ(ledger.budget(node).current.spent, decimal("9")) << "asking opens no window";
}

TEST_F(Budgets, an_open_hold_counts_after_the_reset) {
  const BudgetId node = budget("key", "10", no_budget, Period::day);
  now = instant("2026-11-25T15:59:00Z");
  ASSERT_TRUE(hold_at(node, "6", "h"));
  now = instant("2026-11-25T16:01:00Z");
  const auto refused = hold_at(node, "6", "h2");
  ASSERT_TRUE(is_refused(refused, Refusal::budget_exceeded));
  EXPECT_EQ(refused.error().available, decimal("4"));
  ASSERT_TRUE(settle("h", "6", "s"));
  EXPECT_EQ(ledger.budget(node).current.spent, decimal("6")) << "of the day it was settled on";
}

TEST_F(Budgets, days_follow_the_clocks_of_their_zone) {
  const auto node = ledger.set_budget({.tenant = tenant,
                                       .name = "berlin",
                                       .currency = cny,
                                       .limit = decimal("10"),
                                       .period = Period::day,
                                       .zone = "Europe/Berlin"});
  ASSERT_TRUE(node);
  // On 25 October 2026 the clocks go back: the day has 25 hours.
  ASSERT_TRUE(spend_at(*node, "1", "2026-10-25T12:00:00Z"));
  EXPECT_EQ(ledger.budget(*node).current.from, instant("2026-10-24T22:00:00Z").seconds);
  EXPECT_EQ(ledger.budget(*node).current.to, instant("2026-10-25T23:00:00Z").seconds);
}

TEST_F(Budgets, D6_new_rules_of_a_zone_count_from_the_next_window_on) {
  const auto set = [&](const char* zone, const std::string& rules) {
    ledger.set_zone_rules(base::parse_zone_rules(zone, rules).value());
  };
  set("Asia/Shanghai", "1970-01-01T00:00:00Z +07:00");
  const BudgetId node = ledger
                            .set_budget({.tenant = tenant,
                                         .name = "day",
                                         .currency = cny,
                                         .period = Period::day,
                                         .zone = "Asia/Shanghai"})
                            .value();
  ASSERT_TRUE(spend_at(node, "1", "2026-11-22T16:30:00Z"));
  EXPECT_EQ(ledger.budget(node).current.to, instant("2026-11-22T17:00:00Z").seconds);
  set("Asia/Shanghai", "1970-01-01T00:00:00Z +07:00, 2026-11-22T17:00:00Z +08:00");
  ASSERT_TRUE(spend_at(node, "2", "2026-11-22T16:59:59Z"));
  EXPECT_EQ(ledger.budget(node).current.spent, decimal("3"));
  ASSERT_TRUE(spend_at(node, "4", "2026-11-22T17:00:00Z"));
  EXPECT_EQ(ledger.budget(node).current.from, instant("2026-11-22T17:00:00Z").seconds);
  EXPECT_EQ(ledger.budget(node).current.to, instant("2026-11-23T16:00:00Z").seconds);
  EXPECT_EQ(ledger.zones(), std::vector<std::string>{"Asia/Shanghai"});
}

TEST_F(Budgets, another_period_begins_anew) {
  const BudgetId node = budget("key", "10", no_budget, Period::day);
  ASSERT_TRUE(spend_at(node, "9", "2026-11-25T08:00:00Z"));
  ASSERT_TRUE(hold_at(node, "1", "h"));
  budget("key", "10", no_budget, Period::month);
  EXPECT_EQ(ledger.budget(node).current.spent, decimal("0"));
  EXPECT_EQ(ledger.budget(node).reserved, decimal("1"));
}

TEST_F(Budgets, a_spelled_out_mistake_is_refused) {
  const auto set = [&](SetBudget command) { return ledger.set_budget(command); };
  const SetBudget good{.tenant = tenant, .name = "node", .currency = cny, .limit = decimal("1")};
  SetBudget wrong = good;
  wrong.name = "";
  EXPECT_TRUE(is_refused(set(wrong), Refusal::name_is_invalid));
  wrong = good;
  wrong.limit = decimal("0");
  EXPECT_TRUE(is_refused(set(wrong), Refusal::amount_out_of_range));
  for (const std::vector<std::uint16_t>& thresholds :
       {std::vector<std::uint16_t>{0}, {80, 50}, {50, 50}, {1001}, {1, 2, 3, 4, 5, 6, 7, 8, 9}}) {
    wrong = good;
    wrong.thresholds = thresholds;
    EXPECT_TRUE(is_refused(set(wrong), Refusal::threshold_out_of_range));
  }
  const std::vector<std::uint16_t> thresholds = {50};
  wrong = good;
  wrong.limit.reset();
  wrong.thresholds = thresholds;
  EXPECT_TRUE(is_refused(set(wrong), Refusal::threshold_out_of_range)) << "of no limit";
  wrong = good;
  wrong.zone = "Mars/Olympus";
  EXPECT_TRUE(is_refused(set(wrong), Refusal::unknown_time_zone));
  wrong = good;
  wrong.parent = BudgetId{17};
  EXPECT_TRUE(is_refused(set(wrong), Refusal::unknown_budget));

  const BudgetId node = *set(good);
  wrong = good;
  wrong.tenant = tenant + 1;
  wrong.parent = node;
  EXPECT_TRUE(is_refused(set(wrong), Refusal::unknown_budget)) << "another tenant's";
  wrong = good;
  wrong.name = "dollars";
  wrong.currency = money::Currency("USD");
  wrong.parent = node;
  EXPECT_TRUE(is_refused(set(wrong), Refusal::currency_mismatch));
  wrong = good;
  wrong.currency = money::Currency("USD");
  EXPECT_TRUE(is_refused(set(wrong), Refusal::budget_conflict));
  wrong = good;
  wrong.parent = node;
  EXPECT_TRUE(is_refused(set(wrong), Refusal::budget_conflict)) << "its own parent";

  BudgetId parent = node;
  for (int depth = 2; depth <= budget_depth_max; ++depth) {
    parent = budget("node-" + std::to_string(depth), "1", parent);
  }
  wrong = good;
  wrong.name = "too-deep";
  wrong.parent = parent;
  EXPECT_TRUE(is_refused(set(wrong), Refusal::budget_conflict));

  EXPECT_TRUE(
      is_refused(spend_at(BudgetId{99}, "1", "2026-11-25T08:00:00Z"), Refusal::unknown_budget));
  const auto dollars =
      ledger.set_budget({.tenant = tenant, .name = "usd", .currency = money::Currency("USD")});
  EXPECT_TRUE(
      is_refused(spend_at(*dollars, "1", "2026-11-25T08:00:00Z"), Refusal::currency_mismatch));
  EXPECT_TRUE(is_refused(hold_at(*dollars, "1", "h"), Refusal::currency_mismatch));
}

}  // namespace
}  // namespace steelyard::ledger
