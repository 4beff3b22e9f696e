#include <gtest/gtest.h>

#include <algorithm>

#include "steelyard/rating/cloud/demo_book_for_tests.h"
#include "steelyard/rating/cloud/engine.h"

/// What a window goes on with when a rule or a whole version of the book changes within it: charge
/// models, sections 10 and 11: accumulators belong to the item, the scope and the month.
namespace steelyard::rating::cloud {
namespace {

using money::Decimal;

/// From the 11th on a gigabyte costs twice as much, and counts half where it is internal.
const char* const two_rules = R"(meters:
  gb: {kind: counter}
attributes:
  side: {values: [in, out], default: out}
items:
  - item: demo/traffic
    unit: GB
    to: 2026-11-11
    measure: {sum: gb}
    shape: [{pool: {by: [account], window: month}}, {less: 20}]
    price: {kernel: graduated, brackets: [{upto: 100, CNY: 1}, {CNY: 0.5}]}
  - item: demo/traffic
    unit: GB
    from: 2026-11-11
    measure: {sum: gb, each: [{scale: {by: side, in: 0.5, else: 1}}]}
    shape: [{pool: {by: [account], window: month}}, {less: 20}]
    price: {kernel: graduated, brackets: [{upto: 100, CNY: 2}, {CNY: 1}]}
)";

struct Use {
  const char* day;
  int gb;
  const char* side = "out";
};

/// The month's amount, which is the same in every order of the usage.
std::string amount(const pricebook::PriceBookSeries& book, std::vector<Use> uses) {
  const Catalog catalog(book);
  std::vector<std::size_t> order(uses.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::optional<Decimal> result;
  do {
    Engine engine(catalog, 0, "CNY");
    Decimal sum;
    for (const std::size_t i : order) {
      Fact fact;
      fact.account = "acme";
      fact.resource = i % 2 == 0 ? "r-1" : "r-2";
      fact.start = instant_at(std::string("2026-11-") + uses[i].day + "T08:00:00");
      fact.end = fact.start;
      fact.attributes = {uses[i].side};
      fact.sequence = i + 1;
      fact.meters = {{0, Decimal::whole(uses[i].gb)}};
      const Charge charge = engine.apply(fact);
      EXPECT_TRUE(charge.is_rated) << charge.detail;
      sum += charge.amount;
    }
    EXPECT_TRUE(!result.has_value() || *result == sum) << sum.to_text();
    result = sum;
  } while (std::ranges::next_permutation(order).found);
  return result->to_text();
}

TEST(ChangeOfRule, the_free_quota_of_a_month_is_given_once) {
  const auto book = demo_book(two_rules);
  EXPECT_EQ(amount(book, {{"10", 15}, {"12", 15}}), "20");                  // 10 × 2.
  EXPECT_EQ(amount(book, {{"10", 25}, {"12", 15}}), "35");                  // 5 × 1 + 15 × 2.
  EXPECT_EQ(amount(book, {{"12", 15}, {"13", 15}}), "20");                  // 10 × 2.
  EXPECT_EQ(amount(book, {{"10", 15}, {"12", 10, "in"}, {"12", 1}}), "2");  // 15 + 5 + 1 − 20.
}

TEST(ChangeOfRule, brackets_are_filled_in_the_order_of_the_usage) {
  const auto book = demo_book(two_rules);
  // 20 are free, 80 × 1; then 20 × 2 to the end of the first bracket, 10 × 1.
  EXPECT_EQ(amount(book, {{"12", 30}, {"10", 100}}), "130");
}

/// The same where the usage is metered by the month, and only gathered from its resources.
TEST(ChangeOfRule, a_quota_of_a_metered_month_is_given_once) {
  const auto book = demo_book(R"(meters:
  sms: {kind: counter}
attributes:
  side: {values: [in, out], default: out}
items:
  - item: demo/sms
    unit: message
    window: month
    to: 2026-11-11
    measure: {sum: sms}
    shape: [{pool: {by: [account]}}, {less: 20}]
    price: {CNY: 1}
  - item: demo/sms
    unit: message
    window: month
    from: 2026-11-11
    measure: {sum: sms}
    shape: [{pool: {by: [account]}}, {less: 20}]
    price: {CNY: 2}
plans:
  - {plan: demo/bundle, unit: message, reset: month, covers: [{item: demo/sms}]}
)");
  EXPECT_EQ(amount(book, {{"10", 15}, {"12", 15}, {"13", 3}}), "26");
  EXPECT_EQ(amount(book, {{"10", 25}, {"12", 15}}), "35");
}

TEST(ChangeOfRule, the_rule_in_force_explains_what_an_earlier_one_began) {
  const auto book = demo_book(two_rules);
  const Catalog catalog(book);
  Engine engine(catalog, 0, "CNY");
  Trace trace;
  for (const char* const day : {"10", "12"}) {
    if (std::string_view(day) == "12") engine.watch(&trace);
    Fact fact;
    fact.account = "acme";
    fact.resource = "r";
    fact.start = instant_at(std::string("2026-11-") + day + "T08:00:00");
    fact.end = fact.start;
    fact.attributes = {"out"};
    fact.meters = {{0, Decimal::whole(15)}};
    ASSERT_TRUE(engine.apply(fact).is_rated);
  }
  ASSERT_EQ(trace.changes().size(), 1U);
  ASSERT_EQ(trace.changes()[0].items.size(), 1U);
  const Trace::Item& item = trace.changes()[0].items[0];
  EXPECT_EQ(item.item, &catalog.items()[1]);
  EXPECT_EQ(item.why_not, "");
  EXPECT_EQ(item.stages.size(), 2U);
  EXPECT_EQ(item.fees.size(), 1U);
}

TEST(ChangeOfRule, a_version_of_the_book_goes_on_with_the_month) {
  const char* const product = R"(meters:
  gb: {kind: counter}
attributes:
  side: {values: [in, out], default: out}
items:
  - item: demo/traffic
    unit: GB
    measure: {sum: gb}
    shape: [{pool: {by: [account], window: month}}, {less: 20}]
    price: {CNY: PRICE}
)";
  const auto priced = [&](const char* price) {
    std::string text = product;
    return demo_book(text.replace(text.find("PRICE"), 5, price)).versions.front();
  };
  pricebook::PriceBookSeries book{{priced("1"), priced("2")}};
  book.versions[0].validity.to = instant_at("2026-11-11T00:00:00");
  book.versions[1].validity.from = instant_at("2026-11-11T00:00:00");
  EXPECT_EQ(amount(book, {{"10", 15}, {"12", 15}}), "20");
}

}  // namespace
}  // namespace steelyard::rating::cloud
