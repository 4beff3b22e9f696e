#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "steelyard/base/time.h"
#include "steelyard/money/decimal.h"

namespace steelyard::rating::cloud {

struct AttributeSet;

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
  const AttributeSet* set = nullptr;         ///< The same; null: not made yet.

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

/// Stand for the texts of a fact: account, resource, code and attributes.
struct TextNumbers {
  std::uint32_t place = UINT32_MAX;  ///< Of the resource, among all that are remembered.
  std::uint32_t resource = 0;        ///< Within its account. No other has the number, or ever had;
  std::uint64_t attributes = 0;      ///< the same of these, with the code.
};

}  // namespace steelyard::rating::cloud
