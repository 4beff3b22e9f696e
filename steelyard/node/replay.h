#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "steelyard/core/core.h"
#include "steelyard/core/log_record.h"

namespace steelyard::node {

/// Feeds the records of a log to a core, in their order, as they were applied when they came.
class Replay {
 public:
  explicit Replay(core::Core& core) : core_(&core), reader_(core.make_reader()) {}

  /// Events wait for `flush`, to be read many at a time. Errors: file_is_malformed, with the
  /// sequence.
  [[nodiscard]] Result<void> take(std::uint64_t sequence, std::string_view bytes);
  [[nodiscard]] Result<void> flush();

  /// Of the last record: microseconds since 1970.
  std::int64_t last_micros() const { return last_micros_; }

 private:
  void add(const core::LogRecord& record, const core::Place& place);
  bool fits(const core::LogRecord& record) const;

  core::Core* core_;
  batch::ChunkRater reader_;
  std::string text_;
  std::size_t count_ = 0;
  std::int64_t last_micros_ = 0;
  core::Place first_;
};

}  // namespace steelyard::node
