#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "steelyard/base/result.h"
#include "steelyard/log/files.h"
#include "steelyard/log/frame.h"
#include "steelyard/log/store_id.h"

namespace steelyard::log {

struct Report {
  StoreId store{};
  std::uint64_t segments = 0;  ///< That are there, also behind a damage.
  std::uint64_t frames = 0;    ///< That are sound: these three up to the first damage.
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  ChainPoint head;               ///< After the last sound frame.
  std::uint64_t torn_bytes = 0;  ///< Behind the last frame: the next start cuts them.
  std::optional<Error> damage;   ///< With file, offset and sequence.
};

/// Checks DIR/log end to end: each frame's checksums, hash and padding, the chain through all
/// segments, their numbers, the store, the watermark. Takes no lock and changes nothing; also
/// while a server writes, where it sees the log as it was at some moment. `sound_frame` is told the
/// chain behind each frame, in order.
/// Errors: storage_failed, and what keeps it from beginning (DIR/store is damaged or missing).
[[nodiscard]] Result<Report> verify(
    const std::string& directory, Files& files = real_files(),
    const std::function<void(const ChainPoint&)>& sound_frame = [](const ChainPoint&) {});

}  // namespace steelyard::log
