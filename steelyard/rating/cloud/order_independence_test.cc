#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <sstream>
#include <tuple>

#include "steelyard/rating/cloud/engine.h"
#include "steelyard/rating/cloud/filled_book_for_tests.h"
#include "steelyard/rating/cloud/random_usage_for_tests.h"

namespace steelyard::rating::cloud {
namespace {

using money::Decimal;
using money::Rounding;

struct Prices {
  explicit Prices(const std::string& name, TableEnds ends = TableEnds::opened)
      : book(filled_book(name, ends)),
        currency(std::string(book.versions.front().currency.code())),
        catalog(book) {}
  pricebook::PriceBookSeries book;
  std::string currency;
  Catalog catalog;
};

/// What has been charged so far, as a customer adds it up.
struct Bill {
  std::map<std::tuple<std::string, std::string, Decimal>, Decimal> quantities;  // By printed row.
  std::map<std::string, Decimal> amounts;                                       // By item.

  bool operator==(const Bill&) const = default;
};

void add(const Charge& charge, Bill& bill) {
  Decimal sum;
  for (const Line& line : charge.lines) {
    const auto amount =
        Decimal::mul_div(line.row->price, line.quantity, line.row->per, Rounding::half_away);
    RC_ASSERT(amount.has_value());
    RC_ASSERT(*amount == line.amount);
    sum += line.amount;
    bill.amounts[line.row->item] += line.amount;
    if (line.row->is_money) continue;  // What rounding moves to and fro depends on the steps.
    bill.quantities[{line.row->item, line.row->tier, line.row->price}] += line.quantity;
  }
  RC_ASSERT(sum == charge.amount);
}

Bill without_zeros(Bill bill) {
  std::erase_if(bill.quantities, [](const auto& each) { return each.second.is_zero(); });
  std::erase_if(bill.amounts, [](const auto& each) { return each.second.is_zero(); });
  return bill;
}

/// Facts and plans, each of which can be put in and taken back.
struct Usage {
  std::vector<Fact> facts;
  std::vector<BoughtPlan> plans;

  std::size_t size() const { return facts.size() + plans.size(); }
};

/// One engine and what of the usage is in it.
class Ledger {
 public:
  Ledger(const Prices& prices, const Usage& usage)
      : engine_(prices.catalog, 0, prices.currency), usage_(usage), is_in_(usage.size()) {}

  /// Puts something in, or takes it back if it is in.
  void toggle(std::size_t number) {
    const bool was_in = is_in_[number];
    Charge charge;
    if (number >= usage_.facts.size()) {
      const BoughtPlan& plan = usage_.plans[number - usage_.facts.size()];
      charge = was_in ? engine_.take_back_plan(plan) : engine_.add_plan(plan);
    } else {
      const Fact& fact = usage_.facts[number];
      charge = was_in ? engine_.take_back(fact) : engine_.apply(fact);
    }
    if (!charge.is_rated) {
      RC_LOG() << "refused: " << charge.detail << '\n';
      RC_ASSERT(!was_in);
      RC_ASSERT(number < usage_.facts.size());
      refusals[number] = charge.reason;
      RC_ASSERT(charge.lines.empty());
      return;
    }
    is_in_[number] = !was_in;
    add(charge, bill);
  }

  void take_back_the_rest(Dice& dice) {
    std::vector<std::size_t> rest;
    for (std::size_t i = 0; i < is_in_.size(); ++i) {
      if (is_in_[i]) rest.push_back(i);
    }
    std::ranges::shuffle(rest, dice.bits());
    for (const std::size_t each : rest) toggle(each);
  }

  Bill bill;
  std::map<std::size_t, ErrorCode> refusals;  // By fact.

 private:
  Engine engine_;
  const Usage& usage_;
  std::vector<bool> is_in_;
};

/// Each once, or thrice: put in, taken back, put in again.
std::vector<std::size_t> random_order(std::size_t size, Dice& dice, bool is_hesitant) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < size; ++i) {
    order.insert(order.end(), is_hesitant && dice.one_in(3) ? 3 : 1, i);
  }
  std::ranges::shuffle(order, dice.bits());
  return order;
}

