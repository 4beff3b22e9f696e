#include "steelyard/server/worker_pool.h"

#include "steelyard/base/check.h"
#include "steelyard/base/thread.h"
#include "steelyard/server/admission.h"

namespace steelyard::server {

WorkerPool::WorkerPool(std::size_t threads, std::size_t queued_max)
    : queued_max_(queued_max), bulk_max_(threads > 1 ? threads - 1 : 1) {
  STEELYARD_CHECK(threads > 0);
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

WorkerPool::~WorkerPool() { stop(); }

bool WorkerPool::submit(Lane lane, std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    if (is_stopping_ || queued_ >= share_of(lane, queued_max_)) return false;
    queues_[static_cast<std::size_t>(lane)].push_back(std::move(work));
    ++queued_;
  }
  has_work_.notify_one();
  return true;
}

std::function<void()> WorkerPool::next(std::unique_lock<std::mutex>& lock, bool& is_bulk) {
  while (!is_stopping_) {
    for (std::size_t lane = 0; lane < queues_.size(); ++lane) {
      is_bulk = lane == static_cast<std::size_t>(Lane::bulk);
      if (queues_[lane].empty() || (is_bulk && running_bulk_ >= bulk_max_)) continue;
      std::function<void()> work = std::move(queues_[lane].front());
      queues_[lane].pop_front();
      --queued_;
      if (is_bulk) ++running_bulk_;
      return work;
    }
    has_work_.wait(lock);
  }
  return nullptr;
}

void WorkerPool::run() {
  base::name_thread("worker");
  std::unique_lock lock(mutex_);
  bool is_bulk = false;
  while (std::function<void()> work = next(lock, is_bulk)) {
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
    if (is_bulk) {
      --running_bulk_;
      has_work_.notify_one();
    }
  }
}

void WorkerPool::stop() {
  std::array<std::deque<std::function<void()>>, 4> dropped;
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    dropped.swap(queues_);
    queued_ = 0;
  }
  has_work_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace steelyard::server
