#include "steelyard/base/thread.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include <array>
#include <string>
#include <thread>

namespace steelyard::base {
namespace {

struct Seen {
  std::string name;
  int policy = -1;
  int nice = -1;

  static Seen now() {
    std::array<char, 16> name{};
    pthread_getname_np(pthread_self(), name.data(), name.size());
    return {name.data(), sched_getscheduler(0), getpriority(PRIO_PROCESS, 0)};
  }
};

TEST(Thread, C6_what_nobody_waits_for_gives_way_and_so_does_what_it_starts) {
  const Seen before = Seen::now();
  Seen own;
  Seen started;
  std::thread([&] {
    give_way("by-the-way");
    own = Seen::now();
    std::thread([&] { started = Seen::now(); }).join();
  }).join();
  EXPECT_EQ(own.name, "by-the-way");
  EXPECT_EQ(own.policy, SCHED_BATCH);
  EXPECT_EQ(own.nice, before.nice + 5);
  EXPECT_EQ(started.policy, SCHED_BATCH);
  EXPECT_EQ(started.nice, before.nice + 5);
  EXPECT_EQ(Seen::now().nice, before.nice);
}

TEST(Thread, a_name_changes_nothing_else) {
  const Seen before = Seen::now();
  Seen own;
  std::thread([&] {
    name_thread("counter");
    own = Seen::now();
  }).join();
  EXPECT_EQ(own.name, "counter");
  EXPECT_EQ(own.policy, before.policy);
  EXPECT_EQ(own.nice, before.nice);
}

}  // namespace
}  // namespace steelyard::base
