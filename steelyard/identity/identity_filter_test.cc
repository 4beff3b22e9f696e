#include "steelyard/identity/identity_filter.h"

#include <gtest/gtest.h>

#include <random>

namespace steelyard::identity {
namespace {

TEST(IdentityFilter, has_what_was_added_and_little_else) {
  std::mt19937_64 random(1);
  constexpr int count = 200'000;
  IdentityFilter filter(count);
  for (int i = 0; i < count; ++i) {
    const IdentityKey key{random(), random()};
    filter.add(key);
    ASSERT_TRUE(filter.may_have(key));
  }
  int wrong = 0;
  for (int i = 0; i < count; ++i) wrong += filter.may_have({random(), random()});
  EXPECT_LT(wrong, count / 1'000);
}

}  // namespace
}  // namespace steelyard::identity
