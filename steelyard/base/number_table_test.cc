#include "steelyard/base/number_table.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "steelyard/base/hash.h"

namespace steelyard::base {
namespace {

const auto is_any = [](std::uint32_t) { return true; };

TEST(NumberTable, finds_what_was_added) {
  NumberTable table;
  EXPECT_EQ(table.find(hash("r-1"), is_any), NumberTable::none);
  table.add(hash("r-1"), 7);
  table.add(hash("r-2"), 0);
  EXPECT_EQ(table.find(hash("r-1"), is_any), 7U);
  EXPECT_EQ(table.find(hash("r-2"), is_any), 0U);
  EXPECT_EQ(table.find(hash("r-3"), is_any), NumberTable::none);
  EXPECT_EQ(table.size(), 2U);
}

TEST(NumberTable, asks_which_of_two_things_with_one_hash_is_meant) {
  NumberTable table;
  table.add(42, 1);
  table.add(42, 2);
  EXPECT_EQ(table.find(42, [](std::uint32_t number) { return number == 2; }), 2U);
  EXPECT_EQ(table.find(42, [](std::uint32_t number) { return number == 3; }), NumberTable::none);
  table.erase(42, 1);
  EXPECT_EQ(table.find(42, is_any), 2U);
}

// Hashes that crowd at both ends of the table, so that what is erased has neighbours across its
// end.
RC_GTEST_PROP(NumberTable, is_a_map, ()) {
  NumberTable table;
  std::map<std::uint32_t, std::uint64_t> hashes;
  const auto steps = *rc::gen::container<std::vector<std::pair<bool, std::uint8_t>>>(
      rc::gen::arbitrary<std::pair<bool, std::uint8_t>>());
  for (const auto& [is_added, number] : steps) {
    const std::uint64_t hash =
        number % 3 == 0 ? hash_pair(number, 0) : (number % 3 == 1 ? UINT64_MAX : number);
    if (is_added && hashes.emplace(number, hash).second) table.add(hash, number);
    if (!is_added && hashes.erase(number) == 1) table.erase(hash, number);
    RC_ASSERT(table.size() == hashes.size());
    for (const auto& [known, its_hash] : hashes) {
      RC_ASSERT(table.find(its_hash, [&](std::uint32_t each) { return each == known; }) == known);
    }
  }
  std::size_t visited = 0;
  table.each([&](std::uint32_t known) { visited += hashes.count(known); });
  RC_ASSERT(visited == hashes.size());
}

}  // namespace
}  // namespace steelyard::base
