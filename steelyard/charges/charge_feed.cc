#include "steelyard/charges/charge_feed.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "steelyard/base/thread.h"

namespace steelyard::charges {
namespace {

/// What is written at once.
struct Taken {
  std::vector<FactBatch> batches;
  std::vector<FactSpan> facts;  ///< Of those; of the last one perhaps only its first.
  std::size_t count = 0;
  Position position = 0;

  bool is_cut() const { return !facts.empty() && facts.back().size() < batches.back().size(); }

  void add(FactBatch batch, std::size_t facts_of_it) {
    batches.push_back(std::move(batch));
    facts.push_back(batches.back().facts().first(facts_of_it));
    count += facts_of_it;
    position = facts.back().back().sequence;
  }
};

/// So many, or less: facts of one position stay together.
std::size_t part_of(FactSpan facts, std::size_t at_most) {
  if (facts.size() <= at_most) return facts.size();
  std::size_t part = at_most;
  while (part > 0 && facts[part].sequence == facts[part - 1].sequence) --part;
  return part;
}

}  // namespace

struct ChargeFeed::Parts {
  Parts(ChargeStore& to, FeedOptions feed_options)
      : store(to), options(feed_options), queued_to(to.applied()), written_to(to.applied()) {}

  ChargeStore& store;
  FeedOptions options;
  mutable std::mutex mutex;
  std::condition_variable work;   // For the writer: there is something, or somebody waits.
  std::condition_variable space;  // For everybody else: the writer got on, or failed.
  std::deque<FactBatch> queue;
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

  Taken take();
  void put_back(Taken& taken);
  void write_until_stopped();
};

/// All that is queued, or the first `batch_facts_max` of it. So many are one row group of DuckDB's,
/// which goes into the file as it is; a rest behind it would be written twice, and would leave a
/// row group that is not full, which each checkpoint tries to join with others.
Taken ChargeFeed::Parts::take() {
  Taken taken;
  while (!queue.empty() && taken.count < options.batch_facts_max && !taken.is_cut()) {
    FactBatch& next = queue.front();
    std::size_t part = part_of(next.facts(), options.batch_facts_max - taken.count);
    if (part == 0 && taken.count > 0) break;
    if (part == 0) part = next.size();
    taken.add(std::move(next), part);
    queue.pop_front();
  }
  if (queue.empty() && !taken.is_cut()) taken.position = queued_to;
  queued -= taken.count;
  return taken;
}

/// What of it was not written.
void ChargeFeed::Parts::put_back(Taken& taken) {
  if (!taken.is_cut()) return;
  taken.batches.back().pass_over(taken.position);
  queue.push_front(std::move(taken.batches.back()));
  taken.batches.pop_back();
}

void ChargeFeed::Parts::write_until_stopped() {
  std::unique_lock lock(mutex);
  while (true) {
    work.wait(lock, [&] { return has_work() || is_stopping; });
    if (!has_work() || failed.has_value()) return;
    work.wait_for(lock, options.batch_wait, [&] { return is_urgent(); });
    Taken taken = take();
    in_hand = taken.count;
    lock.unlock();
    Result<void> written = store.append(taken.facts, taken.position);
    lock.lock();
    if (written.has_value()) {
      written_to = taken.position;
      put_back(taken);
    } else {
      failed = std::move(written).error();
      queue.clear();  // Nothing waits for it any more.
      queued = 0;
    }
    lock.unlock();
    taken = {};  // Of many pieces: nobody should wait for the lock meanwhile.
    lock.lock();
    in_hand = 0;
    space.notify_all();
    if (failed.has_value()) return;
  }
}

ChargeFeed::ChargeFeed(ChargeStore& store, FeedOptions options)
    : parts_(std::make_unique<Parts>(store, options)) {
  parts_->writer = std::thread([this] {
    base::give_way("charge-rows");
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
