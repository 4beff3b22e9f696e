#pragma once

#include <cstddef>
#include <string>

#include "steelyard/batch/rate_run.h"
#include "steelyard/rating/rater.h"

namespace steelyard::report {

struct SummaryOptions {
  std::size_t accounts_max = 10;  ///< The dearest ones are shown; 0 shows all.
};

/// The result of a run as a person reads it: amounts by account, model and item, the total,
/// and how many lines were set aside, why, with the first of them.
std::string summary(const batch::RateOutcome& outcome, const rating::Rater& rater,
                    const SummaryOptions& options);

}  // namespace steelyard::report
