#pragma once

#include <string>

#include "steelyard/batch/event_search.h"
#include "steelyard/rating/rater.h"

namespace steelyard::report {

/// How a cloud event came to its charge: facts → quantity → plan → price → amount, as the engine
/// did it, then the lines of the charge. Of many windows alike the first and the last.
std::string cloud_text(const batch::FoundEvent& found, const rating::Rater& rater);

/// The lines of a charge, each quantity × price ÷ per = amount, and their sum.
std::string charge_table(const rating::cloud::Charge& charge, const std::string& currency);

}  // namespace steelyard::report
