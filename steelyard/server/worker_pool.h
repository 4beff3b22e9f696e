#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "steelyard/server/route_table.h"

namespace steelyard::server {

/// Threads for handlers that take long or wait. More urgent lanes go first, and bulk never
/// takes the last thread.
class WorkerPool {
 public:
  WorkerPool(std::size_t threads, std::size_t queued_max);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Queues work that throws nothing; false if the lane's share of the queue is full.
  [[nodiscard]] bool submit(Lane lane, std::function<void()> work);

  /// Drops what is queued and waits for what runs.
  void stop();

 private:
  void run();
  std::function<void()> next(std::unique_lock<std::mutex>& lock, bool& is_bulk);

  const std::size_t queued_max_;
  std::mutex mutex_;
  std::condition_variable has_work_;
  std::array<std::deque<std::function<void()>>, 4> queues_;
  std::size_t queued_ = 0;
  std::size_t running_bulk_ = 0;
  std::size_t bulk_max_ = 1;
  bool is_stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace steelyard::server
