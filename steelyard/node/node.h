#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/core/core.h"
#include "steelyard/log/local_log.h"
#include "steelyard/node/keeper.h"
#include "steelyard/node/late_rating.h"
#include "steelyard/node/name_quota.h"
#include "steelyard/node/prices.h"
#include "steelyard/node/replay.h"
#include "steelyard/node/scrub.h"
#include "steelyard/node/source_clocks.h"
#include "steelyard/node/trusted_clock.h"
#include "steelyard/rating/rater.h"

/// One machine's log and core at work together: facts in, acknowledged when they are on disk.
namespace steelyard::node {

struct NodeOptions {
  TrustedClock::Source clock;
  /// Opens although the log's last record is of a later time than the clock says.
  bool accepts_clock = false;
  std::int64_t future_micros_max = std::int64_t{5} * 60 * 1'000'000;  ///< Of an event's time.
  core::NameLimits name_limits = {};
  EventsApplied events_applied = {};
  /// Told of a source whose clock is more than two minutes ahead; on the caller's thread.
  std::function<void(const SourceClocks::Ahead&)> source_is_ahead = {};
  /// Where a start notes how far it is, so that a record that ends the process does not do so for
  /// ever: see ReplayGuard. Empty: nowhere.
  std::string guarded_folder = {};
  log::Files* guarded_files = nullptr;  ///< That of the folder; nothing: the machine's.
  /// Of the log, so many of its last segments (64 MiB) are checked before the node opens, the
  /// others behind its back.
  std::size_t checked_segments = 16;
  std::function<void(const Error&)> log_is_damaged = [](const Error&) {};
  /// Told now and then how far the replay is: records.
  std::function<void(std::uint64_t)> replaying = {};
};

/// A text of events on its way through the node: read, on disk, applied. Pooled.
class EventBatch {
 public:
  EventBatch(const rating::Rater& rater, identity::KeyMaker keys)
      : rater_(&rater), reader_(rater, keys) {
    reader_.keep_details();
  }

  /// That its events were rated with.
  const rating::Rater& rater() const { return *rater_; }
  std::span<const batch::Record> records() { return reader_.records(); }
  std::span<const batch::EventDetail> details() { return reader_.details(); }

 private:
  friend class Node;
  const rating::Rater* rater_;
  std::string text_;
  batch::ChunkRater reader_;
};

/// How events are taken.
struct Intake {
  bool may_take_back_calls = false;  ///< Events ai.model.void: of this program only.
  bool is_all_or_nothing = false;    ///< If one of them is not rated, none is kept.
};

/// What became of events or a command: the answer, or that it is not known to be on disk.
using EventsDone = std::function<void(Result<EventBatch*>)>;
using CommandDone = std::function<void(Result<core::Answer>, const core::Core&)>;

/// Takes facts from any thread. An event is read and rated on the caller's thread; a batch is one
/// entry of the log's order; the core applies entries one after the other once they are on disk,
/// on its own thread, and there the caller is answered.
class Node {
 public:
  /// Takes what the keeper kept, and replays the log from there. `initial`: the prices until some
  /// are published. Errors: those of reading them; file_is_malformed where a record can not be
  /// read; invalid_time where the clock is more than five minutes behind the log;
  /// record_ends_server where a record has ended two starts.
  [[nodiscard]] static Result<std::unique_ptr<Node>> open(
      std::shared_ptr<const rating::Rater> initial, std::unique_ptr<log::LocalLog> log,
      std::unique_ptr<Keeper> keeper, NodeOptions options);
  /// Ends when all that was taken is answered.
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// `lines`: events, each a line. The records of rejected ones say why; they are not kept.
  /// Errors, to `done`: overloaded, disk_full. The batch is valid during the call.
  void take_events(std::uint32_t tenant, std::string_view lines, EventsDone done,
                   Intake intake = {});

  /// Errors: those of read_command, at once; overloaded, disk_full, to `done`.
  [[nodiscard]] Result<void> take_command(std::uint32_t tenant, std::string text, CommandDone done);

  /// Puts prices into force, by whom, for all facts that are taken from now on; waits for it, and
  /// nothing else is taken meanwhile. Then what came without a price is tried again. The same
  /// prices as those in force: nothing happens. `prices.hash` may be empty: it is computed. Errors:
  /// price_book_is_invalid (also: another currency); overloaded, disk_full, store_failed.
  [[nodiscard]] Result<void> publish(core::PublishPrices prices, std::string by = {});

