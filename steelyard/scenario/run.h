#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/scenario/scenario.h"

namespace steelyard::scenario {

/// What a scenario gave.
struct Outcome {
  std::vector<std::string> actual;  ///< In the form of Scenario::expected.
  std::string difference;           ///< Empty if it is what was expected.
};

/// Runs a scenario through the product's own path: line, event, identity, charge.
/// Errors: those of the price book.
[[nodiscard]] Result<Outcome> run(const Scenario& scenario,
                                  const std::filesystem::path& pricebooks_folder);

/// The scenario's text with what it gave in place of what was expected. Comments below
/// "expect" are lost, everything above is kept.
std::string approve(const Scenario& scenario, const Outcome& outcome);

}  // namespace steelyard::scenario
