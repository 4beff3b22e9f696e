#pragma once

namespace steelyard::base {

/// For a thread whose work nobody waits for: from now on it gets a third of the processor time of
/// one that serves somebody, where there is not enough for both, and interrupts none. For the life
/// of the thread, and of those that it starts.
void give_way();

}  // namespace steelyard::base
