#include "steelyard/ledger/quota_book.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "steelyard/ledger/books_for_tests.h"

namespace steelyard::ledger {
namespace {

using usage::TokenCounts;

Quota quota(std::string_view name, std::uint64_t tokens) {
  return {.tenant = 1,
          .id = id(name),
          .name = name,
          .customer = "acme",
          .model = "qwen-plus",
          .tokens = tokens,
          .effective_at = instant("2026-11-01T00:00:00Z"),
          .expires_at = instant("2027-02-01T00:00:00Z")};
}

QuotaCall call(TokenCounts tokens) {
  return {.tenant = 1,
          .customer = "acme",
          .model = "qwen-plus",
          .tokens = tokens,
          .at = instant("2026-11-25T08:00:00Z")};
}

TokenCounts counts(std::uint64_t input, std::uint64_t cached, std::uint64_t written,
                   std::uint64_t output) {
  return {.input = input,
          .cached_input = cached,
          .written_input = written,
          .output = output,
          .reasoning = std::nullopt};
}

std::uint64_t left(const QuotaBook& book, std::string_view name) {
  const auto view = book.find(1, id(name));
  EXPECT_TRUE(view.has_value());
  return view ? view->remaining : 0;
}

/// Source: token-billing W9. The account used 100,000 of 1,000,000, its user 200,000.
TEST(QuotaBook, is_shared_by_input_and_output_of_all_users) {
  QuotaBook book;
  ASSERT_TRUE(book.add(quota("free", 1'000'000)));
  EXPECT_EQ(book.draw(call(counts(60'000, 0, 0, 40'000))).tokens, counts(60'000, 0, 0, 40'000));
  EXPECT_EQ(book.draw(call(counts(200'000, 0, 0, 0))).tokens.input, 200'000U);
  EXPECT_EQ(left(book, "free"), 700'000U);
}

/// Source: token-billing D25: a call that crosses the quota is part free, part paid.
TEST(QuotaBook, draws_input_then_cached_input_then_output) {
  QuotaBook book;
  ASSERT_TRUE(book.add(quota("free", 1'000)));
  const Covered covered = book.draw(call(counts(400, 300, 200, 500)));
  EXPECT_EQ(covered.tokens, counts(400, 300, 200, 100));
  ASSERT_EQ(covered.drawn.size(), 1U);
  EXPECT_EQ(covered.drawn[0].tokens, covered.tokens);
  EXPECT_EQ(left(book, "free"), 0U);
  EXPECT_EQ(book.draw(call(counts(1, 1, 1, 1))).tokens, counts(0, 0, 0, 0));
}

/// Source: token-billing D24: free quota, then packages by the earliest expiry, then the oldest.
TEST(QuotaBook, draws_in_the_documented_order) {
  QuotaBook book;
  Quota late = quota("late", 10);
  late.quota_class = QuotaClass::package;
  late.expires_at = instant("2027-06-01T00:00:00Z");
  Quota young = quota("young", 10);
  young.quota_class = QuotaClass::package;
  young.effective_at = instant("2026-11-02T00:00:00Z");
  Quota old = quota("old", 10);
  old.quota_class = QuotaClass::package;
  Quota free_one = quota("free", 10);
  free_one.expires_at = instant("2028-01-01T00:00:00Z");
  free_one.priority = 9;
  for (const Quota& each : {late, young, old, free_one}) ASSERT_TRUE(book.add(each));
  const Covered covered = book.draw(call(counts(35, 0, 0, 0)));
  ASSERT_EQ(covered.drawn.size(), 4U);
  EXPECT_EQ(covered.drawn[0].quota, id("free"));
  EXPECT_EQ(covered.drawn[1].quota, id("old"));
  EXPECT_EQ(covered.drawn[2].quota, id("young"));
  EXPECT_EQ(covered.drawn[3].quota, id("late"));
  EXPECT_EQ(left(book, "late"), 5U);
}

TEST(QuotaBook, priority_goes_before_expiry_within_a_class) {
  QuotaBook book;
  Quota late = quota("late", 10);
  late.expires_at = instant("2027-06-01T00:00:00Z");
  Quota early = quota("early", 10);
  early.priority = 1;
  ASSERT_TRUE(book.add(early));
  ASSERT_TRUE(book.add(late));
  EXPECT_EQ(book.draw(call(counts(1, 0, 0, 0))).drawn[0].quota, id("late"));
}

TEST(QuotaBook, is_of_one_customer_and_model_in_its_time) {
  QuotaBook book;
  ASSERT_TRUE(book.add(quota("free", 100)));
  QuotaCall other = call(counts(1, 0, 0, 0));
  other.model = "qwen-plus-2025-07-28";
  EXPECT_EQ(book.draw(other).tokens.input, 0U) << "a snapshot has its own";
  other = call(counts(1, 0, 0, 0));
  other.customer = "other";
  EXPECT_EQ(book.draw(other).tokens.input, 0U);
  other = call(counts(1, 0, 0, 0));
  other.tenant = 2;
  EXPECT_EQ(book.draw(other).tokens.input, 0U);
  other = call(counts(1, 0, 0, 0));
  other.at = instant("2026-10-31T23:59:59.999Z");
  EXPECT_EQ(book.draw(other).tokens.input, 0U);
  other.at = instant("2026-11-01T00:00:00Z");
  EXPECT_EQ(book.draw(other).tokens.input, 1U);
  other.at = instant("2027-02-01T00:00:00Z");
  EXPECT_EQ(book.draw(other).tokens.input, 0U);
}

TEST(QuotaBook, a_batch_draws_packages_only) {
  QuotaBook book;
  ASSERT_TRUE(book.add(quota("free", 100)));
  QuotaCall batch = call(counts(10, 0, 0, 0));
  batch.is_batch = true;
  EXPECT_EQ(book.draw(batch).tokens.input, 0U);
  Quota package = quota("package", 100);
  package.quota_class = QuotaClass::package;
  ASSERT_TRUE(book.add(package));
  EXPECT_EQ(book.draw(batch).tokens.input, 10U);
}

TEST(QuotaBook, covers_its_kinds_only) {
  QuotaBook book;
  Quota output = quota("output", 100);
  output.kinds = {.input = false, .cached_input = false, .output = true};
  Quota input = quota("input", 100);
  input.kinds = {.input = true, .cached_input = false, .output = false};
  ASSERT_TRUE(book.add(output));
  ASSERT_TRUE(book.add(input));
  EXPECT_EQ(book.cover(call(counts(60, 50, 60, 150))).tokens, counts(60, 0, 40, 100));
  EXPECT_EQ(left(book, "input"), 100U) << "cover takes nothing";
}

TEST(QuotaBook, is_added_once) {
  QuotaBook book;
  EXPECT_TRUE(book.add(quota("free", 100)).value());
  ASSERT_EQ(book.draw(call(counts(40, 0, 0, 0))).tokens.input, 40U);
  EXPECT_FALSE(book.add(quota("free", 100)).value());
  EXPECT_EQ(left(book, "free"), 60U);
  EXPECT_TRUE(is_refused(book.add(quota("free", 101)), Refusal::origin_conflict));
  EXPECT_TRUE(is_refused(book.add(quota("none", 0)), Refusal::quota_is_empty));
  Quota wrong = quota("wrong", 1);
  wrong.kinds = {false, false, false};
  EXPECT_TRUE(is_refused(book.add(wrong), Refusal::quota_is_empty));
  wrong = quota("wrong", 1);
  wrong.expires_at = wrong.effective_at;
  EXPECT_TRUE(is_refused(book.add(wrong), Refusal::time_out_of_range));
  wrong = quota("wrong", 1);
  wrong.model = "";
  EXPECT_TRUE(is_refused(book.add(wrong), Refusal::name_is_invalid));
}

TEST(QuotaBook, takes_back_what_was_drawn) {
  QuotaBook book;
  ASSERT_TRUE(book.add(quota("free", 100)));
  const QuotaDrawn drawn = book.draw(call(counts(30, 0, 0, 30))).drawn[0];
  ASSERT_TRUE(book.give_back(1, drawn));
  EXPECT_EQ(left(book, "free"), 100U);
  EXPECT_TRUE(is_refused(book.give_back(1, drawn), Refusal::refund_exceeds_original));
  EXPECT_TRUE(is_refused(book.give_back(2, drawn), Refusal::unknown_original));
}

TEST(QuotaBook, forgets_what_has_expired) {
  QuotaBook book;
  ASSERT_TRUE(book.add(quota("free", 100)));
  book.for_each_changed([](std::string_view, std::optional<std::string_view>) {});
  book.forget_expired(instant("2027-01-31T23:59:59Z"));
  EXPECT_EQ(book.size(), 1U);
  book.forget_expired(instant("2027-02-01T00:00:00Z"));
  EXPECT_EQ(book.size(), 0U);
  EXPECT_EQ(book.draw(call(counts(1, 0, 0, 0))).tokens.input, 0U);
  int gone = 0;
  book.for_each_changed([&](std::string_view, std::optional<std::string_view> value) {
    gone += value.has_value() ? 0 : 1;
  });
  EXPECT_EQ(gone, 1);
}

/// Any calls in any order: no quota gives more than it has, nothing is covered twice, and a book
/// that was kept and restored in between says the same.
RC_GTEST_PROP(QuotaBook, gives_what_it_has_and_survives_a_restart, ()) {
  QuotaBook book;
  std::map<std::string, std::string> kept;
  const auto keep = [&](QuotaBook& from) {
    from.for_each_changed([&](std::string_view key, std::optional<std::string_view> value) {
      if (value) {
        kept[std::string(key)] = *value;
      } else {
        kept.erase(std::string(key));
      }
    });
  };
  const int quota_count = *rc::gen::inRange(0, 5);
  std::uint64_t tokens = 0;
  for (int i = 0; i < quota_count; ++i) {
    const std::string name = std::to_string(i);
    Quota each = quota(name, *rc::gen::inRange<std::uint64_t>(1, 200));
    each.quota_class = *rc::gen::element(QuotaClass::free, QuotaClass::package);
    each.priority = *rc::gen::inRange<std::uint16_t>(0, 2);
    RC_ASSERT(book.add(each).has_value());
    tokens += each.tokens;
  }
  std::uint64_t covered = 0;
  std::uint64_t wanted = 0;
  const int call_count = *rc::gen::inRange(1, 20);
  for (int i = 0; i < call_count; ++i) {
    const auto any = rc::gen::inRange<std::uint64_t>(0, 60);
    const QuotaCall one = call(counts(*any, *any, *any, *any));
    keep(book);
    QuotaBook restored;
    for (const auto& [key, value] : kept) RC_ASSERT(restored.restore(key, value).has_value());
    RC_ASSERT(restored.finish_restore().has_value());
    const Covered there = restored.draw(one);
    const Covered here = book.draw(one);
    RC_ASSERT(there.tokens == here.tokens);
    RC_ASSERT(
        std::equal(here.drawn.begin(), here.drawn.end(), there.drawn.begin(), there.drawn.end()));
    covered += here.tokens.total_input() + here.tokens.output;
    wanted += one.tokens.total_input() + one.tokens.output;
  }
  RC_ASSERT(covered == std::min(tokens, wanted));
}

}  // namespace
}  // namespace steelyard::ledger
