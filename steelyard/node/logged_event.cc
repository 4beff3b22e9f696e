#include "steelyard/node/logged_event.h"

#include "steelyard/base/check.h"
#include "steelyard/core/log_record.h"

namespace steelyard::node {
namespace {

constexpr std::size_t text_bytes_max = std::size_t{1} << 20;

std::unexpected<Error> unexpected_record(std::uint64_t sequence) {
  return failure(ErrorCode::file_is_malformed,
                 "sequence " + std::to_string(sequence) + " of the log is not the expected event");
}

/// Rates lines as they come, many at a time.
class Feed {
 public:
  explicit Feed(batch::EventSearch& search) : search_(search) {}

  void add(std::string_view event, std::uint64_t sequence) {
    if (text_.empty()) first_ = sequence;
    text_ += event;
    text_ += '\n';
    if (text_.size() > text_bytes_max) flush();
  }

  void flush() {
    if (text_.empty()) return;
    const std::size_t size = text_.size();
    text_.append(json::Document::padding, '\0');
    search_.search({text_.data(), size}, "log", first_);
    text_.clear();
  }

 private:
  batch::EventSearch& search_;
  std::string text_;
  std::uint64_t first_ = 0;
};

}  // namespace

Result<void> show_logged_event(const rating::Rater& rater, const log::LocalLog& log,
                               const LoggedEvent& wanted, const batch::VisitEvent& visit) {
  STEELYARD_CHECK(!wanted.sequences.empty());
  batch::EventSearch search(rater, {.id = wanted.id, .source = wanted.source}, visit);
  search.begin_again();
  Feed feed(search);
  std::size_t next = 0;
  auto closing = wanted.closings.begin();
  Result<void> outcome;
  STEELYARD_PASS(
      log.read(wanted.sequences.front(), [&](std::uint64_t sequence, std::string_view bytes) {
        if (sequence != wanted.sequences[next]) return true;
        const auto record = core::read_log_record(bytes);
        if (!record.has_value() || record->kind != core::RecordKind::event ||
            record->tenant != wanted.tenant) {
          outcome = unexpected_record(sequence);
          return false;
        }
        for (; closing != wanted.closings.end() && closing->sequence < sequence; ++closing) {
          feed.flush();
          search.settle(closing->before);
        }
        const bool is_last = ++next == wanted.sequences.size();
        if (is_last) {
          feed.flush();  // So that its place is its own sequence.
          if (!wanted.was_rated) search.end_again();
        }
        feed.add(record->text, sequence);
        return !is_last;
      }));
  STEELYARD_PASS(outcome);
  if (next < wanted.sequences.size()) return unexpected_record(wanted.sequences[next]);
  feed.flush();
  return {};
}

}  // namespace steelyard::node
