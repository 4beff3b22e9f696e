#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/batch/chunk_rater.h"
#include "steelyard/batch/cloud_run.h"
#include "steelyard/batch/record.h"
#include "steelyard/identity/identity_set.h"
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

/// Returns false to end the search.
using VisitEvent = std::function<bool(const FoundEvent&)>;

/// Rates texts one after the other, as one input, and shows the lines that are looked for.
class EventSearch {
 public:
  EventSearch(const rating::Rater& rater, EventFilter filter, VisitEvent visit)
      : filter_(std::move(filter)), visit_(std::move(visit)), cloud_(rater), chunk_rater_(rater) {}

  /// The places of its lines are "name:number", from `first_number` on. False: the visitor has
  /// seen enough. Requires: `lines` as ChunkRater::rate takes them.
  bool search(std::string_view lines, const std::string& name, std::uint64_t first_number);

  // Between two texts.

  /// CloudRun::settle.
  void settle(std::int64_t second) { cloud_.settle(second); }
  /// CloudRun::begin_again.
  void begin_again() { cloud_.begin_again(); }
  void end_again() { cloud_.end_again(); }

  /// Lines of the last text.
  std::uint32_t line_count() const { return chunk_rater_.line_count(); }

 private:
  bool is_wanted(const Record& record, std::uint64_t number) const;
  rating::cloud::Trace* trace_of(const Record& record, std::uint64_t number);
  bool visit(const Record& record, std::string_view text, std::string place);

  EventFilter filter_;
  VisitEvent visit_;
  identity::IdentitySet identities_;
  CloudRun cloud_;
  ChunkRater chunk_rater_;
  json::Document document_;
  std::map<std::pair<std::string, std::string>, std::string> first_places_;
  std::map<std::uint32_t, rating::cloud::Trace> traces_;  // Of the text, by line.
};

/// Rates files as `rate_files` does, on one thread, and shows the lines that were looked
/// for, in the order of the input.
/// Errors: those of reading; what came before was visited.
[[nodiscard]] Result<void> find_events(const rating::Rater& rater,
                                       const std::vector<std::string>& files,
                                       const EventFilter& filter, const VisitEvent& visit);

}  // namespace steelyard::batch
