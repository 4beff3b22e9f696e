#include "steelyard/node/node.h"

#include <algorithm>
#include <cstring>
#include <future>

#include "steelyard/base/check.h"
#include "steelyard/base/limits.h"
#include "steelyard/node/replay.h"

namespace steelyard::node {
namespace {

using batch::Status;
using core::LogRecord;
using core::Place;
using core::RecordKind;

constexpr std::uint64_t replay_report_records = 100'000;

base::Instant instant_of(std::int64_t micros) {
  return {micros / 1'000'000, static_cast<std::uint32_t>(micros % 1'000'000 * 1'000)};
}

std::int64_t micros_of(base::Instant instant) {
  return instant.seconds * 1'000'000 + instant.nanoseconds / 1'000;
}

}  // namespace

Node::Node(std::unique_ptr<log::LocalLog> log, std::unique_ptr<Keeper> keeper, NodeOptions options)
    : options_(std::move(options)), keeper_(std::move(keeper)), log_(std::move(log)) {}

Result<std::unique_ptr<Node>> Node::open(const rating::Rater& rater,
                                         std::unique_ptr<log::LocalLog> log,
                                         std::unique_ptr<Keeper> keeper, NodeOptions options) {
  std::unique_ptr<Node> node(new Node(std::move(log), std::move(keeper), std::move(options)));
  STEELYARD_TRY(behind, node->restore(rater));
  STEELYARD_PASS(node->replay(behind));
  node->core_thread_ = std::thread([raw = node.get()] { raw->run_core(); });
  return node;
}

/// What can not be used is forgotten: it is a view of the log.
Result<std::uint64_t> Node::restore(const rating::Rater& rater) {
  const auto begin = [&] {
    core_ = std::make_unique<core::Core>(rater, keeper_->identities(), keeper_->keys());
  };
  begin();
  auto restored = keeper_->restore(*core_);
  if (restored.has_value() && *restored < log_->durable_end()) return restored;
  if (!restored.has_value() && restored.error().code != ErrorCode::file_is_malformed) {
    return restored;
  }
  STEELYARD_PASS(keeper_->forget());
  begin();
  return 0;
}

Node::~Node() {
  log_.reset();  // Completes what waits.
  if (!core_thread_.joinable()) return;
  {
    const std::lock_guard lock(queue_mutex_);
    is_stopping_ = true;
  }
  queue_changed_.notify_one();
  core_thread_.join();
}

Result<void> Node::replay(std::uint64_t behind) {
  Replay replay(*core_, options_.events_applied);
  Result<void> outcome;
  STEELYARD_TRY(end, log_->read(behind + 1, [&](std::uint64_t sequence, std::string_view bytes) {
    outcome = replay.take(sequence, bytes);
    if (options_.replaying && sequence % replay_report_records == 0) options_.replaying(sequence);
    return outcome.has_value();
  }));
  STEELYARD_PASS(outcome);
  STEELYARD_PASS(replay.flush());
  last_micros_ = micros_of(core_->last_received());
  applied_ = end - 1;
  return {};
}

void Node::run_core() {
  std::unique_lock lock(queue_mutex_);
  while (true) {
    queue_changed_.wait(lock, [this] { return is_stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const std::function<void()> task = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    task();
    lock.lock();
  }
}

void Node::enqueue(std::function<void()> task) {
  {
    const std::lock_guard lock(queue_mutex_);
    queue_.push_back(std::move(task));
  }
  queue_changed_.notify_one();
}

/// Rises even where the clock does not. Requires: order_mutex_.
std::int64_t Node::next_micros() {
  last_micros_ = std::max(last_micros_ + 1, options_.wall_micros());
  return last_micros_;
}

/// `bytes`: records whose times are set here. `durable` is called in the order of the log, on a
/// thread of the log.
void Node::append(std::string bytes, std::vector<std::uint32_t> ends,
                  std::function<void(Result<Place>)> durable, std::uint32_t tenant) {
  const std::lock_guard lock(order_mutex_);
  const std::int64_t micros = next_micros();
  std::uint32_t begin = 0;
  for (const std::uint32_t end : ends) {
    std::memcpy(bytes.data() + begin + core::log_record_time_at, &micros, sizeof micros);
    begin = end;
  }
  auto submitted =
      log_->append({std::move(bytes), std::move(ends)},
                   [durable, tenant, micros](const Result<log::Appended>& appended) {
                     if (!appended.has_value()) return durable(std::unexpected(appended.error()));
                     durable(Place{appended->first_sequence, tenant, instant_of(micros)});
                   });
  if (!submitted.has_value()) durable(std::unexpected(std::move(submitted).error()));
}

std::unique_ptr<EventBatch> Node::borrow() {
  const std::lock_guard lock(pool_mutex_);
  if (pool_.empty()) return std::make_unique<EventBatch>(core_->make_reader());
  std::unique_ptr<EventBatch> batch = std::move(pool_.back());
  pool_.pop_back();
  return batch;
}

void Node::give_back(std::unique_ptr<EventBatch> batch) {
  constexpr std::size_t kept_bytes_max = std::size_t{4} * 1024 * 1024;
  constexpr std::size_t kept_max = 64;
  const std::lock_guard lock(pool_mutex_);
  if (batch->text_.capacity() <= kept_bytes_max && pool_.size() < kept_max) {
    pool_.push_back(std::move(batch));
  }
}

/// An event of the future is rejected here, where there is a clock; so is one that is older than
/// any ledger.
void Node::refuse_times(EventBatch& batch) const {
  const base::Instant latest = instant_of(options_.wall_micros() + options_.future_micros_max);
  const auto details = batch.reader_.details();
  const auto records = batch.reader_.records();
  for (std::size_t i = 0; i < records.size(); ++i) {
    const bool is_too_old = details[i].time.seconds < limits::usage_second_min;
    if (records[i].status == Status::rejected || (details[i].time <= latest && !is_too_old)) {
      continue;
    }
    records[i].status = Status::rejected;
    records[i].reason = ErrorCode::invalid_time;
    records[i].detail = "/time: " + base::to_rfc3339(details[i].time) +
                        (is_too_old ? " is before 1970" : " is in the future");
  }
}

void Node::take_events(std::uint32_t tenant, std::string_view lines, EventsDone done) {
  std::unique_ptr<EventBatch> batch = borrow();
  batch->text_.assign(lines);
  if (!batch->text_.ends_with('\n')) batch->text_ += '\n';
  const std::size_t size = batch->text_.size();
  batch->text_.append(json::Document::padding, '\0');
  batch->reader_.rate({batch->text_.data(), size});
  refuse_times(*batch);

  std::string bytes;
  bytes.reserve(size + batch->records().size() * core::log_record_header_bytes);
  std::vector<std::uint32_t> ends;
  ends.reserve(batch->records().size());
  for (std::size_t i = 0; i < batch->records().size(); ++i) {
    if (batch->records()[i].status == Status::rejected) continue;
    core::append_log_record({RecordKind::event, tenant, 0, batch->details()[i].text}, bytes);
    ends.push_back(static_cast<std::uint32_t>(bytes.size()));
  }
  const std::shared_ptr<EventBatch> shared(
      batch.release(), [this](EventBatch* each) { give_back(std::unique_ptr<EventBatch>(each)); });
  const std::uint64_t count = ends.size();
  const auto apply = [this, shared, count, done = std::move(done)](const Result<Place>& place) {
    enqueue([this, shared, count, done, place] {
      if (!place.has_value()) return done(std::unexpected(place.error()));
      core_->apply(shared->reader_, *place);
      if (options_.events_applied) options_.events_applied(shared->reader_, *place, *core_);
      if (count > 0) applied_.store(place->sequence + count - 1, std::memory_order_release);
      done(shared.get());
    });
  };
  if (ends.empty()) return apply(Place{0, tenant, {}});
  append(std::move(bytes), std::move(ends), apply, tenant);
}

Result<void> Node::take_command(std::uint32_t tenant, std::string text, CommandDone done) {
  STEELYARD_TRY(command, core::read_command(text));
  std::string bytes;
  core::append_log_record({RecordKind::command, tenant, 0, text}, bytes);
  std::vector<std::uint32_t> ends{static_cast<std::uint32_t>(bytes.size())};
  append(
      std::move(bytes), std::move(ends),
      [this, command = std::move(command), done = std::move(done)](const Result<Place>& place) {
        enqueue([this, command, done, place] {
          if (!place.has_value()) return done(std::unexpected(place.error()), *core_);
          core::Answer answer = core_->apply(command, *place);
          applied_.store(place->sequence, std::memory_order_release);
          done(std::move(answer), *core_);
        });
      },
      tenant);
  return {};
}

void Node::tick() {
  bool is_due = false;
  const base::Instant now = instant_of(options_.wall_micros());
  ask([&](const core::Core& core) {
    is_due = core.ledger().is_due(now);
    keeper_->step(*core_, applied());
  });
  if (!is_due) return;
  std::string bytes;
  core::append_log_record({RecordKind::tick, 0, 0, {}}, bytes);
  std::vector<std::uint32_t> ends{static_cast<std::uint32_t>(bytes.size())};
  append(
      std::move(bytes), std::move(ends),
      [this](const Result<Place>& place) {
        if (!place.has_value()) return;  // The next tick does the same.
        enqueue([this, place] {
          core_->tick(*place);
          applied_.store(place->sequence, std::memory_order_release);
        });
      },
      0);
}

Result<void> Node::keep() {
  Result<void> kept;
  ask([&](const core::Core&) { kept = keeper_->finish(*core_, applied()); });
  return kept;
}

void Node::ask(const std::function<void(const core::Core&)>& question) {
  std::promise<void> asked;
  enqueue([&] {
    question(*core_);
    asked.set_value();
  });
  asked.get_future().wait();
}

}  // namespace steelyard::node
