#include "steelyard/log/local_log.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <future>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "steelyard/base/check.h"
#include "steelyard/base/exit_status.h"
#include "steelyard/base/limits.h"
#include "steelyard/base/thread.h"
#include "steelyard/log/file_io.h"
#include "steelyard/log/frame_reader.h"

namespace steelyard::log {
namespace {

constexpr std::int64_t full_for_ms = 1'000;

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

[[noreturn]] void end_process(const Error& error) {
  std::fprintf(stderr, "steelyard: the log can not be written any more: %s\n",
               error.detail.c_str());
  _exit(base::exit_status_of_io_error);
}

/// DIR/store, created with an empty log only: with segments it is missing, not new.
Result<StoreId> identity_of(Files& files, const std::string& directory) {
  const auto names = files.list(directory);
  if (!names.has_value()) return std::unexpected(error_of(names.error(), "list", directory));
  for (const std::string& name : *names) {
    if (name == "store") return read_store_id(files, directory);
  }
  const auto log_names = files.list(directory + "/log");
  if (!log_names.has_value()) {
    return std::unexpected(error_of(log_names.error(), "list", directory + "/log"));
  }
  if (!log_names->empty()) {
    return failure(ErrorCode::log_is_damaged,
                   directory + "/store: is missing, and there is a log that it belongs to");
  }
  return create_store_id(files, directory);
}

void check_batch(const Batch& batch) {
  STEELYARD_CHECK(!batch.ends.empty());
  STEELYARD_CHECK(batch.ends.back() == batch.bytes.size());
  std::uint32_t last = 0;
  for (const std::uint32_t end : batch.ends) {
    STEELYARD_CHECK(last <= end);
    last = end;
  }
}

}  // namespace

Result<std::unique_ptr<LocalLog>> LocalLog::open(const std::string& directory, Options options) {
  Files& plain = options.files != nullptr ? *options.files : real_files();
  STEELYARD_CHECK(options.queue_bytes_max >= frame_payload_bytes_max);
  STEELYARD_PASS(ensure_directory(plain, directory));
  STEELYARD_TRY(lock, DirectoryLock::take(plain, directory));
  Mirroring mirroring;
  if (!options.mirror.empty()) {
    STEELYARD_PASS(ensure_directory(plain, options.mirror));
    STEELYARD_TRY(lock_of_mirror, DirectoryLock::take(plain, options.mirror));
    mirroring.lock = std::move(lock_of_mirror);
    mirroring.mirror = std::make_unique<Mirror>(plain, directory, options.mirror, options.mended);
    STEELYARD_PASS(mirroring.mirror->agree());
    mirroring.files = std::make_unique<MirroredFiles>(plain, directory, options.mirror);
  }
  Files& files = mirroring.files != nullptr ? *mirroring.files : plain;
  const std::string log_directory = directory + "/log";
  STEELYARD_PASS(ensure_directory(files, log_directory));
  STEELYARD_TRY(store, identity_of(files, directory));
  STEELYARD_TRY(tail, recover(files, log_directory, store, options.segment_bytes));
  if (mirroring.mirror != nullptr) STEELYARD_PASS(mirroring.mirror->clear_behind(tail));
  STEELYARD_TRY(mark, WatermarkFile::open(files, log_directory, store));
  return std::unique_ptr<LocalLog>(new LocalLog(std::move(options), files, std::move(mirroring),
                                                log_directory, std::move(lock), store,
                                                std::move(tail), std::move(mark)));
}

LocalLog::LocalLog(Options options, Files& files, Mirroring mirroring, std::string directory,
                   DirectoryLock lock, const StoreId& store, Tail tail, WatermarkFile mark)
    : options_(std::move(options)),
      mirroring_(std::move(mirroring)),
      files_(files),
      directory_(std::move(directory)),
      lock_(std::move(lock)),
      store_(store),
      cut_bytes_(tail.cut_bytes),
      segments_(tail.segments),
      head_(tail.at),
      lock_mark_(landmark(directory_.substr(0, directory_.rfind('/')) + "/lock")),
      segment_mark_(landmark(directory_ + '/' + segments_.back().file_name())),
      durable_end_(tail.at.sequence),
      full_at_ms_(std::numeric_limits<std::int64_t>::min() / 2),
      writer_(files, directory_, store, options_.segment_bytes, std::move(tail)),
      builder_(store),
      mark_(std::move(mark)) {
  if (!options_.on_fatal) options_.on_fatal = end_process;
  thread_ = std::thread([this] {
    base::name_thread("log");
    run();
  });
}

LocalLog::~LocalLog() {
  {
    const std::lock_guard guard(mutex_);
    is_closing_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

Result<void> LocalLog::append(Batch batch, Completion completion) {
  check_batch(batch);
  if (batch.bytes.size() > limits::log_batch_bytes_max ||
      batch.size() > limits::log_batch_records_max) {
    return failure(ErrorCode::too_large, "a batch of " + std::to_string(batch.bytes.size()) +
                                             " bytes in " + std::to_string(batch.size()) +
                                             " records");
  }
  {
    const std::lock_guard guard(mutex_);
    if (has_failed_) return failure(ErrorCode::storage_failed, directory_ + ": the log has ended");
    if (queued_bytes_ + batch.total_bytes() > options_.queue_bytes_max) {
      return failure(ErrorCode::overloaded,
                     std::to_string(queued_bytes_) + " bytes wait to be written");
    }
    const std::size_t bytes = batch.total_bytes();
    queue_.push_back({std::move(batch), std::move(completion)});
    queued_bytes_ += bytes;
  }
  wake_.notify_one();
  return {};
}

Result<std::uint64_t> LocalLog::append_and_wait(Batch batch) {
  std::promise<Result<std::uint64_t>> done;
  std::future<Result<std::uint64_t>> answer = done.get_future();
  STEELYARD_PASS(append(std::move(batch), [&done](Result<Appended> appended) {
    if (appended.has_value()) {
      done.set_value(appended->first_sequence);
    } else {
      done.set_value(std::unexpected(std::move(appended).error()));
    }
  }));
  return answer.get();
}

/// The writing thread.
void LocalLog::run() {
  std::vector<Waiting> taken;
  while (take(taken)) {
    if (!taken.empty()) write(taken);
    taken.clear();
    tell_head();
  }
  if (has_failed_) return;
  if (const auto is = mark_.sync(); !is.has_value()) fail(is.error());
}

/// Waits for batches and takes those of the next frame; none: somebody only asks for the head.
/// False: closed, and nothing is left.
bool LocalLog::take(std::vector<Waiting>& taken) {
  std::unique_lock guard(mutex_);
  wake_.wait(guard,
             [this] { return !queue_.empty() || !waiting_for_head_.empty() || is_closing_; });
  std::size_t bytes = 0;
  std::size_t records = 0;
  while (!queue_.empty()) {
    const Batch& batch = queue_.front().batch;
    const bool fits = bytes + batch.total_bytes() <= options_.frame_bytes_goal &&
                      records + batch.size() <= limits::log_batch_records_max;
    if (!taken.empty() && !fits) break;
    bytes += batch.total_bytes();
    records += batch.size();
    taken.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return !taken.empty() || !waiting_for_head_.empty();
}

void LocalLog::tell_head() {
  std::vector<AtHead> waiting;
  {
    const std::lock_guard guard(mutex_);
    waiting.swap(waiting_for_head_);
  }
  for (AtHead& told : waiting) {
    if (has_failed_) {
      told(failure(ErrorCode::storage_failed, directory_ + ": the log has ended"));
    } else {
      told(head_);
    }
  }
}

void LocalLog::between_frames(AtHead told) {
  {
    const std::lock_guard guard(mutex_);
    waiting_for_head_.push_back(std::move(told));
  }
  wake_.notify_one();
}

void LocalLog::write(std::vector<Waiting>& taken) {
  if (has_failed_) {
    return refuse(taken, {ErrorCode::storage_failed, directory_ + ": the log has ended"});
  }
  builder_.clear();
  for (const Waiting& each : taken) builder_.add(each.batch);
  ChainPoint next;
  const std::uint64_t first_sequence = writer_.at().sequence;
  const std::string_view frame = builder_.build(writer_.at(), next);
  Result<void> written = writer_.make_room(frame.size(), [this](const Segment& segment) {
    Landmark mark = landmark(directory_ + '/' + segment.file_name());
    const std::lock_guard guard(mutex_);
    segments_.push_back(segment);
    segment_mark_ = std::move(mark);
  });
  if (written.has_value()) written = writer_.write(frame, next);
  if (written.has_value()) written = mark_.write({next.frame_number - 1, next.sequence});
  if (!written.has_value()) {
    if (mirroring_.files != nullptr && mirroring_.files->has_second_failed()) {
      written.error().detail += " (in the mirror " + options_.mirror + ")";
    }
    if (written.error().code == ErrorCode::disk_full) {
      full_at_ms_ = now_ms();
    } else {
      fail(written.error());
    }
    return refuse(taken, written.error());
  }
  {
    const std::lock_guard guard(mutex_);
    head_ = next;
  }
  durable_end_.store(next.sequence, std::memory_order_release);
  complete(taken, first_sequence);
  writer_.let_pages_go();
}

void LocalLog::complete(std::vector<Waiting>& taken, std::uint64_t first_sequence) {
  std::size_t bytes = 0;
  for (Waiting& each : taken) {
    bytes += each.batch.total_bytes();
    const std::size_t records = each.batch.size();
    each.completion(Appended{first_sequence, std::move(each.batch)});
    first_sequence += records;
  }
  const std::lock_guard guard(mutex_);
  queued_bytes_ -= bytes;
}

void LocalLog::refuse(std::vector<Waiting>& taken, const Error& error) {
  std::size_t bytes = 0;
  for (Waiting& each : taken) {
    bytes += each.batch.total_bytes();
    each.completion(std::unexpected(error));
  }
  const std::lock_guard guard(mutex_);
  queued_bytes_ -= bytes;
}

void LocalLog::fail(const Error& error) {
  {
    const std::lock_guard guard(mutex_);
    has_failed_ = true;
  }
  options_.on_fatal(error);
}

Result<std::uint64_t> LocalLog::read(std::uint64_t from, const Visitor& visitor) const {
  STEELYARD_CHECK(from >= 1);
  const std::uint64_t end = durable_end();
  const std::vector<Segment> all = segments();
  std::uint64_t at = from;
  bool has_stopped = false;
  for (std::size_t i = 0; i < all.size() && at < end && !has_stopped; ++i) {
    const Segment* const next = i + 1 < all.size() ? &all[i + 1] : nullptr;
    if (next != nullptr && next->begin.sequence <= at) continue;
    const auto visit = [&](std::uint64_t sequence, std::string_view record) {
      at = sequence + 1;
      return visitor(sequence, record);
    };
    Result<std::uint64_t> is = read_segment_of(all[i], next, at, end, visit, has_stopped);
    if (!is.has_value() && is_mirrored()) {
      STEELYARD_PASS(compare_copies(all[i]));
      // A hash that chains nothing is seen behind the last record, which was visited.
      const bool is_visited = next != nullptr && next->begin.sequence == at;
      const auto pass = [](std::uint64_t, std::string_view) { return true; };
      is = is_visited ? read_segment_of(all[i], next, at - 1, end, pass, has_stopped)
                      : read_segment_of(all[i], next, at, end, visit, has_stopped);
    }
    if (!is.has_value()) return is;
  }
  return at;
}

/// `next`: the segment behind it, if there is one.
Result<std::uint64_t> LocalLog::read_segment_of(const Segment& segment, const Segment* next,
                                                std::uint64_t from, std::uint64_t end,
                                                const Visitor& visitor, bool& has_stopped) const {
  const std::string path = directory_ + '/' + segment.file_name();
  STEELYARD_TRY(file, open_file(files_, path, OpenMode::read));
  FrameReader reader(*file, store_, segment_header_bytes, segment.begin);
  const auto damaged = [&](FrameFault fault) {
    if (fault == FrameFault::unreadable) {
      return std::unexpected(error_of(reader.error(), "read", path));
    }
    return failure(ErrorCode::log_is_damaged,
                   place_in(segment, reader.offset(), reader.at().sequence, text_of(fault)));
  };
  std::uint64_t at = from;
  const std::uint64_t segment_end = next != nullptr ? next->begin.sequence : end;
  if (const auto fault = reader.skip_to(at)) return damaged(*fault);
  while (reader.at().sequence < std::min(segment_end, end)) {
    const std::uint64_t first = reader.at().sequence;
    const auto frame = reader.next(Depth::checksum);
    if (!frame.has_value()) return damaged(frame.error());
    const FrameRecords records = frame->records();
    for (std::size_t r = at - first; r < records.size(); ++r) {
      const std::uint64_t sequence = at++;
      has_stopped = !visitor(sequence, records[r]);
      if (has_stopped) return at;
    }
  }
  if (next != nullptr && at == segment_end && reader.at() != next->begin) {
    return damaged(FrameFault::previous_hash);
  }
  return at;
}

Result<void> LocalLog::compare_copies(const Segment& segment) const {
  if (!is_mirrored()) return {};
  return mirroring_.mirror->compare(segment, store_, durable_end());
}

Result<ChainPoint> LocalLog::point_behind(std::uint64_t sequence) const {
  STEELYARD_CHECK(sequence >= 1 && sequence < durable_end());
  const std::vector<Segment> all = segments();
  const auto behind = std::ranges::find_if(
      all, [&](const Segment& each) { return each.begin.sequence > sequence; });
  STEELYARD_CHECK(behind != all.begin());
  const Segment& segment = *std::prev(behind);
  const Result<ChainPoint> is = point_in(segment, sequence);
  if (is.has_value() || !is_mirrored()) return is;
  STEELYARD_PASS(compare_copies(segment));
  return point_in(segment, sequence);
}

Result<ChainPoint> LocalLog::point_in(const Segment& segment, std::uint64_t sequence) const {
  const std::string path = directory_ + '/' + segment.file_name();
  STEELYARD_TRY(file, open_file(files_, path, OpenMode::read));
  FrameReader reader(*file, store_, segment_header_bytes, segment.begin);
  std::optional<FrameFault> fault = reader.skip_to(sequence);
  if (!fault.has_value()) {
    const auto frame = reader.next(Depth::hash);
    if (frame.has_value()) return reader.at();
    fault = frame.error();
  }
  if (*fault == FrameFault::unreadable) {
    return std::unexpected(error_of(reader.error(), "read", path));
  }
  return failure(ErrorCode::log_is_damaged,
                 place_in(segment, reader.offset(), reader.at().sequence, text_of(*fault)));
}

ChainPoint LocalLog::head() const {
  const std::lock_guard guard(mutex_);
  return head_;
}

bool LocalLog::is_behind() const {
  const std::lock_guard guard(mutex_);
  return queued_bytes_ > options_.queue_bytes_max / 2;
}

bool LocalLog::disk_is_full() const { return now_ms() - full_at_ms_ < full_for_ms; }

LocalLog::Landmark LocalLog::landmark(std::string path) const {
  auto identity = files_.identity(path);
  return {std::move(path), identity};
}

Result<void> LocalLog::check(const Landmark& mark) const {
  const std::string or_in_mirror =
      is_mirrored() ? ", or the same in the mirror " + options_.mirror : "";
  const auto now = files_.identity(mark.path);
  if (!now.has_value()) {
    const bool is_gone = now.error() == ENOENT || now.error() == ENOTDIR || now.error() == ESTALE;
    if (!is_gone) return {};  // Whether the disk can be used, the next write says.
    return std::unexpected(error_of(now.error(), "find", mark.path + or_in_mirror));
  }
  if (now == mark.identity) return {};
  return failure(ErrorCode::storage_failed,
                 mark.path + or_in_mirror + ": is another file than the one in use");
}

Result<void> LocalLog::check_place() const {
  STEELYARD_PASS(check(lock_mark_));
  std::unique_lock guard(mutex_);
  const Landmark newest = segment_mark_;
  guard.unlock();
  return check(newest);
}

std::vector<Segment> LocalLog::segments() const {
  const std::lock_guard guard(mutex_);
  return segments_;
}

}  // namespace steelyard::log
