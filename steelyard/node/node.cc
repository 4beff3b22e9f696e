#include "steelyard/node/node.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <future>

#include "steelyard/base/check.h"
#include "steelyard/base/exit_status.h"
#include "steelyard/base/limits.h"
#include "steelyard/base/thread.h"
#include "steelyard/log/chain_mark.h"
#include "steelyard/node/replay.h"
#include "steelyard/pricebook/content_hash.h"
#include "steelyard/report/json_text.h"

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

void append_texts(const pricebook::Files& texts, std::string& to) {
  to += '{';
  for (const auto& [name, content] : texts) {
    if (to.back() != '{') to += ',';
    report::append_json_string(name, to);
    to += ':';
    report::append_json_string(content, to);
  }
  to += '}';
}

std::string text_of(const core::SetZoneRules& zone) {
  std::string text = R"({"command":"set_zone_rules","zone":)";
  report::append_json_string(zone.rules->zone, text);
  if (zone.changes_at.has_value()) {
    text += R"(,"changes_at":)";
    report::append_json_string(base::to_rfc3339(*zone.changes_at), text);
  }
  text += R"(,"rules":)";
  report::append_json_string(base::text_of(*zone.rules), text);
  return text + "}";
}

/// As read_command reads it.
std::string text_of(const core::GivenCommand& given) {
  if (const auto* const zone = std::get_if<core::SetZoneRules>(&given.what)) return text_of(*zone);
  const auto& prices = std::get<core::PublishPrices>(given.what);
  std::string text = R"({"command":"publish_prices","hash":)";
  report::append_json_string(prices.hash, text);
  text += R"(,"origin":)";
  report::append_json_string(prices.origin, text);
  if (!given.by.empty()) {
    text += R"(,"by":)";
    report::append_json_string(given.by, text);
  }
  if (!prices.note.empty()) {
    text += R"(,"note":)";
    report::append_json_string(prices.note, text);
  }
  if (!prices.zone_rules.empty()) {
    pricebook::Files rules;
    for (const base::SharedZoneRules& each : prices.zone_rules) {
      rules.emplace(each->zone, base::text_of(*each));
    }
    text += R"(,"zone_rules":)";
    append_texts(rules, text);
  }
  text += R"(,"files":)";
  append_texts(prices.files, text);
  return text + "}";
}

void refuse(batch::Record& record, ErrorCode reason, std::string detail) {
  record.status = Status::rejected;
  record.reason = reason;
  record.detail = std::move(detail);
}

bool are_all_rated(std::span<const batch::Record> records) {
  return std::ranges::all_of(
      records, [](const batch::Record& record) { return record.status == Status::rated; });
}

/// For what the first that is not rated is. Requires: there is one.
void refuse_all(std::span<batch::Record> records) {
  const auto not_rated = std::ranges::find_if(
      records, [](const batch::Record& record) { return record.status != Status::rated; });
  const ErrorCode reason = not_rated->reason;
  const std::string detail = not_rated->detail;
  for (batch::Record& record : records) refuse(record, reason, detail);
}

std::int64_t micros_of(base::Instant instant) {
  return instant.seconds * 1'000'000 + instant.nanoseconds / 1'000;
}

}  // namespace

Node::Node(std::shared_ptr<const rating::Rater> initial, std::unique_ptr<log::LocalLog> log,
           std::unique_ptr<Keeper> keeper, NodeOptions options)
    : options_(std::move(options)),
      clock_(options_.clock),
      source_clocks_(options_.source_is_ahead),
      name_quota_(options_.name_limits, keeper->keys()),
      prices_(std::move(initial)),
      keeper_(std::move(keeper)),
      log_(std::move(log)) {
  pool_.reserve(pool_max);
}

