#include "steelyard/charges/charge_feed.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "steelyard/base/background.h"

namespace steelyard::charges {

struct ChargeFeed::Parts {
  Parts(ChargeStore& to, FeedOptions feed_options)
      : store(to), options(feed_options), queued_to(to.applied()), written_to(to.applied()) {}

  ChargeStore& store;
  FeedOptions options;
  mutable std::mutex mutex;
  std::condition_variable work;   // For the writer: there is something, or somebody waits.
  std::condition_variable space;  // For everybody else: the writer got on, or failed.
  std::vector<FactBatch> queue;
  std::size_t queued = 0;  // Facts in it.
  Position queued_to;      // What `queue` reaches.
  Position written_to;     // What the store has reached.
  std::size_t in_hand = 0;
  std::size_t waiting = 0;  // Callers of `flush` and of a full `add`.
  bool is_stopping = false;
  std::optional<Error> failed;
  std::thread writer;

  bool has_work() const { return queued_to > written_to; }
  bool is_urgent() const { return is_stopping || waiting > 0 || queued >= options.batch_facts_max; }

  void write_until_stopped();
};

void ChargeFeed::Parts::write_until_stopped() {
  std::unique_lock lock(mutex);
  while (true) {
    work.wait(lock, [&] { return has_work() || is_stopping; });
    if (!has_work() || failed.has_value()) return;
    work.wait_for(lock, options.batch_wait, [&] { return is_urgent(); });
    std::vector<FactBatch> batches = std::exchange(queue, {});
    in_hand = std::exchange(queued, 0);
    const Position position = queued_to;
    lock.unlock();
    std::vector<FactSpan> facts;
    for (const FactBatch& batch : batches) facts.push_back(batch.facts());
    Result<void> written = store.append(facts, position);
    batches.clear();
    lock.lock();
    in_hand = 0;
    if (written.has_value()) {
      written_to = position;
    } else {
      failed = std::move(written).error();
      queue.clear();  // Nothing waits for it any more.
      queued = 0;
    }
    space.notify_all();
    if (failed.has_value()) return;
  }
}

ChargeFeed::ChargeFeed(ChargeStore& store, FeedOptions options)
    : parts_(std::make_unique<Parts>(store, options)) {
  parts_->writer = std::thread([this] {
    base::give_way();
    parts_->write_until_stopped();
  });
}

ChargeFeed::~ChargeFeed() {
  {
    const std::lock_guard lock(parts_->mutex);
    parts_->is_stopping = true;
  }
  parts_->work.notify_all();
  parts_->writer.join();
}

Result<void> ChargeFeed::add(FactBatch batch, Position position) {
  std::unique_lock lock(parts_->mutex);
  const auto is_full = [&] {
    const std::size_t held = parts_->queued + parts_->in_hand;
    return held > 0 && held + batch.size() > parts_->options.queued_facts_max;
  };
  ++parts_->waiting;
  if (is_full()) parts_->work.notify_all();
  parts_->space.wait(lock, [&] { return parts_->failed.has_value() || !is_full(); });
  --parts_->waiting;
  if (parts_->failed.has_value()) return std::unexpected(*parts_->failed);
  batch.pass_over(parts_->queued_to);
  parts_->queued += batch.size();
  if (!batch.empty()) parts_->queue.push_back(std::move(batch));
  parts_->queued_to = std::max(parts_->queued_to, position);
  if (parts_->has_work()) parts_->work.notify_all();
  return {};
}

Result<void> ChargeFeed::flush() {
  std::unique_lock lock(parts_->mutex);
  const Position target = parts_->queued_to;
  ++parts_->waiting;
  parts_->work.notify_all();
  parts_->space.wait(lock,
                     [&] { return parts_->failed.has_value() || parts_->written_to >= target; });
  --parts_->waiting;
  if (parts_->failed.has_value()) return std::unexpected(*parts_->failed);
  return {};
}

Position ChargeFeed::position() const {
  const std::lock_guard lock(parts_->mutex);
  return parts_->written_to;
}

std::size_t ChargeFeed::waiting_facts() const {
  const std::lock_guard lock(parts_->mutex);
  return parts_->queued + parts_->in_hand;
}

}  // namespace steelyard::charges
