#pragma once

#include <nlohmann/json.hpp>

#include "steelyard/batch/event_search.h"
#include "steelyard/rating/rater.h"

namespace steelyard::report {

/// Adds what `cloud_text` shows, every window in full.
void add_cloud(const batch::FoundEvent& found, const rating::Rater& rater,
               nlohmann::ordered_json& json);

/// The lines of a charge.
nlohmann::ordered_json lines_json(const rating::cloud::Charge& charge);

}  // namespace steelyard::report
