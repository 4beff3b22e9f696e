#include "steelyard/node/checkpoints.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <utility>

#include "steelyard/base/check.h"
#include "steelyard/base/hash.h"
#include "steelyard/base/limits.h"
#include "steelyard/base/thread.h"
#include "steelyard/log/file_io.h"
#include "steelyard/node/node.h"

namespace steelyard::node {
namespace {

using checkpoint::Checkpoint;
using checkpoint::Totals;
using money::int128;

bool is_of_the_disk(const Error& error) {
  return error.code == ErrorCode::storage_failed || error.code == ErrorCode::disk_full;
}

std::int64_t day_of(base::Instant instant) { return instant.seconds / 86'400; }

}  // namespace

std::optional<Totals> totals_of(const core::Core& core) {
  std::map<std::string, std::map<std::string, int128>> sums;
  bool fits = true;
  core.ledger().for_each_house_account([&](std::uint32_t, const money::Currency& currency,
                                           ledger::Account account, const ledger::Totals& totals) {
    if (totals.credit_posted == 0 && totals.debit_posted == 0) return;
    int128& sum = sums[std::string(currency.code())][std::string(ledger::name_of(account))];
    if (__builtin_add_overflow(sum, totals.credit_balance().scaled(), &sum)) fits = false;
  });
  Totals totals;
  for (const auto& [currency, accounts] : sums) {
    for (const auto& [account, sum] : accounts) {
      const auto amount = money::Decimal::from_scaled(sum);
      // A checkpoint is read like anything from outside.
      if (!money::Decimal::parse(amount.to_text()).has_value()) fits = false;
      totals[currency][account] = amount;
    }
  }
  if (!fits) return std::nullopt;
  return totals;
}

Stops stops_at(const checkpoint::Witness& witness, std::size_t& compared) {
  Stops stops;
  for (const checkpoint::Witnessed& each : witness.all) {
    stops.sequences.push_back(each.checkpoint.sequence);
  }
  stops.look = [&](std::size_t stop, const core::Core& core) -> Result<void> {
    const auto& [place, checkpoint] = witness.all[stop];
    if (!checkpoint.totals.has_value()) return {};
    ++compared;
    const auto totals = totals_of(core);
    if (totals == checkpoint.totals) return {};
    return failure(ErrorCode::log_is_damaged,
                   place + ": the sums of money were " + checkpoint::text_of(*checkpoint.totals) +
                       " up to record " + std::to_string(checkpoint.sequence) +
                       ", and from the log follow " +
                       (totals.has_value() ? checkpoint::text_of(*totals) : "other ones"));
  };
  return stops;
}

Checkpoints::Checkpoints(log::LocalLog& log, checkpoint::SigningKey key, CheckpointOptions options)
    : log_(&log),
      key_(std::move(key)),
      options_(std::move(options)),
      files_(options_.files != nullptr ? options_.files : &log::real_files()),
      writer_(*files_, options_.folder) {}

Result<std::unique_ptr<Checkpoints>> Checkpoints::open(log::LocalLog& log,
                                                       checkpoint::SigningKey key,
                                                       CheckpointOptions options) {
  std::unique_ptr<Checkpoints> checkpoints(
      new Checkpoints(log, std::move(key), std::move(options)));
  auto prepared = checkpoints->prepare();
  if (prepared.has_value()) return checkpoints;
  if (!is_of_the_disk(prepared.error())) return std::unexpected(std::move(prepared).error());
  checkpoints->tell(prepared.error());
  return checkpoints;
}

Checkpoints::~Checkpoints() { end(); }

Result<void> Checkpoints::prepare() {
  STEELYARD_PASS(log::ensure_directory(*files_, options_.folder));
  STEELYARD_TRY(last, checkpoint::last_line(*files_, options_.folder));
  if (last.has_value()) {
    const std::string place = options_.folder + '/' + last->place.text();
    auto read = checkpoint::checked_line(last->line, key_.public_key());
    if (!read.has_value()) {
      return failure(read.error().code, place + ": " + read.error().detail);
    }
    STEELYARD_PASS(checkpoint::check_store(place, *read, log_->store_id()));
    const std::uint64_t end = log_->durable_end();
    std::optional<log::ChainPoint> found;
    if (read->sequence < end) {
      STEELYARD_TRY(point, log_->point_behind(read->sequence));
      found = point;
    }
    STEELYARD_PASS(checkpoint::check({place, *read}, end, found));
    sequence_ = read->sequence;
    if (!latest().has_value()) offer(*read);
  }
  STEELYARD_PASS(export_key());
  is_prepared_ = true;
  return {};
}

Result<void> Checkpoints::export_key() {
  const std::string name(checkpoint::public_key_name);
  const std::string pem = key_.public_key().pem();
  const auto names = files_->list(options_.folder);
  if (!names.has_value()) {
    return std::unexpected(log::error_of(names.error(), "list", options_.folder));
  }
  if (std::ranges::find(*names, name) == names->end()) {
    STEELYARD_PASS(log::write_file_durably(*files_, options_.folder, name, pem));
    is_new_folder_ = true;
    return {};
  }
  STEELYARD_TRY(there, log::read_file(*files_, options_.folder + '/' + name));
  if (there == pem) return {};
  return failure(ErrorCode::file_is_malformed,
                 options_.folder + '/' + name +
                     ": is not the public part of the key that signs; take another folder for "
                     "another key");
}

void Checkpoints::begin(Node& node) {
  node_ = &node;
  thread_ = std::thread([this, &node] { run(node); });
}

void Checkpoints::end() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard guard(mutex_);
    is_over_ = true;
  }
  over_.notify_all();
  thread_.join();
  sign(*node_);
}

