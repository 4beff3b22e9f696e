#include "steelyard/node/late_rating.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <span>

#include "steelyard/core/log_record.h"
#include "steelyard/node/node.h"

namespace steelyard::node {
namespace {

constexpr std::ptrdiff_t events_of_a_step = 1'000;
constexpr std::size_t bytes_of_a_step = std::size_t{4} << 20;
constexpr std::uint64_t far = 10'000;  // Records between two that are not read through.
constexpr std::chrono::seconds pause{1};

/// Those that have a price, seen by themselves, in what is not closed: what has none is not put
/// into the log again.
std::string with_a_price(const std::string& lines, const rating::Rater& rater,
                         std::int64_t closed_before) {
  std::string padded = lines;
  padded.append(json::Document::padding, '\0');
  batch::ChunkRater reader(rater);
  batch::CloudRun cloud(rater);
  cloud.settle(closed_before);
  reader.rate({padded.data(), lines.size()});
  reader.apply_cloud_events(cloud);
  std::string kept;
  std::size_t at = 0;
  for (const batch::Record& record : reader.records()) {
    const std::size_t end = lines.find('\n', at) + 1;
    if (record.status == batch::Status::rated) kept.append(lines, at, end - at);
    at = end;
  }
  return kept;
}

bool can_be_tried_again(const Error& error) {
  return error.code == ErrorCode::overloaded || error.code == ErrorCode::disk_full;
}

}  // namespace

LateRating::LateRating(Node& node) : node_(node), thread_([this] { run(); }) {}

LateRating::~LateRating() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void LateRating::prices_changed() {
  {
    const std::lock_guard lock(mutex_);
    is_wanted_ = true;
  }
  changed_.notify_one();
}

void LateRating::run() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return is_wanted_ || is_stopping_; });
      if (is_stopping_) return;
      is_wanted_ = false;
    }
    try_all();
  }
}

bool LateRating::is_interrupted() {
  const std::lock_guard lock(mutex_);
  return is_wanted_ || is_stopping_;
}

void LateRating::try_all() {
  std::vector<std::uint64_t> waiting;
  node_.ask([&](const core::Core& core) { waiting = core.waiting().sequences(); });
  std::ranges::sort(waiting);
  for (auto next = waiting.cbegin(); next != waiting.cend() && !is_interrupted();) {
    for (const auto& [tenant, lines] : read(next, waiting.cend())) {
      std::int64_t closed_before = 0;
      node_.ask([&, number = tenant](const core::Core& core) {
        const auto closings = core.closings(number);
        if (!closings.empty()) closed_before = closings.back().before;
      });
      send(tenant, with_a_price(lines, node_.prices().current(), closed_before));
    }
  }
}

/// The next events as they came, each on a line; moves behind them. A damaged part of the log is
/// left out: others tell.
LateRating::LinesOfTenants LateRating::read(Sequence& next, Sequence end) const {
  LinesOfTenants lines;
  const auto last = end - next > events_of_a_step ? next + events_of_a_step : end;
  std::size_t bytes = 0;
  while (next != last && bytes < bytes_of_a_step) {
    const auto before = next;
    const auto outcome =
        node_.log().read(*next, [&](std::uint64_t sequence, std::string_view record_bytes) {
          if (sequence < *next) return *next - sequence < far;
          const auto record = core::read_log_record(record_bytes);
          if (record.has_value()) {
            lines[record->tenant].append(record->text) += '\n';
            bytes += record->text.size();
          }
          return ++next != last && bytes < bytes_of_a_step;
        });
    if (next != last && (!outcome.has_value() || next == before)) ++next;
  }
  return lines;
}

/// Until they are taken, where that is a question of time.
void LateRating::send(std::uint32_t tenant, const std::string& lines) {
  while (!lines.empty() && !is_interrupted()) {
    std::promise<bool> tried;
    node_.take_events(tenant, lines, [&](const Result<EventBatch*>& batch) {
      tried.set_value(batch.has_value() || !can_be_tried_again(batch.error()));
    });
    if (tried.get_future().get()) return;
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, pause, [this] { return is_wanted_ || is_stopping_; });
  }
}

}  // namespace steelyard::node
