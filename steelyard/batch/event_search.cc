#include "steelyard/batch/event_search.h"

#include "steelyard/base/limits.h"
#include "steelyard/input/line_chunks.h"

namespace steelyard::batch {

bool EventSearch::is_wanted(const Record& record, std::uint64_t number) const {
  return (filter_.id.empty() || record.id == filter_.id) &&
         (filter_.source.empty() || record.source == filter_.source) &&
         (filter_.line == 0 || number == filter_.line);
}

/// Where there is no filter, the visitor wants to see one event.
rating::cloud::Trace* EventSearch::trace_of(const Record& record, std::uint64_t number) {
  const bool has_filter = !filter_.id.empty() || !filter_.source.empty() || filter_.line != 0;
  if (!is_wanted(record, number) || (!has_filter && !traces_.empty())) return nullptr;
  return &traces_[record.line];
}

bool EventSearch::search(std::string_view lines, const std::string& name,
                         std::uint64_t first_number) {
  chunk_rater_.rate(lines);
  traces_.clear();
  chunk_rater_.decide_identities(identities_, cloud_, {.trace_of = [&](const Record& record) {
                                   return trace_of(record, first_number + record.line);
                                 }});
  std::size_t at = 0;
  std::uint32_t line = 0;
  for (const Record& record : chunk_rater_.records()) {
    for (; line < record.line; ++line) at = lines.find('\n', at) + 1;
    const std::uint64_t number = first_number + record.line;
    if (!is_wanted(record, number)) continue;
    const std::string_view text = lines.substr(at, lines.find('\n', at) - at);
    if (!visit(record, text, name + ':' + std::to_string(number))) return false;
  }
  return true;
}

bool EventSearch::visit(const Record& record, std::string_view text, std::string place) {
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

Result<void> find_events(const rating::Rater& rater, const std::vector<std::string>& files,
                         const EventFilter& filter, const VisitEvent& visit) {
  input::LineChunks chunks(files, limits::event_line_bytes_max);
  EventSearch search(rater, filter, visit);
  input::Chunk chunk;
  std::uint64_t line = 1;
  while (true) {
    STEELYARD_TRY(has_more, chunks.next(chunk));
    if (!has_more) return {};
    if (chunk.begins_file) line = 1;
    if (!search.search({chunk.bytes.data(), chunk.size}, files[chunk.file_index], line)) return {};
    line += search.line_count();
  }
}

}  // namespace steelyard::batch
