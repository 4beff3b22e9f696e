#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/batch/record.h"
#include "steelyard/json/document.h"
#include "steelyard/rating/cloud/trace.h"
#include "steelyard/usage/event.h"

namespace steelyard::batch {

/// Which lines are looked for; what is empty or 0 does not matter.
struct EventFilter {
  std::string id;
  std::string source;
  std::uint64_t line = 0;  ///< In its file, from 1.
};

/// A line with all that is known of it. Valid during the visit.
struct FoundEvent {
  const Record* record = nullptr;
  const json::Document* document = nullptr;     ///< Null if the line is no JSON.
  const usage::UsageEvent* event = nullptr;     ///< What of it could be read.
  const rating::cloud::Trace* trace = nullptr;  ///< How a cloud event was rated; null: it was not.
  std::string place;                            ///< "day.ndjson:17"
  std::string first_place;  ///< Of a duplicate or conflict: where its identity came first.
};

/// Rates files as `rate_files` does, on one thread, and shows the lines that were looked
/// for, in the order of the input. `visit` returns false to end the search.
/// Errors: those of reading; what came before was visited.
[[nodiscard]] Result<void> find_events(const rating::Rater& rater,
                                       const std::vector<std::string>& files,
                                       const EventFilter& filter,
                                       const std::function<bool(const FoundEvent&)>& visit);

}  // namespace steelyard::batch
