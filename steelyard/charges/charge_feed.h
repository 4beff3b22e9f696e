#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "steelyard/base/result.h"
#include "steelyard/charges/charge_store.h"
#include "steelyard/charges/fact_batch.h"

namespace steelyard::charges {

struct FeedOptions {
  std::size_t queued_facts_max = 262'144;     ///< Above: `add` waits.
  std::size_t batch_facts_max = 122'880;      ///< So many are written at once,
  std::chrono::milliseconds batch_wait{500};  ///< or what has come in so long.
};

/// Writes charge rows behind the core's back, in large batches, in its own thread.
///
/// The store may lag behind the log; after a restart, facts behind `position()` must be fed
/// again. So the core's state is only flushed at positions that `position()` has reached.
class ChargeFeed {
 public:
  /// `store` outlives the feed.
  explicit ChargeFeed(ChargeStore& store, FeedOptions options = {});

  /// Writes what is queued, then stops.
  ~ChargeFeed();
  ChargeFeed(const ChargeFeed&) = delete;
  ChargeFeed& operator=(const ChargeFeed&) = delete;

  /// Queues the facts of the log up to `position` (the batch may be empty). Waits while the
  /// queue is full. Errors: what writing an earlier batch gave; from then on, always that.
  [[nodiscard]] Result<void> add(FactBatch batch, Position position);

  /// Waits until everything that was added before is in the store.
  [[nodiscard]] Result<void> flush();

  /// What the store has reached, synced.
  Position position() const;

  /// So many facts were added and are not in the store: at most `queued_facts_max`, or one batch.
  std::size_t waiting_facts() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace steelyard::charges
