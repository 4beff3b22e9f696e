#include "steelyard/node/late_rating.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <span>

#include "steelyard/core/log_record.h"
#include "steelyard/node/node.h"

namespace steelyard::node {
namespace {

constexpr std::size_t events_of_a_step = 1'000;
constexpr std::uint64_t far = 10'000;  // Records between two that are not read through.
constexpr std::chrono::seconds pause{1};

/// Those that have a price at first sight; of cloud resources, those that can be read.
std::string with_a_price(const std::string& lines, const rating::Rater& rater) {
  std::string padded = lines;
  padded.append(json::Document::padding, '\0');
  batch::ChunkRater reader(rater);
  reader.rate({padded.data(), lines.size()});
  std::string kept;
  std::size_t at = 0;
  for (const batch::Record& record : reader.records()) {
    const std::size_t end = lines.find('\n', at) + 1;
    if (record.status == batch::Status::rated) kept.append(lines, at, end - at);
    at = end;
  }
  return kept;
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
  for (std::size_t at = 0; at < waiting.size(); at += events_of_a_step) {
    const std::size_t end = std::min(waiting.size(), at + events_of_a_step);
    for (const auto& [tenant, lines] : read({waiting.begin() + static_cast<std::ptrdiff_t>(at),
                                             waiting.begin() + static_cast<std::ptrdiff_t>(end)})) {
      if (is_interrupted()) return;
      send(tenant, with_a_price(lines, node_.prices().current()));
    }
  }
}

/// The events as they came, each on a line. A damaged part of the log is left out: others tell.
LateRating::LinesOfTenants LateRating::read(const std::vector<std::uint64_t>& sequences) const {
  LinesOfTenants lines;
  std::size_t next = 0;
  while (next < sequences.size()) {
    const std::size_t before = next;
    const auto outcome =
        node_.log().read(sequences[next], [&](std::uint64_t sequence, std::string_view bytes) {
          if (sequence < sequences[next]) return sequences[next] - sequence < far;
          const auto record = core::read_log_record(bytes);
          if (record.has_value()) lines[record->tenant].append(record->text) += '\n';
          return ++next < sequences.size();
        });
    if (!outcome.has_value() || next == before) ++next;
  }
  return lines;
}

/// Until they are taken. Where they can not be, there is nothing to be done but to wait.
void LateRating::send(std::uint32_t tenant, const std::string& lines) {
  while (!lines.empty() && !is_interrupted()) {
    std::promise<bool> taken;
    node_.take_events(tenant, lines, [&](const Result<EventBatch*>& batch) {
      taken.set_value(batch.has_value());
    });
    if (taken.get_future().get()) return;
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, pause, [this] { return is_wanted_ || is_stopping_; });
  }
}

}  // namespace steelyard::node
