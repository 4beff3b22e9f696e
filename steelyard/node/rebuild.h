#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/core/core.h"
#include "steelyard/log/local_log.h"
#include "steelyard/rating/rater.h"

namespace steelyard::node {

struct Rebuilt {
  std::uint64_t events = 0;
  std::uint64_t accounts = 0;
  std::uint64_t open_holds = 0;
  std::uint64_t kept_until = 0;     ///< The record up to which state was kept; 0: none was.
  std::uint64_t kept_entities = 0;  ///< That were compared.
};

/// Told now and then how far it is: records.
using Progress = std::function<void(std::uint64_t)>;

/// Shown the core as it is behind some records: each in turn, they rise.
struct Stops {
  std::vector<std::uint64_t> sequences;
  /// The index of the sequence.
  std::function<Result<void>(std::size_t stop, const core::Core& core)> look;
};

/// Rebuilds all state in memory from the log alone, checks that its sums agree, and compares it,
/// byte for byte, with what was kept in DIR/state.
/// Errors: those of reading and of the stops; file_is_malformed with what differs.
[[nodiscard]] Result<Rebuilt> rebuild(const rating::Rater& rater, const log::LocalLog& log,
                                      const std::string& directory, const Progress& progress = {},
                                      const Stops& stops = {});

/// The same, and writes what is kept at the same record, or at the end of the log if nothing is, to
/// TO/state. Errors: also store_failed; file_is_malformed if there is a TO/state.
[[nodiscard]] Result<Rebuilt> rebuild_into(const std::string& to, const rating::Rater& rater,
                                           const log::LocalLog& log, const std::string& directory,
                                           const Progress& progress = {});

}  // namespace steelyard::node
