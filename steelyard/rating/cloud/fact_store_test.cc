#include "steelyard/rating/cloud/fact_store.h"

#include <gtest/gtest.h>

namespace steelyard::rating::cloud {
namespace {

Fact any_fact(std::string_view resource) {
  Fact fact;
  fact.code = 7;
  fact.account = "acme";
  fact.resource = resource;
  fact.start = {1'793'462'400, 1};
  fact.end = {1'793'466'000, 999'999'999};
  fact.meters = {{3, money::Decimal::parse("0.000000000001").value()},
                 {65'535, money::Decimal::parse("1000000000000000000000000").value()}};
  fact.attributes = {"", "cn-hangzhou", ""};
  fact.sequence = UINT64_MAX;
  return fact;
}

TEST(FactStore, gives_back_what_it_was_given) {
  FactStore store;
  const std::string resource(128, 'x');
  store.keep(1, any_fact(resource));
  const auto found = store.find(1);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->code, 7);
  EXPECT_EQ(found->account, "acme");
  EXPECT_EQ(found->resource, resource);
  EXPECT_EQ(found->start, (base::Instant{1'793'462'400, 1}));
  EXPECT_EQ(found->end, (base::Instant{1'793'466'000, 999'999'999}));
  EXPECT_EQ(found->sequence, UINT64_MAX);
  ASSERT_EQ(found->meters.size(), 2U);
  EXPECT_EQ(found->meters[0].value.to_text(), "0.000000000001");
  EXPECT_EQ(found->meters[1].meter, 65'535);
  EXPECT_EQ(found->meters[1].value.to_text(), "1000000000000000000000000");
  EXPECT_EQ(found->attributes, (std::vector<std::string_view>{"", "cn-hangzhou", ""}));
}

TEST(FactStore, a_fact_without_meters_and_attributes) {
  FactStore store;
  store.keep(1, Fact{});
  const auto found = store.find(1);
  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(found->meters.empty());
  EXPECT_TRUE(found->attributes.empty());
}

TEST(FactStore, knows_what_was_kept_and_not_forgotten) {
  FactStore store;
  EXPECT_FALSE(store.find(1).has_value());
  store.keep(1, any_fact("r"));
  EXPECT_FALSE(store.find(2).has_value());
  EXPECT_EQ(store.size(), 1U);
  store.forget(1);
  store.forget(2);
  EXPECT_FALSE(store.find(1).has_value());
  EXPECT_EQ(store.size(), 0U);
}

TEST(FactStore, the_latest_fact_of_a_key_counts) {
  FactStore store;
  store.keep(1, any_fact("old"));
  store.keep(1, any_fact("new"));
  EXPECT_EQ(store.find(1)->resource, "new");
  EXPECT_EQ(store.size(), 1U);
}

TEST(FactStore, gives_back_the_room_of_facts_that_are_over) {
  FactStore store;
  for (std::uint64_t i = 0; i < 100; ++i) store.keep(i, any_fact("r-" + std::to_string(i)));
  const std::size_t bytes = store.bytes();
  store.forget_if([](const Fact& fact) { return fact.resource != "r-42"; });
  EXPECT_EQ(store.size(), 1U);
  EXPECT_LE(store.bytes(), bytes / 90);
  EXPECT_EQ(store.find(42)->resource, "r-42");
  EXPECT_FALSE(store.find(41).has_value());
  const std::string longest(1'000, 'x');  // Longer than one byte can say.
  store.keep(1'000, any_fact(longest));
  EXPECT_EQ(store.find(1'000)->resource, longest);
}

TEST(FactStore, keeps_the_texts_of_a_resource_once) {
  FactStore store;
  const std::string resource(128, 'x');
  Fact fact = any_fact(resource);
  fact.meters = {{1, money::Decimal::whole(5'000)}};
  fact.sequence = 1'000'000;
  store.keep(0, fact);
  const std::size_t bytes = store.bytes();
  for (std::uint64_t i = 1; i <= 100; ++i) store.keep(i, fact);
  EXPECT_LE(store.bytes() - bytes, 100U * 48U);
  fact.attributes = {"", "cn-hangzhou", "x"};
  store.keep(0, fact);
  EXPECT_EQ(store.find(0)->attributes.back(), "x");
  EXPECT_EQ(store.find(100)->attributes.back(), "");
}

TEST(FactStore, texts_are_looked_at_where_their_numbers_change) {
  FactStore store;
  store.keep(1, any_fact("r"), {3, 10, 20});
  store.keep(2, any_fact("r"), {3, 10, 20});
  store.keep(3, any_fact("other"), {3, 11, 20});  // Of another resource in the same place.
  Fact fact = any_fact("other");
  fact.attributes = {"", "cn-beijing", ""};
  store.keep(4, fact, {3, 11, 21});
  store.keep(5, any_fact("r"), {0, 10, 20});
  store.keep(6, any_fact("none"));
  EXPECT_EQ(store.find(1)->resource, "r");
  EXPECT_EQ(store.find(2)->resource, "r");
  EXPECT_EQ(store.find(3)->resource, "other");
  EXPECT_EQ(store.find(3)->attributes[1], "cn-hangzhou");
  EXPECT_EQ(store.find(4)->attributes[1], "cn-beijing");
  EXPECT_EQ(store.find(5)->resource, "r");
  EXPECT_EQ(store.find(6)->resource, "none");
}

TEST(FactStore, values_of_any_size_come_back) {
  FactStore store;
  const std::string long_text(300, 'y');
  for (const std::string_view text :
       {"0", "-1", "63", "-64", "64", "9223371", "-9223372", "9223373", "0.5", "-0.000000000001",
        "999999999999999999999999"}) {
    Fact fact = any_fact("r");
    fact.end = {fact.start.seconds - 5, 0};
    fact.account = std::string_view(long_text).substr(0, text.size() * 17);
    fact.meters = {{0, money::Decimal::parse(text).value()}};
    store.keep(1, fact);
    const auto found = store.find(1);
    EXPECT_EQ(found->meters.front().value.to_text(), text);
    EXPECT_EQ(found->account, fact.account);
    EXPECT_EQ(found->end, fact.end);
  }
}

TEST(FactStore, facts_stand_in_several_blocks) {
  FactStore store;
  constexpr std::uint64_t count = 30'000;  // More than a block of a megabyte holds.
  for (std::uint64_t i = 0; i < count; ++i) store.keep(i, any_fact("r-" + std::to_string(i)));
  EXPECT_GT(store.bytes(), std::size_t{2} << 20);
  for (const std::uint64_t i : {std::uint64_t{0}, count / 3, count / 2, count - 1}) {
    EXPECT_EQ(store.find(i)->resource, "r-" + std::to_string(i));
  }
}

}  // namespace
}  // namespace steelyard::rating::cloud
