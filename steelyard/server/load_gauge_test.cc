#include "steelyard/server/load_gauge.h"

#include <gtest/gtest.h>

namespace steelyard::server {
namespace {

using namespace std::chrono_literals;

/// A second in which so much was answered.
void pass_second(LoadGauge& gauge, LoadGauge::Time& now, int answers, LoadGauge::Time late) {
  for (int i = 0; i < answers; ++i) gauge.answered();
  now += 1s;
  gauge.fired(0, late, now);
}

TEST(LoadGauge, open_requests_alone_are_not_too_much) {
  LoadGauge gauge(2);
  LoadGauge::Time now = 1'000s;
  pass_second(gauge, now, 10, 1ms);
  EXPECT_FALSE(gauge.is_too_much(4'000)) << "their senders are slow, the threads have time";
}

TEST(LoadGauge, a_busy_server_takes_what_it_can_answer_in_a_quarter_of_a_second) {
  LoadGauge gauge(2);
  LoadGauge::Time now = 1'000s;
  pass_second(gauge, now, 0, 0ms);
  pass_second(gauge, now, 1'200, 100ms);
  EXPECT_FALSE(gauge.is_too_much(300));
  EXPECT_TRUE(gauge.is_too_much(301));
  pass_second(gauge, now, 4'000, 100ms);
  EXPECT_FALSE(gauge.is_too_much(1'000));
}

TEST(LoadGauge, a_few_are_taken_whatever_is_known) {
  LoadGauge gauge(1);
  LoadGauge::Time now = 1'000s;
  pass_second(gauge, now, 0, 10s);
  EXPECT_FALSE(gauge.is_too_much(LoadGauge::open_always - 1));
  EXPECT_TRUE(gauge.is_too_much(LoadGauge::open_always));
}

TEST(LoadGauge, one_thread_that_is_very_late_is_too_much) {
  LoadGauge gauge(2);
  LoadGauge::Time now = 1'000s;
  pass_second(gauge, now, 0, 0ms);
  pass_second(gauge, now, 10'000, 0ms);
  gauge.fired(1, 500ms, now);
  EXPECT_TRUE(gauge.is_too_much(100));
  gauge.fired(1, 5ms, now);
  EXPECT_FALSE(gauge.is_too_much(100));
}

}  // namespace
}  // namespace steelyard::server
