#include "steelyard/rating/rater.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "steelyard/pricebook/reader.h"

namespace steelyard::rating {
namespace {

using money::Decimal;
using money::Rounding;
using pricebook::PriceBook;

const Rater& shipped() {
  static const Rater the_rater(std::make_shared<const pricebook::PriceBookSeries>(
      pricebook::load(STEELYARD_ROOT "/pricebooks/aliyun-ai-paas").value()));
  return the_rater;
}

/// A call of one of the models of the list, of any size, in any mode.
usage::UsageEvent any_call() {
  static const std::vector<std::string> models = [] {
    std::vector<std::string> names;
    for (const auto& price : shipped().book().versions.front().prices) {
      if (names.empty() || names.back() != price.model) names.push_back(price.model);
    }
    return names;
  }();
  usage::UsageEvent event;
  event.account = "acme";
  event.call.model = models[*rc::gen::inRange<std::size_t>(0, models.size())];  // It is a view.
  const std::uint64_t largest = *rc::gen::element<std::uint64_t>(100, 40'000, 300'000, 1'500'000);
  event.call.tokens.input = *rc::gen::inRange<std::uint64_t>(0, largest);
  event.call.tokens.cached_input = *rc::gen::inRange<std::uint64_t>(0, largest);
  event.call.tokens.written_input = *rc::gen::inRange<std::uint64_t>(0, 1'000);
  event.call.tokens.output = *rc::gen::inRange<std::uint64_t>(0, 100'000);
  if (*rc::gen::arbitrary<bool>()) {
    event.call.tokens.reasoning = *rc::gen::inRange<std::uint64_t>(0, event.call.tokens.output + 1);
  }
  if (*rc::gen::arbitrary<bool>()) event.call.thinking = *rc::gen::arbitrary<bool>();
  return event;
}

std::uint64_t quantity_of(const Charge& charge) {
  std::uint64_t sum = 0;
  for (const Line& line : charge.used_lines()) sum += line.quantity;
  return sum;
}

/// The slow way: the plain definition of a line, from the exact product.
RC_GTEST_PROP(Rater, every_line_is_quantity_times_price_by_per, ()) {
  const usage::UsageEvent event = any_call();
  const Charge charge = shipped().rate(event);
  RC_PRE(charge.is_rated);
  Decimal sum;
  for (const Line& line : charge.used_lines()) {
    RC_ASSERT(line.quantity > 0u);
    const auto amount = Decimal::mul_div(
        line.row->price, Decimal::whole(static_cast<std::int64_t>(line.quantity)),
        Decimal::whole(static_cast<std::int64_t>(line.row->per)), Rounding::half_away);
    RC_ASSERT(*amount == line.amount);
    sum += line.amount;
  }
  RC_ASSERT(sum == charge.amount);
  RC_ASSERT(quantity_of(charge) == event.call.tokens.total_input() + event.call.tokens.output);
}

RC_GTEST_PROP(Rater, all_lines_are_of_the_tier_of_the_whole_input, ()) {
  const usage::UsageEvent event = any_call();
  const Charge charge = shipped().rate(event);
  RC_PRE(charge.is_rated);
  for (const Line& line : charge.used_lines()) {
    const std::uint64_t total = event.call.tokens.total_input();
    RC_ASSERT(total == 0 || total > line.row->tier.above);
    RC_ASSERT(total <= line.row->tier.up_to.value_or(UINT64_MAX));
  }
}

RC_GTEST_PROP(Rater, more_tokens_never_cost_less_within_one_tier, ()) {
  const usage::UsageEvent event = any_call();
  const Charge charge = shipped().rate(event);
  const bool has_lines = charge.is_rated && charge.line_count > 0;  // RC_PRE evaluates all of &&.
  RC_PRE(has_lines);
  usage::UsageEvent larger = event;
  switch (*rc::gen::inRange(0, 3)) {
    case 0: larger.call.tokens.input += *rc::gen::inRange<std::uint64_t>(1, 1'000); break;
    case 1: larger.call.tokens.cached_input += *rc::gen::inRange<std::uint64_t>(1, 1'000); break;
    default: larger.call.tokens.output += *rc::gen::inRange<std::uint64_t>(1, 1'000); break;
  }
  const Charge more = shipped().rate(larger);
  const bool is_same_tier = more.is_rated && more.lines[0].row->tier == charge.lines[0].row->tier;
  RC_PRE(is_same_tier);
  RC_ASSERT(more.amount >= charge.amount);
}

/// Within one tier a call can be cut in two, class by class, and the parts add up.
RC_GTEST_PROP(Rater, amounts_are_additive_within_one_tier, ()) {
  const usage::UsageEvent event = any_call();
  const Charge whole = shipped().rate(event);
  const bool is_first_tier =
      whole.is_rated && whole.line_count > 0 && whole.lines[0].row->tier.above == 0;
  RC_PRE(is_first_tier);
  usage::UsageEvent first = event;
  usage::UsageEvent second = event;
  first.call.tokens.input = *rc::gen::inRange<std::uint64_t>(0, event.call.tokens.input + 1);
  second.call.tokens.input -= first.call.tokens.input;
  first.call.tokens.cached_input =
      *rc::gen::inRange<std::uint64_t>(0, event.call.tokens.cached_input + 1);
  second.call.tokens.cached_input -= first.call.tokens.cached_input;
  first.call.tokens.output = *rc::gen::inRange<std::uint64_t>(0, event.call.tokens.output + 1);
  second.call.tokens.output -= first.call.tokens.output;
  second.call.tokens.written_input = 0;
  RC_ASSERT(shipped().rate(first).amount + shipped().rate(second).amount == whole.amount);
}

RC_GTEST_PROP(Rater, the_same_call_gives_the_same_charge, ()) {
  const usage::UsageEvent event = any_call();
  const Charge a = shipped().rate(event);
  const Charge b = shipped().rate(event);
  RC_ASSERT(a.is_rated == b.is_rated);
  RC_ASSERT(a.amount == b.amount);
  RC_ASSERT(a.notes == b.notes);
}

TEST(Rater, versions_and_names_have_timelines) {
  const auto book = [](const char* yaml, const char* price) {
    return pricebook::read_and_lint(
               pricebook::Sources{std::string("name: a\ncurrency: CNY\n") + yaml,
                                  std::string("model,tier,type,price_per_1k_tokens\nm,-,input,") +
                                      price + "\nm,-,output,9\n",
                                  {}})
        .book;
  };
  auto series = pricebook::make_series(
      {book("version: v1\n", "1"), book("version: v2\neffective_from: 2026-07-01\n", "2")});
  ASSERT_TRUE(series.has_value());
  const Rater rater(std::make_shared<const pricebook::PriceBookSeries>(*std::move(series)));
  usage::UsageEvent event;
  event.call.model = "m";
  event.call.tokens.input = 1'000;
  const auto price_at = [&](const char* time) {
    EXPECT_TRUE(base::parse_rfc3339(time, event.priced_at));
    const Charge charge = rater.rate(event);
    return charge.lines[0].row->price.to_text() + " v" +
           std::to_string(charge.lines[0].row->version);
  };
  EXPECT_EQ(price_at("2026-06-30T23:59:59.999999999Z"), "1 v0");
  EXPECT_EQ(price_at("2026-07-01T00:00:00Z"), "2 v1");
  EXPECT_EQ(price_at("0000-01-01T00:00:00Z"), "1 v0");
  EXPECT_EQ(price_at("9999-01-01T00:00:00Z"), "2 v1");
}

}  // namespace
}  // namespace steelyard::rating
