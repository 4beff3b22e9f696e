#include "steelyard/node/source_clocks.h"

#include <gtest/gtest.h>

#include "steelyard/base/limits.h"

namespace steelyard::node {
namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t minute = 60 * second;
constexpr std::int64_t now = std::int64_t{1'795'600'200} * second;  // A period begins.

class SourceClocksTest : public testing::Test {
 protected:
  std::vector<std::string> told;
  SourceClocks clocks{[this](const SourceClocks::Ahead& each) {
    told.push_back(std::to_string(each.tenant) + " " + each.source + " " +
                   std::to_string(each.micros / second));
  }};

  std::string text(std::int64_t at) {
    std::string all;
    for (const auto& each : clocks.ahead(at)) {
      all += std::to_string(each.tenant) + " " + each.source + " " +
             std::to_string(each.micros / second) + "\n";
    }
    return all;
  }
};

TEST_F(SourceClocksTest, D10_the_most_that_a_source_was_ahead_is_known_for_some_minutes) {
  clocks.note(1, "a", 3 * second, now);
  clocks.note(1, "a", 40 * second, now);
  clocks.note(2, "a", 5 * second, now);
  clocks.note(1, "b", second - 1, now);  // Clocks are never equal.
  EXPECT_EQ(text(now), "1 a 40\n2 a 5\n");
  clocks.note(1, "a", 7 * second, now + 6 * minute);
  EXPECT_EQ(text(now + 6 * minute), "1 a 40\n2 a 5\n");
  EXPECT_EQ(text(now + 11 * minute), "1 a 7\n");
  EXPECT_EQ(text(now + 15 * minute), "");
}

TEST_F(SourceClocksTest, D10_beyond_two_minutes_somebody_is_told_once) {
  clocks.note(1, "a", 2 * minute, now);
  EXPECT_TRUE(told.empty());
  clocks.note(1, "a", 3 * minute, now);
  clocks.note(1, "a", 4 * minute, now + 6 * minute);
  EXPECT_EQ(told, std::vector<std::string>{"1 a 180"});
  clocks.note(1, "a", 3 * minute, now + 60 * minute);
  EXPECT_EQ(told.size(), 2U);
}

TEST_F(SourceClocksTest, D10_so_many_sources_are_counted_apart_and_the_others_as_one) {
  for (std::size_t i = 0; i < 3 * limits::watched_sources_max; ++i) {
    clocks.note(1, "s" + std::to_string(i), 2 * second, now);
  }
  clocks.note(1, "more", 9 * second, now);
  clocks.note(1, "s0", 4 * second, now);
  const auto all = clocks.ahead(now);
  ASSERT_EQ(all.size(), limits::watched_sources_max + 1);
  EXPECT_EQ(all.front().tenant, 0U);
  EXPECT_EQ(all.front().source, "");
  EXPECT_EQ(all.front().micros, 9 * second);
  EXPECT_EQ(all[1].source, "s0");
  EXPECT_EQ(all[1].micros, 4 * second);
}

}  // namespace
}  // namespace steelyard::node
