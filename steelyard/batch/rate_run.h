#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/batch/record.h"
#include "steelyard/batch/totals.h"
#include "steelyard/rating/rater.h"

namespace steelyard::batch {

/// A line that was set aside, for people to look at.
struct Example {
  std::string place;  ///< "events.ndjson:17"
  Status status = Status::rejected;
  ErrorCode reason{};
  std::string detail;
};

struct RateOptions {
  std::vector<std::string> files;   ///< "-" is standard input.
  unsigned jobs = 1;                ///< Threads that read and rate.
  std::uint64_t identity_seed = 0;  ///< Of the hash of ids; changes no result.
  std::size_t examples_max = 0;     ///< Of lines set aside, the first ones are kept.

  /// CloudRun::settle_after; none: windows stay open, whatever comes.
  std::optional<std::int64_t> settle_after_seconds;

  /// Appends what is to be written for a record; null: nothing is. Called by any thread.
  std::function<void(const Record&, std::string&)> render;

  /// Writes what was rendered, in the order of the input. Returns false to stop the run.
  std::function<bool(const std::string&)> write;

  /// Told now and then how many bytes of the files were read. Called by any thread.
  std::function<void(std::uint64_t)> progress;
};

struct RateOutcome {
  Totals totals;
  std::vector<Example> examples;
  std::uint64_t bytes = 0;  ///< Of the lines, decompressed.
  std::size_t identities = 0;
  std::optional<Error> damage;  ///< Reading ended here; what came before is rated.
  bool is_write_refused = false;
};

/// Rates files of events without a store: read, rate, tell duplicates from firsts, write.
///
/// Chunks of lines are rated in parallel; identities are decided and results written in
/// the order of the input, so any number of jobs gives the same answer. Memory grows with
/// the number of identities (at most 22 bytes each), of accounts, and of open windows.
RateOutcome rate_files(const rating::Rater& rater, const RateOptions& options);

}  // namespace steelyard::batch
