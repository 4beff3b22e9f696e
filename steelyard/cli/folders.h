#pragma once

#include <string>

namespace steelyard::cli {

/// Whether one of them is the other, or in it, links followed; they need not be there yet.
bool overlap(const std::string& folder, const std::string& other);

}  // namespace steelyard::cli
