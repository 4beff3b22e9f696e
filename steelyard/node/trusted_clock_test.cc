#include "steelyard/node/trusted_clock.h"

#include <gtest/gtest.h>

#include <vector>

namespace steelyard::node {
namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t hour = 3'600 * second;
constexpr std::int64_t noon = std::int64_t{1'795'600'000} * second;

class TrustedClockTest : public testing::Test {
 protected:
  void pass(std::int64_t micros) {
    wall += micros;
    steady += micros;
  }

  std::int64_t wall = noon;
  std::int64_t steady = 77;
  std::vector<std::int64_t> jumps;
  TrustedClock clock{{.wall_micros = [this] { return wall; },
                      .steady_micros = [this] { return steady; },
                      .jumped = [this](std::int64_t by) { jumps.push_back(by); }}};
};

TEST_F(TrustedClockTest, is_the_wall_clock_also_where_that_is_corrected_a_little) {
  pass(hour);
  EXPECT_EQ(clock.now_micros(), noon + hour);
  wall += 4 * 60 * second;
  EXPECT_EQ(clock.now_micros(), wall);
  wall -= 4 * 60 * second;
  EXPECT_EQ(clock.now_micros(), wall);
  EXPECT_TRUE(jumps.empty());
}

TEST_F(TrustedClockTest, D2_a_jump_ahead_is_not_believed) {
  const std::int64_t year = 365 * 24 * hour;
  wall += year;
  pass(second);
  EXPECT_EQ(clock.now_micros(), noon + second);
  pass(hour);
  EXPECT_EQ(clock.now_micros(), noon + second + hour);
  EXPECT_TRUE(clock.is_suspect());
  EXPECT_EQ(jumps, std::vector{year});
}

TEST_F(TrustedClockTest, D1_a_jump_back_is_not_believed_until_it_is_mended) {
  wall -= hour;
  pass(second);
  EXPECT_EQ(clock.now_micros(), noon + second);
  wall += hour + second;
  steady += second;
  EXPECT_EQ(clock.now_micros(), wall);
  EXPECT_FALSE(clock.is_suspect());
  EXPECT_EQ(jumps, (std::vector{-hour, std::int64_t{0}}));
}

}  // namespace
}  // namespace steelyard::node