std::vector<std::size_t> order_in_time(const Usage& usage) {
  std::vector<std::size_t> order(usage.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto start = [&](std::size_t i) {
    return i < usage.facts.size() ? usage.facts[i].start : base::Instant{};
  };
  std::ranges::stable_sort(order,
                           [&](std::size_t a, std::size_t b) { return start(a) < start(b); });
  return order;
}

Usage any_usage(const RandomUsage& random) {
  const std::vector<std::uint32_t> seeds = *rc::gen::resize(
      random.wants_many() ? 24 : 12,
      rc::gen::container<std::vector<std::uint32_t>>(rc::gen::noShrink(rc::gen::oneOf(
          rc::gen::inRange<std::uint32_t>(0, 5), rc::gen::inRange<std::uint32_t>(5, 1'000'000)))));
  Usage usage;
  for (const std::uint32_t seed : seeds) usage.facts.push_back(random.fact(seed, seed));
  for (std::size_t i = 0; i < seeds.size(); ++i) usage.facts[i].sequence = i + 1;
  if (random.plans().empty()) return usage;
  const int count = *rc::gen::inRange(0, 4);
  for (int i = 0; i < count; ++i) {
    usage.plans.push_back(
        random.plan(*rc::gen::noShrink(rc::gen::inRange<std::uint32_t>(0, 1'000'000))));
    usage.plans.back().id += '/' + std::to_string(i);
  }
  return usage;
}

std::string text_of(const Catalog& catalog, const Fact& fact) {
  const Catalog::Code& code = catalog.code(fact.code);
  std::string text = std::string(fact.account) + ' ' + code.name + '/' +
                     std::string(fact.resource) + ' ' + base::to_rfc3339(fact.start) + ".." +
                     base::to_rfc3339(fact.end);
  for (const Fact::Meter& each : fact.meters) {
    text += ' ' + code.meters[each.meter].name + ' ' + each.value.to_text();
  }
  for (std::size_t i = 0; i < fact.attributes.size(); ++i) {
    if (fact.attributes[i].empty()) continue;
    text += ' ' + code.attributes[i].name + '=' + std::string(fact.attributes[i]);
  }
  return text;
}

/// The law, for random usage of one item. Returns through `is_charged` whether it cost anything.
void the_order_does_not_matter(const Prices& prices, const PreparedItem& item, bool& is_charged) {
  const auto seed = *rc::gen::noShrink(rc::gen::inRange<std::uint32_t>(0, 1'000'000));
  const RandomUsage random(prices.catalog, item, seed);
  const Usage usage = any_usage(random);
  for (const Fact& each : usage.facts) RC_LOG() << text_of(prices.catalog, each) << '\n';
  for (const BoughtPlan& each : usage.plans) {
    RC_LOG() << "plan " << each.rule->name << ' ' << each.id << ' ' << each.account << ' '
             << each.from << ".." << each.to << ' ' << each.quota.to_text() << '\n';
  }
  Dice dice(seed);
  Ledger sorted(prices, usage);
  for (const std::size_t each : order_in_time(usage)) sorted.toggle(each);
  const Bill expected = without_zeros(sorted.bill);
  for (const auto& [row, quantity] : expected.quantities) {
    is_charged |= std::get<0>(row) == item.rule->name;
  }
  for (const bool is_hesitant : {false, true}) {
    Ledger run(prices, usage);
    for (const std::size_t each : random_order(usage.size(), dice, is_hesitant)) run.toggle(each);
    RC_ASSERT(run.refusals == sorted.refusals);
    const Bill actual = without_zeros(run.bill);
    for (const auto& [row, quantity] : actual.quantities) {
      RC_LOG() << std::get<0>(row) << ' ' << std::get<1>(row) << ' ' << quantity.to_text() << '\n';
    }
    for (const auto& [row, quantity] : expected.quantities) {
      RC_LOG() << "  sorted " << std::get<0>(row) << ' ' << std::get<1>(row) << ' '
               << quantity.to_text() << '\n';
    }
    RC_ASSERT(actual.amounts == expected.amounts);
    RC_ASSERT(actual.quantities == expected.quantities);
    run.take_back_the_rest(dice);
    RC_ASSERT(without_zeros(run.bill) == Bill{});
  }
}

/// A property of one item, with a number of random cases: others for each item and each round.
void check(const PreparedItem& item, int cases, const std::function<void()>& property,
           std::uint64_t round = 0) {
  rc::detail::TestParams params = rc::detail::configuration().testParams;
  params.seed += item.index + round * 1'000'003;
  params.maxSuccess = cases * std::max(1, params.maxSuccess / 100);  // 100: nothing was said.
  params.maxSize = 12;
  const auto result = rc::detail::checkTestable(
      property, rc::detail::TestMetadata{item.rule->name, item.rule->name}, params);
  if (result.is<rc::detail::SuccessResult>()) return;
  std::ostringstream text;
  rc::detail::printResultMessage(result, text);
  ADD_FAILURE() << item.rule->name << ": " << text.str();
}

void check_every_item(const std::string& book_name, int cases) {
  const Prices prices(book_name);
  ASSERT_GT(prices.catalog.items().size(), 200U);
  for (const PreparedItem& item : prices.catalog.items()) {
    bool is_charged = false;
    const bool is_rare = RandomUsage(prices.catalog, item, 0).wants_many();
    const auto property = [&] { the_order_does_not_matter(prices, item, is_charged); };
    check(item, cases * (is_rare ? 4 : 1), property);
    // A seed may be unlucky: all usage is free, in a window in which it is not charged, or refused.
    for (std::uint64_t round = 1; !is_charged && round <= 100; ++round) {
      check(item, cases, property, round);
    }
    EXPECT_TRUE(is_charged) << item.rule->name << " was never charged: nothing is tested";
  }
}

TEST(OrderIndependence, holds_for_every_item_in_cny) { check_every_item("aliyun-ai-paas", 12); }

TEST(OrderIndependence, holds_for_every_item_in_usd) { check_every_item("aliyun-ai-paas-intl", 4); }

/// Whatever the reason, also one that is found when half of the fact is measured.
TEST(OrderIndependence, a_refused_fact_leaves_no_trace) {
  const Prices prices("aliyun-ai-paas", TableEnds::kept);
  std::size_t refused = 0;
  for (const PreparedItem& item : prices.catalog.items()) {
    check(item, 4, [&] {
      const auto seed = *rc::gen::noShrink(rc::gen::inRange<std::uint32_t>(0, 1'000'000));
      const Usage usage = any_usage(RandomUsage(prices.catalog, item, seed));
      Dice dice(seed);
      Ledger all(prices, usage);
      Ledger rated(prices, usage);
      for (const std::size_t each : random_order(usage.size(), dice, false)) {
        all.toggle(each);
        if (!all.refusals.contains(each)) rated.toggle(each);
      }
      refused += all.refusals.size();
      RC_ASSERT(rated.refusals.empty());
      RC_ASSERT(without_zeros(all.bill) == without_zeros(rated.bill));
      all.take_back_the_rest(dice);
      RC_ASSERT(without_zeros(all.bill) == Bill{});
    });
  }
  EXPECT_GT(refused, 200U) << "too few to show anything";
}

}  // namespace
}  // namespace steelyard::rating::cloud
