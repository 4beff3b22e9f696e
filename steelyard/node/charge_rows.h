#pragma once

#include <vector>

#include "steelyard/batch/chunk_rater.h"
#include "steelyard/charges/fact_batch.h"
#include "steelyard/core/core.h"

namespace steelyard::node {

/// Turns events that were applied into charge rows. Keeps its memory.
class ChargeRows {
 public:
  /// The rated and unrated events of a batch. The others are no facts of their own.
  charges::FactBatch rows_of(batch::ChunkRater& events, const core::Place& place,
                             const core::Core& core);

 private:
  void add_lines(const batch::Record& record);

  std::vector<charges::ChargedLine> lines_;
};

}  // namespace steelyard::node