Result<std::unique_ptr<Node>> Node::open(std::shared_ptr<const rating::Rater> initial,
                                         std::unique_ptr<log::LocalLog> log,
                                         std::unique_ptr<Keeper> keeper, NodeOptions options) {
  std::unique_ptr<Node> node(
      new Node(std::move(initial), std::move(log), std::move(keeper), std::move(options)));
  ReplayGuard guard;
  if (!node->options_.guarded_folder.empty()) {
    log::Files* const files = node->options_.guarded_files;
    STEELYARD_TRY(begun, ReplayGuard::begin(node->options_.guarded_folder, *node->log_,
                                            files == nullptr ? log::real_files() : *files));
    guard = std::move(begun);
  }
  const auto checked = node->take_up(guard);
  STEELYARD_PASS(guard.end());  // Also where it is refused: that did not end the process.
  STEELYARD_PASS(checked);
  STEELYARD_PASS(node->check_clock());
  node->core_->for_each_name_book([&](std::uint32_t tenant, const core::NameBook& names) {
    node->name_quota_.take(tenant, names.sets());
  });
  node->scrub_.emplace(*node->log_, *checked, node->options_.log_is_damaged);
  node->intake_rater_ = &node->prices_.current();
  node->core_thread_ = std::thread([raw = node.get()] {
    base::name_thread("core");
    raw->run_core();
  });
  node->late_rating_.emplace(*node);
  node->late_rating_->prices_changed();  // What a stop interrupted.
  return node;
}

/// Returns the sequence from which the log was checked.
Result<std::uint64_t> Node::take_up(ReplayGuard& guard) {
  guard.note({0, 0});
  STEELYARD_TRY(behind, restore());
  guard.note({});
  // What is not replayed is not read otherwise.
  const std::uint64_t checked = begin_of_last_segments(*log_, options_.checked_segments);
  STEELYARD_PASS(check_log(*log_, checked, behind + 1));
  STEELYARD_PASS(replay(behind, guard));
  return std::min(checked, behind + 1);
}

std::unique_ptr<core::Core> Node::make_core(const rating::Rater& rater,
                                            const base::ZoneBook& zones) {
  return std::make_unique<core::Core>(rater, keeper_->identities(), keeper_->keys(), zones);
}

/// What can not be used is forgotten: it is a view of the log.
Result<std::uint64_t> Node::restore() {
  const auto take_kept = [&]() -> Result<std::uint64_t> {
    STEELYARD_TRY(kept, keeper_->prices());
    STEELYARD_TRY(zones, keeper_->zones());
    STEELYARD_TRY(rater, kept.has_value() ? prices_.rater_for(kept->what, zones)
                                          : prices_.rater_for(core::Core::Published(), zones));
    core_ = make_core(*rater, zones);
    STEELYARD_TRY(behind, keeper_->restore(*core_));
    if (behind >= log_->durable_end()) {
      return log::log_was_lost(*log_, "state", behind);
    }
    prices_.set(core_->published_prices(), std::move(rater), zones);
    return behind;
  };
  auto behind = take_kept();
  const bool is_usable =
      behind.has_value() || (behind.error().code != ErrorCode::file_is_malformed &&
                             behind.error().code != ErrorCode::price_book_is_invalid);
  if (is_usable) return behind;
  STEELYARD_PASS(keeper_->forget());
  core_ = make_core(prices_.current(), {});
  return 0;
}

/// The core's thread, or before it runs. `rater`: one of the command's prices, if it is there.
Result<core::Core*> Node::make_core_anew(const core::GivenCommand& given, const Place& place,
                                         SharedRater rater) {
  const base::ZoneBook zones = core_->zones_behind(given.what);
  if (rater == nullptr || !computes_with(*rater, zones)) {
    STEELYARD_TRY(made, prices_.rater_behind(given.what, *core_));
    rater = std::move(made);
  }
  STEELYARD_PASS(keeper_->finish(*core_, place.sequence - 1));
  auto next = make_core(*rater, zones);
  if (keeper_->kept() > 0) STEELYARD_PASS(keeper_->restore(*next));
  next->apply(given.what, place, given.by);
  core_ = std::move(next);
  prices_.set(core_->published_prices(), std::move(rater), zones);
  return core_.get();
}

