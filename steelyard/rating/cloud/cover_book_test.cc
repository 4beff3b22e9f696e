#include "steelyard/rating/cloud/cover_book.h"

#include <map>
#include <random>

#include "steelyard/rating/cloud/demo_book_for_tests.h"
#include "steelyard/rating/cloud/engine.h"

namespace steelyard::rating::cloud {
namespace {

const char* const product = R"(meters:
  storage_gb: {kind: gauge}
  backup_gb:  {kind: gauge}
  gb:         {kind: counter}
  kb:         {kind: counter}
attributes:
  region: {default: a}
items:
  - {item: demo/storage, unit: GB-hour, measure: {integral: storage_gb}, price: {CNY: 1}}
  - {item: demo/backup, unit: GB-hour, measure: {integral: backup_gb}, price: {CNY: 1}}
  - {item: demo/traffic, unit: GB, measure: {sum: gb}, price: {keys: [region], rows: [{region: a, CNY: 1}, {region: b, CNY: 2}, {region: free, CNY: 0}]}}
  - {item: demo/request, unit: GB, window: fact, measure: {sum: kb}, price: {CNY: 1}}
plans:
  - {plan: demo/hourly, unit: GB, reset: hour, covers: [{item: demo/storage}, {item: demo/backup, factor: 0.5}]}
  - {plan: demo/first, unit: GB, reset: none, priority: 1, covers: [{item: demo/traffic}]}
  - {plan: demo/second, unit: GB, reset: none, priority: 2, covers: [{item: demo/traffic}]}
  - {plan: demo/local, unit: GB, reset: none, covers: [{item: demo/traffic, where: {region: b}}]}
  - {plan: demo/money, unit: money, reset: none, covers: [{item: demo/traffic, factor: list_price}]}
  - {plan: demo/requests, unit: GB, reset: none, covers: [{item: demo/request}]}
)";

class Covers : public testing::Test {
 protected:
  Fact fact(const std::string& resource, const std::string& start, const std::string& end,
            const std::string& meter, std::int64_t value, std::string_view region = "a") {
    Fact fact;
    fact.account = "acme";
    fact.resource = texts_.emplace_back(resource);
    fact.start = instant_at("2026-11-02T" + start + ":00");
    fact.end = instant_at("2026-11-02T" + end + ":00");
    fact.attributes = {region};
    fact.sequence = texts_.size();
    fact.meters = {{static_cast<std::uint16_t>(catalog_.code(0).meter_numbers.find(meter)),
                    money::Decimal::whole(value)}};
    return fact;
  }

  BoughtPlan plan(const std::string& name, const std::string& id, std::int64_t quota,
                  const std::string& from = "00:00", const std::string& to = "23:59") const {
    BoughtPlan plan;
    for (const pricebook::CloudPlan& each : book_.versions[0].products[0].plans) {
      if (each.name == name) plan.rule = &each;
    }
    EXPECT_NE(plan.rule, nullptr) << name;
    plan.id = id;
    plan.account = "acme";
    plan.from = instant_at("2026-11-02T" + from + ":00").seconds;
    plan.to = instant_at("2026-11-02T" + to + ":00").seconds;
    plan.quota = money::Rational::whole(quota);
    return plan;
  }

  void use(const Fact& fact) { note(engine_.apply(fact)); }
  void buy(const BoughtPlan& plan) { note(engine_.add_plan(plan)); }
  void note(const Charge& charge) {
    ASSERT_TRUE(charge.is_rated) << charge.detail;
    total_ += charge.amount;
    for (const Line& each : charge.lines) {
      covered_[each.row->item + ' ' + each.row->tier] += each.quantity;
    }
  }
  std::string covered(const std::string& row) { return covered_[row].to_text(); }

