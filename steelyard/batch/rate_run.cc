#include "steelyard/batch/rate_run.h"

#include <mutex>
#include <thread>

#include "steelyard/base/limits.h"
#include "steelyard/batch/chunk_rater.h"
#include "steelyard/batch/turn.h"
#include "steelyard/identity/identity_set.h"
#include "steelyard/input/line_chunks.h"

namespace steelyard::batch {
namespace {

/// One run and what its threads share.
class Run {
 public:
  Run(const rating::Rater& rater, const RateOptions& options)
      : rater_(rater),
        options_(options),
        chunks_(options.files, limits::event_line_bytes_max),
        cloud_(rater) {
    if (options.settle_after_seconds) cloud_.settle_after(*options.settle_after_seconds);
  }

  RateOutcome go() {
    std::vector<std::thread> helpers;
    for (unsigned i = 1; i < options_.jobs; ++i) helpers.emplace_back([this] { work(); });
    work();
    for (std::thread& helper : helpers) helper.join();
    outcome_.identities = identities_.size();
    return std::move(outcome_);
  }

 private:
  void work() {
    ChunkRater chunk_rater(rater_, identity::KeyMaker(options_.identity_seed));
    input::Chunk chunk;
    Totals totals;
    std::string text;
    while (next(chunk)) {
      chunk_rater.rate({chunk.bytes.data(), chunk.size});

      identity_turn_.wait_for(chunk.number);
      chunk_rater.decide_identities(identities_, cloud_);
      note_examples(chunk, chunk_rater);
      outcome_.bytes += chunk.size;
      identity_turn_.pass_on();

      totals.add(chunk_rater.records());
      if (options_.render) {
        text.clear();
        for (const Record& record : chunk_rater.records()) options_.render(record, text);
        write(chunk.number, text);
      }
      if (options_.progress) options_.progress(chunks_.position());
    }
    const std::lock_guard lock(mutex_);
    outcome_.totals.add(totals);
  }

  bool next(input::Chunk& chunk) {
    const std::lock_guard lock(mutex_);
    if (is_over_) return false;
    const auto has_more = chunks_.next(chunk);
    if (!has_more.has_value()) outcome_.damage = has_more.error();
    is_over_ = !has_more.has_value() || !*has_more;
    return !is_over_;
  }

  /// Keeps the first lines that were set aside, with their place in the file.
  void note_examples(const input::Chunk& chunk, ChunkRater& chunk_rater) {
    if (chunk.begins_file) line_ = 1;
    for (const Record& record : chunk_rater.records()) {
      if (outcome_.examples.size() >= options_.examples_max) break;
      if (record.status == Status::rated || record.status == Status::duplicate) continue;
      outcome_.examples.push_back(
          {chunks_.files()[chunk.file_index] + ':' + std::to_string(line_ + record.line),
           record.status, record.reason, record.detail});
    }
    line_ += chunk_rater.line_count();
  }

  void write(std::uint64_t number, const std::string& text) {
    write_turn_.wait_for(number);
    if (!outcome_.is_write_refused && !options_.write(text)) {
      outcome_.is_write_refused = true;
      const std::lock_guard lock(mutex_);
      is_over_ = true;
    }
    write_turn_.pass_on();
  }

  const rating::Rater& rater_;
  const RateOptions& options_;

  std::mutex mutex_;  // Of the reading, and of the end.
  input::LineChunks chunks_;
  bool is_over_ = false;

  Turn identity_turn_;  // Whose turn it is may touch the next four.
  identity::IdentitySet identities_;
  CloudRun cloud_;
  std::uint64_t line_ = 1;
  RateOutcome outcome_;

  Turn write_turn_;
};

}  // namespace

RateOutcome rate_files(const rating::Rater& rater, const RateOptions& options) {
  return Run(rater, options).go();
}

}  // namespace steelyard::batch
