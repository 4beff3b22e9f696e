#include "steelyard/batch/waiting_facts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace steelyard::batch {
namespace {

std::map<std::uint64_t, bool> changes(WaitingFacts& facts) {
  std::map<std::uint64_t, bool> all;
  facts.for_each_changed([&](std::uint64_t sequence, bool waits) {
    EXPECT_TRUE(all.emplace(sequence, waits).second) << sequence << " was told twice";
  });
  return all;
}

TEST(WaitingFacts, what_changed_is_told_once_and_as_it_is) {
  WaitingFacts facts;
  for (const std::uint64_t sequence : {7, 3, 9, 7}) facts.add(sequence);
  facts.remove(3);
  facts.remove(4);
  EXPECT_EQ(changes(facts), (std::map<std::uint64_t, bool>{{3, false}, {7, true}, {9, true}}));
  EXPECT_TRUE(changes(facts).empty());
  facts.remove(9);
  facts.add(9);
  EXPECT_EQ(changes(facts), (std::map<std::uint64_t, bool>{{9, true}}));
  std::vector<std::uint64_t> all = facts.sequences();
  std::ranges::sort(all);
  EXPECT_EQ(all, (std::vector<std::uint64_t>{7, 9}));
  EXPECT_FALSE(facts.contains(3));
}

TEST(WaitingFacts, what_is_restored_has_not_changed) {
  WaitingFacts facts;
  EXPECT_TRUE(facts.restore(5));
  EXPECT_FALSE(facts.restore(5));
  EXPECT_TRUE(changes(facts).empty());
  EXPECT_TRUE(facts.contains(5));
}

}  // namespace
}  // namespace steelyard::batch
