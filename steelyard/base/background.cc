#include "steelyard/base/background.h"

#include <sched.h>
#include <unistd.h>

namespace steelyard::base {

/// Where the machine refuses it, the thread is as the others, which is only slower for them.
void give_way() {
  constexpr int steps = 5;  // Of a quarter each.
  const sched_param ordinary{};
  (void)sched_setscheduler(0, SCHED_BATCH, &ordinary);
  (void)nice(steps);  // On Linux, of this thread alone.
}

}  // namespace steelyard::base