void Checkpoints::run(Node& node) {
  base::give_way("checkpoints");
  std::unique_lock guard(mutex_);
  do {
    guard.unlock();
    sign(node);
    guard.lock();
  } while (!over_.wait_for(guard, options_.every, [this] { return is_over_; }));
}

/// Signing and writing are done here; the log's thread only says where it is, the core's adds up.
void Checkpoints::sign(Node& node) {
  const std::uint64_t end = log_->durable_end();
  if (end == 1 || (end == sequence_ + 1 && is_prepared_)) return;
  Checkpoint checkpoint;
  checkpoint.store = log_->store_id();
  const auto asked = node.ask_at_head([&](const log::ChainPoint& head, const core::Core& core) {
    checkpoint.sequence = head.sequence - 1;
    checkpoint.frame_number = head.frame_number - 1;
    checkpoint.head = head.previous_hash;
    checkpoint.received = core.last_received();
    checkpoint.totals = totals_of(core);
  });
  if (!asked.has_value()) return;  // The log has said so, and ends the process.
  offer(checkpoint);
  if (auto written = write(checkpoint); !written.has_value()) return tell(written.error());
  sequence_ = checkpoint.sequence;
  if (is_failing_.exchange(false)) options_.goes_on();
}

Result<void> Checkpoints::write(const Checkpoint& checkpoint) {
  if (!is_prepared_) {
    auto prepared = prepare();
    if (!prepared.has_value() && prepared.error().code == ErrorCode::log_is_damaged) {
      options_.log_differs(prepared.error());
    }
    STEELYARD_PASS(prepared);
    if (checkpoint.sequence <= sequence_) return {};
  }
  std::string line = checkpoint::signed_line(checkpoint, key_);
  if (line.size() > limits::checkpoint_line_bytes_max) {  // Of very many currencies.
    line = checkpoint::signed_line(checkpoint, key_, checkpoint::Shows::no_totals);
  }
  return writer_.append(line, day_of(checkpoint.received));
}

void Checkpoints::offer(const Checkpoint& checkpoint) {
  std::string line = checkpoint::signed_line(checkpoint, key_, checkpoint::Shows::no_totals);
  const std::lock_guard guard(mutex_);
  latest_ = std::move(line);
}

void Checkpoints::tell(const Error& error) {
  if (!is_failing_.exchange(true)) options_.failed(error);
}

std::optional<std::string> Checkpoints::latest() const {
  const std::lock_guard guard(mutex_);
  return latest_;
}

}  // namespace steelyard::node
