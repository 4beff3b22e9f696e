#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "steelyard/core/core.h"
#include "steelyard/core/log_record.h"
#include "steelyard/node/replay_guard.h"

namespace steelyard::node {

/// Told of events that were applied, in the order of the log: their records say what became of
/// them. `place` is that of the first that has one.
using EventsApplied =
    std::function<void(batch::ChunkRater&, const core::Place& place, const core::Core&)>;

/// Asked where a core has to be made anew: makes one out of the one that was fed until then, with
/// the prices and rules of time zones behind the command, and applies the command to it. Returns
/// that core.
using MakeCoreAnew =
    std::function<Result<core::Core*>(const core::GivenCommand&, const core::Place&)>;

/// Told of records that are applied now.
using Applying = std::function<void(const RecordRange&)>;

/// Feeds the records of a log to a core, in their order, as they were applied when they came.
class Replay {
 public:
  Replay(core::Core& core, MakeCoreAnew make_anew, EventsApplied applied = {})
      : core_(&core),
        reader_(core.make_reader()),
        make_anew_(std::move(make_anew)),
        applied_(std::move(applied)) {}

  /// `suspects` are applied one by one.
  void watch(Applying applying, const RecordRange& suspects) {
    applying_ = std::move(applying);
    suspects_ = suspects;
  }

  /// Events wait for `flush`, to be read many at a time. Errors: file_is_malformed, with the
  /// sequence.
  [[nodiscard]] Result<void> take(std::uint64_t sequence, std::string_view bytes);
  [[nodiscard]] Result<void> flush();

 private:
  void add(const core::LogRecord& record, const core::Place& place);
  bool fits(const core::LogRecord& record, std::uint64_t sequence) const;
  void note(std::uint64_t first, std::size_t count) const;

  core::Core* core_;
  batch::ChunkRater reader_;
  MakeCoreAnew make_anew_;
  EventsApplied applied_;
  Applying applying_;
  RecordRange suspects_;
  std::string text_;
  std::size_t count_ = 0;
  core::Place first_;
};

}  // namespace steelyard::node
