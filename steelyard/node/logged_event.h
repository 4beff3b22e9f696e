#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "steelyard/base/result.h"
#include "steelyard/batch/event_search.h"
#include "steelyard/core/core.h"
#include "steelyard/log/local_log.h"

namespace steelyard::node {

/// An event of a log, and what its charge follows from.
struct LoggedEvent {
  std::string source;
  std::string id;
  std::uint32_t tenant = 0;
  /// Where it stands in the log: the last one. Before it, rising: the events of the same tenant
  /// that its charge depends on. A model call depends on none.
  std::span<const std::uint64_t> sequences;
  std::span<const core::Core::Closing> closings;  ///< Of the tenant.
  bool was_rated = true;
};

/// Reads the events, rates them anew, in their order, and shows the last one, at "log:SEQUENCE".
/// Requires: at least one sequence. Errors: those of reading the log; file_is_malformed where
/// something else stands at a sequence.
[[nodiscard]] Result<void> show_logged_event(const rating::Rater& rater, const log::LocalLog& log,
                                             const LoggedEvent& wanted,
                                             const batch::VisitEvent& visit);

}  // namespace steelyard::node
