#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "steelyard/base/time.h"
#include "steelyard/money/decimal.h"

namespace steelyard::rating::cloud {

/// A cloud.resource.usage whose names are numbers of the catalog. Its texts are views into
/// the event.
struct Fact {
  struct Meter {
    std::uint16_t meter = 0;  ///< Within the code.
    money::Decimal value;
  };
  std::uint16_t code = 0;
  std::string_view account;
  std::string_view resource;
  base::Instant start;
  base::Instant end;
  std::vector<Meter> meters;
  std::vector<std::string_view> attributes;  ///< By number within the code; empty: absent.

  std::uint64_t sequence = 0;  ///< Distinguishes facts whose window is the fact itself.

  /// Where its names stand in the tables of an engine, as far as it was seen coming: a guess.
  struct Hint {
    std::uint64_t resource_hash = 0;
    std::uint32_t account = UINT32_MAX;
    std::uint32_t resource = UINT32_MAX;
  };
  Hint hint{};

  const money::Decimal* meter(std::uint16_t number) const {
    for (const Meter& each : meters) {
      if (each.meter == number) return &each.value;
    }
    return nullptr;
  }
};

}  // namespace steelyard::rating::cloud
