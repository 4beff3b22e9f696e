// Any text is read as a scenario or refused with a place; what is read can be run.
#include <cstdint>

#include "steelyard/base/check.h"
#include "steelyard/scenario/run.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace steelyard::scenario;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto scenario = parse(text, "fuzz");
  if (!scenario.has_value()) {
    STEELYARD_CHECK(scenario.error().detail.starts_with("fuzz"));
    return 0;
  }
  if (!scenario->shipped_book.empty()) return 0;  // Its folder is not here.
  const auto outcome = run(*scenario, "");
  if (!outcome.has_value()) return 0;
  // What it gave is what it expects from now on, and then nothing differs.
  const auto approved = parse(approve(*scenario, *outcome), "fuzz");
  STEELYARD_CHECK(approved.has_value());
  const auto again = run(*approved, "");
  STEELYARD_CHECK(again.has_value() && again->difference.empty());
  return 0;
}
