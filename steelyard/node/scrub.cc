#include "steelyard/node/scrub.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "steelyard/base/thread.h"

namespace steelyard::node {

Result<void> check_log(const log::LocalLog& log, std::uint64_t from, std::uint64_t to) {
  if (from >= to) return {};
  STEELYARD_PASS(
      log.read(from, [&](std::uint64_t sequence, std::string_view) { return sequence + 1 < to; }));
  return {};
}

std::uint64_t begin_of_last_segments(const log::LocalLog& log, std::size_t count) {
  const std::vector<log::Segment> segments = log.segments();
  if (segments.empty()) return 1;
  return segments[segments.size() - std::min(count, segments.size())].begin.sequence;
}

Scrub::Scrub(const log::LocalLog& log, std::uint64_t before,
             std::function<void(const Error&)> damaged)
    : log_(&log), damaged_(std::move(damaged)), thread_([this, before] { run(before); }) {}

Scrub::~Scrub() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  over_.notify_all();
  thread_.join();
}

/// False: it is over.
template <class Duration>
bool Scrub::waits(Duration duration) {
  std::unique_lock lock(mutex_);
  return !over_.wait_for(lock, duration, [this] { return is_over_; });
}

/// At most 250 MiB/s, so that nobody notices.
Result<void> Scrub::read_slowly(std::uint64_t before) {
  constexpr std::uint64_t step_bytes = std::uint64_t{25} << 20;
  constexpr auto pause = std::chrono::milliseconds(100);
  if (before <= 1) return {};
  std::uint64_t bytes = 0;
  STEELYARD_PASS(log_->read(1, [&](std::uint64_t sequence, std::string_view record) {
    bytes += record.size();
    if (bytes > step_bytes) {
      bytes = 0;
      if (!waits(pause)) return false;
    }
    return sequence + 1 < before;
  }));
  return {};
}

/// A segment at a time, which is at most as fast. All of them: a start has read none of the mirror.
Result<void> Scrub::compare_slowly() {
  constexpr auto pause = std::chrono::milliseconds(300);
  for (const log::Segment& each : log_->segments()) {
    const auto compared = log_->compare_copies(each);
    // What there is no room for today is compared tomorrow.
    const bool is_full = !compared.has_value() && compared.error().code == ErrorCode::disk_full;
    if (!is_full) STEELYARD_PASS(compared);
    if (!waits(pause)) break;
  }
  return {};
}

void Scrub::run(std::uint64_t before) {
  base::give_way("scrub");
  do {
    if (log_->is_mirrored()) {
      if (auto compared = compare_slowly(); !compared.has_value()) {
        return damaged_(compared.error());
      }
    }
    if (auto read = read_slowly(before); !read.has_value()) return damaged_(read.error());
    before = UINT64_MAX;
  } while (waits(std::chrono::hours(24)));
}

}  // namespace steelyard::node
