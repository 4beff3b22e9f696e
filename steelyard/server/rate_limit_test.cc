#include "steelyard/server/rate_limit.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace steelyard::server {
namespace {

using Outcome = RateLimiter::Outcome;
using std::chrono::milliseconds;

TEST(RateLimit, a_burst_is_admitted_and_then_the_rate) {
  RateLimiter limiter({.per_second = 10, .burst = 3, .concurrent = 100});
  for (std::uint32_t left = 3; left-- > 0;) {
    const auto decision = limiter.enter("a", milliseconds(0));
    EXPECT_EQ(decision.outcome, Outcome::admitted);
    EXPECT_EQ(decision.remaining, left);
  }
  const auto refused = limiter.enter("a", milliseconds(0));
  EXPECT_EQ(refused.outcome, Outcome::too_fast);
  EXPECT_EQ(refused.retry_after, milliseconds(100));
  EXPECT_EQ(limiter.enter("b", milliseconds(0)).outcome, Outcome::admitted) << "its own bucket";
  EXPECT_EQ(limiter.enter("a", milliseconds(99)).outcome, Outcome::too_fast);
  EXPECT_EQ(limiter.enter("a", milliseconds(100)).outcome, Outcome::admitted);
  EXPECT_EQ(limiter.enter("a", milliseconds(100)).outcome, Outcome::too_fast);
  EXPECT_EQ(limiter.enter("a", std::chrono::hours(24 * 365 * 100)).remaining, 2U);
}

TEST(RateLimit, open_requests_are_counted) {
  RateLimiter limiter({.per_second = 1000, .burst = 1000, .concurrent = 2});
  EXPECT_EQ(limiter.enter("a", {}).outcome, Outcome::admitted);
  EXPECT_EQ(limiter.enter("a", {}).outcome, Outcome::admitted);
  EXPECT_EQ(limiter.enter("a", {}).outcome, Outcome::too_many_open);
  EXPECT_EQ(limiter.enter("a", {}).remaining, 998U) << "a refusal takes no token";
  limiter.leave("a");
  EXPECT_EQ(limiter.enter("a", {}).outcome, Outcome::admitted);
}

TEST(RateLimit, open_holds_are_counted_for_themselves) {
  RateLimiter limiter({.concurrent = 1, .concurrent_holds = 2});
  EXPECT_EQ(limiter.enter("a", {}).outcome, Outcome::admitted);
  EXPECT_EQ(limiter.enter("a", {}, OpenKind::hold).outcome, Outcome::admitted);
  EXPECT_EQ(limiter.enter("a", {}, OpenKind::hold).outcome, Outcome::admitted);
  EXPECT_EQ(limiter.enter("a", {}, OpenKind::hold).outcome, Outcome::too_many_open);
  EXPECT_EQ(limiter.enter("a", {}).outcome, Outcome::too_many_open);
  limiter.leave("a", OpenKind::hold);
  EXPECT_EQ(limiter.enter("a", {}).outcome, Outcome::too_many_open);
  EXPECT_EQ(limiter.enter("a", {}, OpenKind::hold).outcome, Outcome::admitted);
}

RC_GTEST_PROP(RateLimit, never_admits_more_than_burst_and_rate, ()) {
  const auto per_second = *rc::gen::inRange<std::uint32_t>(1, 1000);
  const auto burst = *rc::gen::inRange<std::uint32_t>(1, 50);
  RateLimiter limiter({.per_second = per_second, .burst = burst, .concurrent = 1});
  std::chrono::nanoseconds now{0};
  std::int64_t admitted = 0;
  for (int i = 0; i < 200; ++i) {
    now += std::chrono::nanoseconds(*rc::gen::inRange<std::int64_t>(0, 20'000'000));
    if (limiter.enter("a", now).outcome != Outcome::admitted) continue;
    limiter.leave("a");
    ++admitted;
    RC_ASSERT((admitted - burst) * 1'000'000'000 <= now.count() * per_second);
  }
}

}  // namespace
}  // namespace steelyard::server
