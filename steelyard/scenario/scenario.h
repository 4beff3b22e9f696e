#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/pricebook/reader.h"

namespace steelyard::scenario {

/// One event of a scenario, as a line of the contract.
struct Event {
  std::string name;  ///< "call-1", or "line 4" for a line that is given as it is.
  std::string line;  ///< JSON, or what is meant to be none.
  int place = 0;     ///< The line of the scenario that it stands on.
};

/// A scenario as it was read: prices, usage, what is expected.
/// The language: docs/reference/scenario-language.md.
struct Scenario {
  std::string file;
  std::string shipped_book;                  ///< The folder under pricebooks/, or empty.
  std::vector<pricebook::Sources> versions;  ///< Price books written in the scenario.
  std::vector<Event> events;

  std::string before_expect;          ///< The text up to and with the line "expect".
  std::vector<std::string> expected;  ///< The lines below it, without comments and blank ones.
  std::vector<int> expected_places;   ///< Where they stand.
};

/// Reads a scenario. Errors: file_is_malformed, with file and line.
[[nodiscard]] Result<Scenario> parse(std::string_view text, const std::string& file);

}  // namespace steelyard::scenario
