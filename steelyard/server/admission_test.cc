#include "steelyard/server/admission.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <mutex>
#include <optional>

#include "steelyard/server/worker_pool.h"

namespace steelyard::server {
namespace {

TEST(Admission, a_fifth_is_kept_for_holds) {
  ServerLimits limits;
  limits.budget_bytes = 1000;
  Admission admission(limits);
  auto ingest = admission.enter(Lane::ingest, 800, 800);
  EXPECT_TRUE(ingest.is_admitted());
  EXPECT_FALSE(admission.enter(Lane::ingest, 1, 1).is_admitted());
  EXPECT_FALSE(admission.enter(Lane::read, 1, 1).is_admitted());
  auto hold = admission.enter(Lane::hold, 200, 200);
  EXPECT_TRUE(hold.is_admitted());
  EXPECT_FALSE(admission.enter(Lane::hold, 1, 1).is_admitted());
  ingest.release();
  EXPECT_EQ(admission.bytes(), 200U);
  EXPECT_TRUE(admission.enter(Lane::bulk, 200, 0).is_admitted());
  EXPECT_FALSE(admission.enter(Lane::bulk, 201, 0).is_admitted());
}

TEST(Admission, what_is_expected_must_fit_and_what_came_is_counted) {
  ServerLimits limits;
  limits.budget_bytes = 1000;
  Admission admission(limits);
  EXPECT_FALSE(admission.enter(Lane::hold, 1001, 1).is_admitted());
  auto ticket = admission.enter(Lane::hold, 900, 100);
  EXPECT_EQ(admission.bytes(), 100U);
  EXPECT_TRUE(ticket.grow_to(600));
  EXPECT_TRUE(ticket.grow_to(300)) << "it never shrinks";
  EXPECT_EQ(admission.bytes(), 600U);
  EXPECT_FALSE(ticket.grow_to(1001));
  EXPECT_EQ(admission.bytes(), 600U);
  const auto moved = std::move(ticket);
  EXPECT_TRUE(moved.is_admitted());
  EXPECT_EQ(admission.requests(), 1U);
}

TEST(Admission, requests_are_counted_by_lane_too) {
  ServerLimits limits;
  limits.requests_in_flight = 5;
  Admission admission(limits);
  std::vector<Admission::Ticket> tickets;
  for (int i = 0; i < 4; ++i) tickets.push_back(admission.enter(Lane::ingest, 1, 1));
  EXPECT_TRUE(tickets.back().is_admitted());
  EXPECT_FALSE(admission.enter(Lane::ingest, 1, 1).is_admitted());
  EXPECT_TRUE(admission.enter(Lane::hold, 1, 1).is_admitted());
  EXPECT_EQ(admission.requests(), 4U);
  tickets.clear();
  EXPECT_EQ(admission.requests(), 0U);
  EXPECT_EQ(admission.bytes(), 0U);
}

TEST(WorkerPool, more_urgent_lanes_go_first) {
  WorkerPool pool(1, 100);
  std::latch begun(1);
  std::latch go_on(1);
  std::mutex mutex;
  std::string order;
  std::latch done(4);
  const auto note = [&](char what) {
    return [&, what] {
      const std::lock_guard lock(mutex);
      order += what;
      done.count_down();
    };
  };
  ASSERT_TRUE(pool.submit(Lane::read, [&] {
    begun.count_down();
    go_on.wait();
  }));
  begun.wait();
  ASSERT_TRUE(pool.submit(Lane::bulk, note('b')));
  ASSERT_TRUE(pool.submit(Lane::read, note('r')));
  ASSERT_TRUE(pool.submit(Lane::ingest, note('i')));
  ASSERT_TRUE(pool.submit(Lane::hold, note('h')));
  go_on.count_down();
  done.wait();
  EXPECT_EQ(order, "hirb");
}

TEST(WorkerPool, bulk_never_takes_the_last_thread) {
  WorkerPool pool(2, 100);
  std::latch bulk_runs(1);
  std::latch go_on(1);
  std::atomic<int> bulk = 0;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(pool.submit(Lane::bulk, [&] {
      if (++bulk == 1) bulk_runs.count_down();
      go_on.wait();
    }));
  }
  bulk_runs.wait();
  std::latch read(1);
  ASSERT_TRUE(pool.submit(Lane::read, [&] { read.count_down(); }));
  read.wait();
  EXPECT_EQ(bulk, 1);
  go_on.count_down();
  pool.stop();
}

TEST(WorkerPool, the_queue_is_bounded_and_dropped_at_the_end) {
  std::atomic<int> ran = 0;
  std::latch begun(1);
  std::latch go_on(1);
  WorkerPool pool(1, 5);
  ASSERT_TRUE(pool.submit(Lane::read, [&] {
    begun.count_down();
    go_on.wait();
  }));
  begun.wait();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(pool.submit(Lane::bulk, [&] { ++ran; }));
  EXPECT_FALSE(pool.submit(Lane::bulk, [&] { ++ran; })) << "two fifths";
  ASSERT_TRUE(pool.submit(Lane::read, [&] { ++ran; }));
  EXPECT_FALSE(pool.submit(Lane::read, [&] { ++ran; })) << "three fifths";
  std::thread stopper([&] { pool.stop(); });
  while (pool.submit(Lane::hold, [&] { ++ran; })) std::this_thread::yield();
  go_on.count_down();
  stopper.join();
  EXPECT_FALSE(pool.submit(Lane::hold, [&] { ++ran; }));
}

}  // namespace
}  // namespace steelyard::server
