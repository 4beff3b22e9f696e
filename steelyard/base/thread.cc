#include "steelyard/base/thread.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace steelyard::base {
namespace {

/// What sched_setattr(2) takes: `struct sched_attr`, in its first version.
struct Scheduling {
  std::uint32_t size;
  std::uint32_t policy;
  std::uint64_t flags;
  std::int32_t nice;
  std::uint32_t priority;
  std::uint64_t turn_ns;  ///< Of the ordinary policies: from Linux 6.12 on.
  std::uint64_t deadline;
  std::uint64_t period;
};

}  // namespace

void name_thread(const char* name) { (void)pthread_setname_np(pthread_self(), name); }

/// Where the machine refuses it, the thread is as the others, which is only slower for them.
void give_way(const char* name) {
  constexpr int steps = 5;  // Of a quarter each.
  constexpr std::uint64_t long_turn_ns = 10'000'000;
  name_thread(name);
  Scheduling wanted{};
  wanted.size = sizeof wanted;
  wanted.policy = SCHED_BATCH;
  wanted.nice = getpriority(PRIO_PROCESS, 0) + steps;  // On Linux, of this thread alone.
  wanted.turn_ns = long_turn_ns;
  (void)syscall(SYS_sched_setattr, 0, &wanted, 0);
}

}  // namespace steelyard::base
