#pragma once

namespace steelyard::base {

/// Says what this thread does to who looks at the process (`top -H`). At most 15 characters.
void name_thread(const char* name);

/// For a thread whose work nobody waits for, with its name: from now on it gets a third of the
/// processor time of one that serves somebody, where there is not enough for both, and interrupts
/// none. For the life of the thread, and of those that it starts.
void give_way(const char* name);

}  // namespace steelyard::base