  pricebook::PriceBookSeries book_ = demo_book(product);
  Catalog catalog_{book_};
  Engine engine_{catalog_, 0, "CNY"};
  std::deque<std::string> texts_;
  money::Decimal total_;
  std::map<std::string, money::Decimal> covered_;
};

TEST_F(Covers, a_quota_is_full_again_each_hour) {
  buy(plan("demo/hourly", "p", 100));
  use(fact("r", "10:00", "12:00", "storage_gb", 150));
  EXPECT_EQ(total_.to_text(), "100");  // 50 in each hour.
  EXPECT_EQ(covered("demo/storage plan demo/hourly"), "200");
}

TEST_F(Covers, a_factor_is_what_a_unit_takes_of_the_quota) {
  buy(plan("demo/hourly", "p", 100));
  use(fact("r", "10:00", "11:00", "backup_gb", 250));
  EXPECT_EQ(covered("demo/backup plan demo/hourly"), "200");
  EXPECT_EQ(total_.to_text(), "50");
}

TEST_F(Covers, resources_are_served_by_their_names_whatever_came_first) {
  buy(plan("demo/hourly", "p", 100));
  use(fact("r-2", "10:00", "11:00", "storage_gb", 80));
  EXPECT_EQ(total_.to_text(), "0");
  use(fact("r-1", "10:00", "11:00", "backup_gb", 100));
  // r-1 takes 50 units for its 100; r-2 has 50 of its 80.
  EXPECT_EQ(covered("demo/backup plan demo/hourly"), "100");
  EXPECT_EQ(covered("demo/storage plan demo/hourly"), "50");
  EXPECT_EQ(total_.to_text(), "30");
}

TEST_F(Covers, usage_that_grows_gets_more_from_what_is_served_last) {
  buy(plan("demo/hourly", "p", 100));
  const auto use_storage = [&](const std::string& resource, std::int64_t value) {
    use(fact(resource, "10:00", "11:00", "storage_gb", value));
  };
  use_storage("r-1", 60);
  use_storage("r-2", 60);  // Gets 40.
  EXPECT_EQ(total_.to_text(), "20");
  use_storage("r-1", 80);  // The larger value counts: 20 more, which r-2 loses.
  EXPECT_EQ(total_.to_text(), "40");
  use_storage("r-3", 10);
  EXPECT_EQ(total_.to_text(), "50");
  use_storage("r-1", 110);  // Gets all.
  EXPECT_EQ(total_.to_text(), "80");
  use_storage("r-0", 30);
  EXPECT_EQ(total_.to_text(), "110");
  EXPECT_EQ(covered("demo/storage plan demo/hourly"), "100");
  note(engine_.take_back(fact("r-1", "10:00", "11:00", "storage_gb", 110)));
  EXPECT_EQ(total_.to_text(), "80");  // 30 and 70 of 80 are covered.
}

/// As if both hours were served anew with each fact.
TEST_F(Covers, what_an_hour_costs_does_not_depend_on_the_order) {
  buy(plan("demo/hourly", "p", 100));
  std::mt19937 random(20'261'126);
  struct Used {
    Fact fact;
    int hour = 0;
    std::string what;
    std::int64_t gb_hours = 0;
  };
  std::vector<Used> facts;
  std::map<std::string, std::int64_t> used[2];
  std::map<std::string, int> minutes;
  for (int i = 0; i < 600; ++i) {
    if (!facts.empty() && random() % 4 == 0) {
      std::swap(facts.back(), facts[random() % facts.size()]);
      used[facts.back().hour][facts.back().what] -= facts.back().gb_hours;
      note(engine_.take_back(facts.back().fact));
      facts.pop_back();
    } else {
      const int hour = static_cast<int>(random() % 2);
      const bool is_storage = random() % 2 == 0;
      const std::string resource = "r-" + std::to_string(random() % 9);
      const std::string what = resource + (is_storage ? " storage" : " backup");
      const std::int64_t gb_hours = 1 + random() % 9;
      const int minute = 10 + minutes[what]++;
      const auto clock = [&](int at) {
        return std::to_string(10 + hour) + ':' + std::to_string(at);
      };
      facts.push_back({fact(resource, clock(minute), clock(minute + 1),
                            is_storage ? "storage_gb" : "backup_gb", gb_hours * 60),
                       hour, what, gb_hours});
      used[hour][what] += gb_hours;
      use(facts.back().fact);
    }
    money::Rational expected;
    for (const auto& hour : used) {
      money::Rational left = money::Rational::whole(100);
      for (const auto& [name, value] : hour) {
        const auto units =
            name.ends_with("backup") ? money::Rational::ratio(1, 2) : money::Rational::whole(1);
        const auto all = money::Rational::whole(value);
        const auto covered = money::min(all, left / units);
        left = left - covered * units;
        expected += all - covered;
      }
    }
    ASSERT_EQ(money::Rational::of(total_), expected) << i;
  }
}

TEST_F(Covers, prices_of_one_resource_are_served_in_the_order_of_the_table) {
  buy(plan("demo/first", "p", 10));
  use(fact("r", "10:00", "11:00", "gb", 10, "b"));
  EXPECT_EQ(total_.to_text(), "0");
  use(fact("r", "10:00", "11:00", "gb", 4, "a"));
  EXPECT_EQ(total_.to_text(), "8");  // The 4 at 1 are covered, and 6 of the 10 at 2.
}

TEST_F(Covers, by_priority_then_expiry_then_order_then_id) {
  use(fact("r", "10:00", "11:00", "gb", 5));
  buy(plan("demo/second", "a", 100));
  EXPECT_EQ(covered("demo/traffic plan demo/second"), "5");
  buy(plan("demo/first", "z", 3));
  EXPECT_EQ(covered("demo/traffic plan demo/first"), "3");
  EXPECT_EQ(covered("demo/traffic plan demo/second"), "2");
  EXPECT_EQ(total_.to_text(), "0");
}

TEST_F(Covers, an_aggregate_goes_to_the_earliest_usage) {
  buy(plan("demo/first", "p", 10));
  use(fact("r", "14:00", "15:00", "gb", 8));
  use(fact("r", "12:00", "13:00", "gb", 8));
  EXPECT_EQ(covered("demo/traffic plan demo/first"), "10");
  EXPECT_EQ(total_.to_text(), "6");
  EXPECT_EQ(engine_.take_back(fact("r", "12:00", "13:00", "gb", 8)).amount.to_text(), "-6");
}

TEST_F(Covers, usage_before_it_began_or_after_it_ended_is_not_covered) {
  buy(plan("demo/first", "p", 100, "11:00", "12:00"));
  use(fact("r", "10:00", "11:00", "gb", 1));
  use(fact("r", "12:00", "13:00", "gb", 1));
  EXPECT_EQ(total_.to_text(), "2");
  use(fact("r", "11:00", "12:00", "gb", 1));
  EXPECT_EQ(total_.to_text(), "2");
}

TEST_F(Covers, one_that_arrives_late_gives_back_and_one_taken_back_charges_again) {
  use(fact("r", "10:00", "11:00", "gb", 5));
  EXPECT_EQ(total_.to_text(), "5");
  buy(plan("demo/first", "p", 3));
  EXPECT_EQ(total_.to_text(), "2");
  note(engine_.take_back_plan(plan("demo/first", "p", 3)));
  EXPECT_EQ(total_.to_text(), "5");
  EXPECT_EQ(covered("demo/traffic plan demo/first"), "0");
}

TEST_F(Covers, only_usage_that_its_conditions_fit) {
  buy(plan("demo/local", "p", 100));
  use(fact("r", "10:00", "11:00", "gb", 5, "a"));
  use(fact("r", "10:00", "11:00", "gb", 5, "b"));
  EXPECT_EQ(total_.to_text(), "5");
  BoughtPlan of_region = plan("demo/first", "q", 100);
  of_region.attributes = {{"region", "b"}};
  buy(of_region);
  EXPECT_EQ(total_.to_text(), "5") << "what was bought for b covers nothing in a";
}

TEST_F(Covers, money_is_used_up_at_the_list_price) {
  buy(plan("demo/money", "p", 6));
  use(fact("r", "10:00", "11:00", "gb", 5, "b"));
  EXPECT_EQ(covered("demo/traffic plan demo/money"), "3");
  EXPECT_EQ(total_.to_text(), "4");
}

TEST_F(Covers, what_costs_nothing_takes_nothing_of_a_plan_of_money) {
  buy(plan("demo/money", "p", 6));
  use(fact("r-2", "10:00", "11:00", "gb", 5, "free"));
  EXPECT_EQ(covered("demo/traffic plan demo/money"), "0");
  use(fact("r-1", "10:00", "11:00", "gb", 7, "a"));
  use(fact("r-3", "10:00", "11:00", "gb", 5, "free"));
  use(fact("r-2", "10:00", "11:00", "gb", 4, "free"));
  EXPECT_EQ(covered("demo/traffic plan demo/money"), "6");
  EXPECT_EQ(total_.to_text(), "1");
}

TEST_F(Covers, facts_of_one_second_with_windows_of_their_own) {
  buy(plan("demo/requests", "p", 100));
  use(fact("r", "10:00", "11:00", "kb", 115));
  EXPECT_EQ(total_.to_text(), "15");
  use(fact("r", "10:00", "11:00", "kb", 230));
  EXPECT_EQ(total_.to_text(), "245");
  use(fact("q", "10:00", "11:00", "kb", 20));  // Is served first.
  EXPECT_EQ(total_.to_text(), "265");
  EXPECT_EQ(covered("demo/request plan demo/requests"), "100");
}

TEST_F(Covers, other_accounts_have_none_of_it) {
  buy(plan("demo/first", "p", 100));
  Fact other = fact("r", "10:00", "11:00", "gb", 5);
  other.account = "big";
  use(other);
  EXPECT_EQ(total_.to_text(), "5");
}

}  // namespace
}  // namespace steelyard::rating::cloud