Node::~Node() {
  late_rating_.reset();
  scrub_.reset();
  log_.reset();  // Completes what waits.
  if (!core_thread_.joinable()) return;
  {
    const std::lock_guard lock(queue_mutex_);
    is_stopping_ = true;
  }
  queue_changed_.notify_one();
  core_thread_.join();
}

Result<void> Node::replay(std::uint64_t behind, ReplayGuard& guard) {
  const auto make_anew = [this](const core::GivenCommand& given, const Place& place) {
    return make_core_anew(given, place);
  };
  Replay replay(*core_, make_anew, options_.events_applied);
  replay.watch([&guard](const RecordRange& applying) { guard.note(applying); }, guard.suspects());
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

/// A log that is ahead of the clock: one of them is wrong, and who knows which is not here.
Result<void> Node::check_clock() {
  const std::int64_t now = clock_.now_micros();
  if (options_.accepts_clock || last_micros_ <= now + TrustedClock::jump_micros) return {};
  return failure(ErrorCode::invalid_time,
                 "the clock says " + base::to_rfc3339(instant_of(now)) +
                     ", the last record of the log is of " +
                     base::to_rfc3339(instant_of(last_micros_)) +
                     ": set the clock, or go on from the log's time with --accept-clock");
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
  last_micros_ = std::max(last_micros_ + 1, clock_.now_micros());
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

/// Requires: intake_ is held.
std::unique_ptr<EventBatch> Node::borrow() {
  const std::lock_guard lock(pool_mutex_);
  while (!pool_.empty()) {
    std::unique_ptr<EventBatch> batch = std::move(pool_.back());
    pool_.pop_back();
    if (&batch->rater() == intake_rater_) return batch;
  }
  return std::make_unique<EventBatch>(*intake_rater_, keeper_->keys());
}

/// Asks for no memory: a destructor calls it, which could not say that there is none.
void Node::give_back(std::unique_ptr<EventBatch> batch) {
  constexpr std::size_t kept_bytes_max = std::size_t{4} * 1024 * 1024;
  const std::lock_guard lock(pool_mutex_);
  if (batch->text_.capacity() <= kept_bytes_max && pool_.size() < pool_max) {
    pool_.push_back(std::move(batch));
  }
}

/// An event of the future is rejected here, where there is a clock, by the later of the two times;
/// so is one that is older than any ledger, and one that only this program may write.
void Node::refuse_some(EventBatch& batch, std::uint32_t tenant, Intake intake) {
  const std::int64_t believed = clock_.now_micros();
  const std::int64_t now = std::max(believed, options_.clock.wall_micros());
  const base::Instant noted = instant_of(now + SourceClocks::noted_micros);
  const base::Instant latest = instant_of(now + options_.future_micros_max);
  const auto details = batch.reader_.details();
  const auto records = batch.reader_.records();
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (records[i].status == Status::rejected) continue;
    if (details[i].type == usage::EventType::model_void && !intake.may_take_back_calls) {
      refuse(records[i], ErrorCode::unknown_type,
             "/type: ai.model.void is not taken; POST /v1/corrections/void takes a call back");
      continue;
    }
    if (details[i].time >= noted) {
      source_clocks_.note(tenant, records[i].source, micros_of(details[i].time) - now, believed);
    }
    const bool is_too_old = details[i].time.seconds < limits::usage_second_min;
    if (details[i].time <= latest && !is_too_old) continue;
    refuse(records[i], ErrorCode::invalid_time,
           "/time: " + base::to_rfc3339(details[i].time) +
               (is_too_old ? " is before 1970" : " is in the future"));
  }
  // They take no names.
  if (intake.is_all_or_nothing && !are_all_rated(records)) return refuse_all(records);
  name_quota_.admit(tenant, records, details, [](batch::Record& record, std::string why) {
    refuse(record, ErrorCode::too_many_names, std::move(why));
  });
  if (!intake.is_all_or_nothing || are_all_rated(records)) return;
  name_quota_.give_back(tenant, records, details);
  refuse_all(records);
}

void Node::take_events(std::uint32_t tenant, std::string_view lines, EventsDone done,
                       Intake intake) {
  std::shared_lock lock(intake_, std::defer_lock);
  {
    const std::lock_guard gate(intake_gate_);
    lock.lock();
  }
  std::unique_ptr<EventBatch> batch = borrow();
  batch->text_.assign(lines);
  if (!batch->text_.ends_with('\n')) batch->text_ += '\n';
  const std::size_t size = batch->text_.size();
  batch->text_.append(json::Document::padding, '\0');
  batch->reader_.rate({batch->text_.data(), size});
  refuse_some(*batch, tenant, intake);

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
  const auto apply = [this, tenant, shared, count,
                      done = std::move(done)](const Result<Place>& place) {
    enqueue([this, tenant, shared, count, done, place] {
      if (!place.has_value()) {
        name_quota_.give_back(tenant, shared->records(), shared->details());
        return done(std::unexpected(place.error()));
      }
      core_->apply(shared->reader_, *place);
      name_quota_.applied(place->tenant, shared->records(), shared->details());
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
  // Shared, because what waits is handed on several times.
  struct Waiting {
    core::GivenCommand command;
    CommandDone done;
  };
  const auto waiting = std::make_shared<const Waiting>(std::move(command), std::move(done));
  append(
      std::move(bytes), std::move(ends),
      [this, waiting](const Result<Place>& place) {
        enqueue([this, waiting, place] {
          const auto& [given, told] = *waiting;
          if (!place.has_value()) return told(std::unexpected(place.error()), *core_);
          core::Answer answer = core_->apply(given.what, *place, given.by);
          applied_.store(place->sequence, std::memory_order_release);
          told(std::move(answer), *core_);
        });
      },
      tenant);
  return {};
}

Result<void> Node::check_keeping() {
  bool can_be_kept = true;
  ask([&](const core::Core&) { can_be_kept = !keeper_->has_failed(); });
  if (can_be_kept) return {};
  return failure(ErrorCode::store_failed,
                 "state can not be written; start the server again, then publish");
}

Result<void> Node::publish(core::PublishPrices prices, std::string by) {
  base::ZoneBook zones;
  ask([&](const core::Core& core) { zones = core.zones(); });
  // By this machine's rules first: they refuse times that a zone skips or has twice.
  STEELYARD_PASS(pricebook::load(prices.files, "that was published"));
  STEELYARD_TRY(rater, prices_.rater_for(prices, zones));
  prices.hash = pricebook::content_hash(rater->book());
  const std::lock_guard gate(intake_gate_);
  const std::unique_lock intake(intake_);
  const core::Core::Published published = prices_.published();
  if (!published.empty() && published.back()->what.hash == prices.hash) return {};
  if (rater->currency() != prices_.current().currency()) {
    return failure(ErrorCode::price_book_is_invalid, "currency " + std::string(rater->currency()) +
                                                         ": the accounts of this server are in " +
                                                         std::string(prices_.current().currency()));
  }
  STEELYARD_PASS(check_keeping());
  for (const pricebook::PriceBook& version : rater->book().versions) {
    if (!zones.lacks(version.time_zone)) continue;
    zones.set(version.rules_of_zone());
    prices.zone_rules.push_back(version.rules_of_zone());
  }
  STEELYARD_PASS(put_into_force({std::move(prices), std::move(by)}, rater));
  late_rating_->prices_changed();
  return {};
}

/// Of what lies behind, nothing is compared: `joined` rules are the old ones there. A zone that
/// this machine does not know keeps its rules.
std::vector<core::SetZoneRules> Node::changed_zone_rules() {
  std::int64_t now = 0;
  {
    const std::lock_guard lock(order_mutex_);
    now = instant_of(std::max(last_micros_, clock_.now_micros())).seconds;
  }
  std::vector<core::SetZoneRules> changed;
  ask([&](const core::Core& core) {
    for (const std::string& zone : core.zones_in_use()) {
      if (!base::is_time_zone(zone)) continue;
      const base::SharedZoneRules old = core.zones().known(zone);
      core::SetZoneRules command{.rules = base::zone_rules_of_machine(zone), .changes_at = {}};
      if (old != nullptr) {
        const std::int64_t month_end = base::Calendar(old).month(now).to;
        command.rules = base::joined(*old, *command.rules, month_end);
        const auto change = base::first_difference(*old, *command.rules);
        if (!change.has_value()) continue;
        command.changes_at = base::Instant{*change, 0};
      }
      changed.push_back(std::move(command));
    }
  });
  return changed;
}

Result<std::vector<Node::ZoneChange>> Node::take_zone_rules_of_machine() {
  const std::lock_guard gate(intake_gate_);
  const std::unique_lock intake(intake_);
  std::vector<ZoneChange> changes;
  for (core::SetZoneRules& each : changed_zone_rules()) {
    STEELYARD_PASS(check_keeping());
    if (each.changes_at.has_value()) changes.push_back({each.rules->zone, *each.changes_at});
    STEELYARD_PASS(put_into_force({std::move(each), {}}));
  }
  return changes;
}

/// Once it is in the log there is no way back: where the core can not follow, the process ends, and
/// the next start replays. Requires: nothing is taken meanwhile.
Result<void> Node::put_into_force(const core::GivenCommand& given, const SharedRater& rater) {
  std::string bytes;
  core::append_log_record({RecordKind::command, 0, 0, text_of(given)}, bytes);
  std::vector<std::uint32_t> ends{static_cast<std::uint32_t>(bytes.size())};
  std::promise<Result<void>> done;
  append(
      std::move(bytes), std::move(ends),
      [&](const Result<Place>& place) {
        enqueue([&, place] {
          if (!place.has_value()) return done.set_value(std::unexpected(place.error()));
          if (!core_->is_made_anew_by(given.what)) {
            core_->apply(given.what, *place, given.by);
          } else if (auto made = make_core_anew(given, *place, rater); !made.has_value()) {
            std::fprintf(stderr,
                         "steelyard: prices or rules of a time zone are in the log but can not be "
                         "put into force; start the server again: %s\n",
                         made.error().detail.c_str());
            _exit(base::exit_status_of_io_error);
          }
          applied_.store(place->sequence, std::memory_order_release);
          done.set_value({});
        });
      },
      0);
  auto outcome = done.get_future().get();
  intake_rater_ = &prices_.current();
  return outcome;
}

void Node::tick() {
  bool is_due = false;
  const base::Instant now = instant_of(clock_.now_micros());
  ask([&](const core::Core& core) {
    is_due = core.is_due(now);
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

base::Instant Node::now() const { return instant_of(clock_.now_micros()); }

void Node::ask(const std::function<void(const core::Core&)>& question) {
  std::promise<void> asked;
  enqueue([&] {
    question(*core_);
    asked.set_value();
  });
  asked.get_future().wait();
}

Result<void> Node::ask_at_head(
    const std::function<void(const log::ChainPoint& head, const core::Core&)>& question) {
  std::promise<Result<void>> asked;
  log_->between_frames([&](Result<log::ChainPoint> head) {
    if (!head.has_value()) return asked.set_value(std::unexpected(std::move(head).error()));
    enqueue([&, at = *head] {  // Behind what completed before it, in front of what comes now.
      STEELYARD_CHECK(applied() + 1 == at.sequence);
      question(at, *core_);
      asked.set_value({});
    });
  });
  return asked.get_future().get();
}

}  // namespace steelyard::node
