#include "steelyard/batch/event_search.h"

#include <algorithm>
#include <map>
#include <utility>

#include "steelyard/base/limits.h"
#include "steelyard/batch/chunk_rater.h"
#include "steelyard/identity/identity_set.h"
#include "steelyard/input/line_chunks.h"

namespace steelyard::batch {
namespace {

/// One pass over the files.
class Search {
 public:
  Search(const rating::Rater& rater, const EventFilter& filter,
         const std::function<bool(const FoundEvent&)>& visit)
      : filter_(filter), visit_(visit), cloud_(rater), chunk_rater_(rater) {}

  /// False: the visitor has seen enough.
  bool search(const input::Chunk& chunk, const std::string& file) {
    if (chunk.begins_file) line_ = 1;
    const std::string_view lines(chunk.bytes.data(), chunk.size);
    chunk_rater_.rate(lines);
    traces_.clear();
    chunk_rater_.decide_identities(identities_, cloud_, 0,
                                   [&](const Record& record) { return trace_of(record); });
    std::size_t at = 0;
    std::uint32_t line = 0;
    for (const Record& record : chunk_rater_.records()) {
      for (; line < record.line; ++line) at = lines.find('\n', at) + 1;
      const std::uint64_t number = line_ + record.line;
      if (!is_wanted(record, number)) continue;
      const std::string_view text = lines.substr(at, lines.find('\n', at) - at);
      if (!visit(record, text, file + ':' + std::to_string(number))) return false;
    }
    line_ += chunk_rater_.line_count();
    return true;
  }

 private:
  /// Where there is no filter, the visitor wants to see one event.
  rating::cloud::Trace* trace_of(const Record& record) {
    const bool has_filter = !filter_.id.empty() || !filter_.source.empty() || filter_.line != 0;
    if (!is_wanted(record, line_ + record.line) || (!has_filter && !traces_.empty())) {
      return nullptr;
    }
    return &traces_[record.line];
  }

  bool is_wanted(const Record& record, std::uint64_t number) const {
    return (filter_.id.empty() || record.id == filter_.id) &&
           (filter_.source.empty() || record.source == filter_.source) &&
           (filter_.line == 0 || number == filter_.line);
  }

  bool visit(const Record& record, std::string_view text, std::string place) {
    FoundEvent found;
    found.record = &record;
    found.place = std::move(place);
    const auto trace = traces_.find(record.line);
    if (trace != traces_.end()) found.trace = &trace->second;
    usage::UsageEvent event;
    if (text.size() <= limits::event_line_bytes_max && document_.parse_copy(text)) {
      // The record has the error of an event that can not be read.
      static_cast<void>(usage::read_event(document_, event));
      found.document = &document_;
    }
    found.event = &event;
    if (record.status != Status::rejected) {
      const auto [first, is_first] = first_places_.try_emplace(
          {std::string(record.source), std::string(record.id)}, found.place);
      if (!is_first) found.first_place = first->second;
    }
    return visit_(found);
  }

  const EventFilter& filter_;
  const std::function<bool(const FoundEvent&)>& visit_;
  identity::IdentitySet identities_;
  CloudRun cloud_;
  ChunkRater chunk_rater_;
  json::Document document_;
  std::map<std::pair<std::string, std::string>, std::string> first_places_;
  std::map<std::uint32_t, rating::cloud::Trace> traces_;  // Of the chunk, by line.
  std::uint64_t line_ = 1;
};

}  // namespace

Result<void> find_events(const rating::Rater& rater, const std::vector<std::string>& files,
                         const EventFilter& filter,
                         const std::function<bool(const FoundEvent&)>& visit) {
  input::LineChunks chunks(files, limits::event_line_bytes_max);
  Search search(rater, filter, visit);
  input::Chunk chunk;
  while (true) {
    STEELYARD_TRY(has_more, chunks.next(chunk));
    if (!has_more || !search.search(chunk, files[chunk.file_index])) return {};
  }
}

}  // namespace steelyard::batch
