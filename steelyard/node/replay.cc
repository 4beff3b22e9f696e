#include "steelyard/node/replay.h"

#include <algorithm>

namespace steelyard::node {

using batch::Status;
using core::LogRecord;
using core::Place;
using core::RecordKind;

namespace {

constexpr std::size_t batch_events_max = 1'000;
constexpr std::size_t batch_bytes_max = std::size_t{4} * 1024 * 1024;

std::unexpected<Error> malformed(std::uint64_t sequence, const std::string& why) {
  return failure(ErrorCode::file_is_malformed, "sequence " + std::to_string(sequence) + ": " + why);
}

}  // namespace

bool Replay::fits(const LogRecord& record, std::uint64_t sequence) const {
  if (count_ == 0) return true;
  if (suspects_.contains(sequence) || suspects_.contains(first_.sequence)) return false;
  return record.tenant == first_.tenant && record.received() == first_.received &&
         count_ < batch_events_max && text_.size() < batch_bytes_max;
}

void Replay::note(std::uint64_t first, std::size_t count) const {
  if (applying_) applying_({first, first + count - 1});
}

void Replay::add(const LogRecord& record, const Place& place) {
  if (count_ == 0) first_ = place;
  text_ += record.text;
  text_ += '\n';
  ++count_;
}

Result<void> Replay::take(std::uint64_t sequence, std::string_view bytes) {
  const auto record = core::read_log_record(bytes);
  if (!record.has_value()) return malformed(sequence, record.error().detail);
  const Place place{sequence, record->tenant, record->received()};
  if (record->kind == RecordKind::event) {
    if (!fits(*record, sequence)) STEELYARD_PASS(flush());
    add(*record, place);
    return {};
  }
  STEELYARD_PASS(flush());
  note(sequence, 1);
  if (record->kind == RecordKind::tick) {
    core_->tick(place);
    return {};
  }
  const auto command = core::read_command(record->text);
  if (!command.has_value()) return malformed(sequence, command.error().detail);
  if (core_->is_made_anew_by(command->what)) {
    STEELYARD_TRY(changed, make_anew_(*command, place));
    core_ = changed;
    reader_ = core_->make_reader();
    return {};
  }
  core_->apply(command->what, place, command->by);
  return {};
}

Result<void> Replay::flush() {
  if (count_ == 0) return {};
  note(first_.sequence, count_);
  const std::size_t size = text_.size();
  text_.append(json::Document::padding, '\0');
  reader_.rate({text_.data(), size});
  const auto records = reader_.records();
  // What a reader rejects never came to the log: another version wrote it.
  const auto rejected = std::ranges::find(records, Status::rejected, &batch::Record::status);
  if (rejected != records.end()) {
    return malformed(first_.sequence + static_cast<std::uint64_t>(rejected - records.begin()),
                     rejected->detail);
  }
  if (records.size() != count_) return malformed(first_.sequence, "not one event a record");
  core_->apply(reader_, first_);
  if (applied_) applied_(reader_, first_, *core_);
  text_.clear();
  count_ = 0;
  return {};
}

}  // namespace steelyard::node
