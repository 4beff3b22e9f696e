#include "steelyard/identity/recent_identities.h"

#include <gtest/gtest.h>

namespace steelyard::identity {
namespace {

IdentityEntry entry(std::uint64_t number) {
  constexpr std::uint64_t spread = 0x9e3779b97f4a7c15;
  return {{number * spread, number}, number, number};
}

/// A table with little in it is cleared in another way than one with much.
TEST(RecentIdentities, nothing_is_in_a_table_that_was_cleared) {
  RecentIdentities table(100'000);
  for (const std::uint64_t count : {20U, 90'000U, 3U, 100'000U, 1U}) {
    for (std::uint64_t i = 1; i <= count; ++i) table.insert(entry(i));
    EXPECT_EQ(table.size(), count);
    table.clear();
    EXPECT_EQ(table.size(), 0U);
    EXPECT_TRUE(table.sorted().empty());
    for (std::uint64_t i = 1; i <= count; ++i) ASSERT_EQ(table.find(entry(i).key), nullptr);
  }
}

}  // namespace
}  // namespace steelyard::identity
