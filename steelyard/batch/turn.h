#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace steelyard::batch {

/// Lets threads do something one after the other, by number.
class Turn {
 public:
  void wait_for(std::uint64_t number) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return next_ == number; });
  }

  /// Requires: it is the turn of the caller.
  void pass_on() {
    {
      const std::lock_guard lock(mutex_);
      ++next_;
    }
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t next_ = 0;
};

}  // namespace steelyard::batch