  /// A zone, and the first instant at which its clocks are other ones than were known.
  struct ZoneChange {
    std::string zone;
    base::Instant at;
  };

  /// Puts this machine's rules of time zones into the log and into force, for those zones where it
  /// has other ones than the core, or the core has none: behind the end of the month that is open
  /// by the old rules. Waits for it. Returns what changes. Errors: as `publish`.
  [[nodiscard]] Result<std::vector<ZoneChange>> take_zone_rules_of_machine();

  const Prices& prices() const { return prices_; }

  /// Lets time pass: writes a tick, if a hold, a grant or a proposal is due; keeps state now and
  /// then. About ten times a second.
  void tick();

  /// Keeps all that the core knows, so that the next start replays nothing. Nothing may be taken
  /// meanwhile. Requires: the views have everything.
  [[nodiscard]] Result<void> keep();

  /// Runs something with the core, on its thread, and waits for it.
  void ask(const std::function<void(const core::Core&)>& question);

  /// The same, once the core has applied all records up to a head of the log and none behind it.
  /// Nothing is held up for it but what the question itself takes. Errors: storage_failed.
  [[nodiscard]] Result<void> ask_at_head(
      const std::function<void(const log::ChainPoint& head, const core::Core&)>& question);

  const TrustedClock& clock() const { return clock_; }
  /// By that clock.
  base::Instant now() const;
  /// The sources whose clocks are ahead.
  std::vector<SourceClocks::Ahead> sources_ahead() {
    return source_clocks_.ahead(clock_.now_micros());
  }

  /// The last sequence that the core has applied.
  std::uint64_t applied() const { return applied_.load(std::memory_order_acquire); }
  log::LocalLog& log() { return *log_; }

 private:
  Node(std::shared_ptr<const rating::Rater> initial, std::unique_ptr<log::LocalLog> log,
       std::unique_ptr<Keeper> keeper, NodeOptions options);
  Result<std::uint64_t> take_up(ReplayGuard& guard);
  Result<std::uint64_t> restore();
  std::unique_ptr<core::Core> make_core(const rating::Rater& rater, const base::ZoneBook& zones);
  Result<core::Core*> make_core_anew(const core::GivenCommand& given, const core::Place& place,
                                     SharedRater rater = {});
  Result<void> put_into_force(const core::GivenCommand& given, const SharedRater& rater = {});
  Result<void> check_keeping();
  std::vector<core::SetZoneRules> changed_zone_rules();
  Result<void> replay(std::uint64_t behind, ReplayGuard& guard);
  void run_core();
  void enqueue(std::function<void()> task);
  Result<void> check_clock();
  std::int64_t next_micros();
  void append(std::string bytes, std::vector<std::uint32_t> ends,
              std::function<void(Result<core::Place>)> durable, std::uint32_t tenant);
  std::unique_ptr<EventBatch> borrow();
  void give_back(std::unique_ptr<EventBatch> batch);
  void refuse_some(EventBatch& batch, std::uint32_t tenant, Intake intake);

  NodeOptions options_;
  mutable TrustedClock clock_;
  SourceClocks source_clocks_;
  NameQuota name_quota_;
  Prices prices_;

  // Events are rated and put into the log under a shared lock of the second, prices are published
  // under a lock of both: who comes behind the publisher waits at the first.
  std::mutex intake_gate_;
  std::shared_mutex intake_;
  const rating::Rater* intake_rater_ = nullptr;

  std::unique_ptr<Keeper> keeper_;
  std::unique_ptr<core::Core> core_;
  std::unique_ptr<log::LocalLog> log_;

  std::mutex order_mutex_;  // Of the log's order and the time in it.
  std::int64_t last_micros_ = 0;

  std::mutex pool_mutex_;
  static constexpr std::size_t pool_max = 64;
  std::vector<std::unique_ptr<EventBatch>> pool_;

  std::mutex queue_mutex_;
  std::condition_variable queue_changed_;
  std::deque<std::function<void()>> queue_;
  bool is_stopping_ = false;
  std::atomic<std::uint64_t> applied_{0};
  std::thread core_thread_;
  std::optional<Scrub> scrub_;
  std::optional<LateRating> late_rating_;
};

}  // namespace steelyard::node
