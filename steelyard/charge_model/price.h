#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "steelyard/money/decimal.h"

namespace steelyard::charge_model {

/// How a quantity becomes a fee. One file each: per_unit.h, graduated.h, volume.h, stairstep.h.
enum class Kernel : std::uint8_t { per_unit, graduated, volume, stairstep };

/// One row of a bracket table: (upper bound of the row before, up_to].
/// per_unit, graduated and volume use `unit`; stairstep is flat + (q − base) × unit.
struct Bracket {
  std::optional<money::Decimal> up_to;  ///< Inclusive. None: open.
  money::Decimal unit;
  money::Decimal flat;
  money::Decimal base;
};

/// What one row of a price table says: brackets by rising bound; per_unit has one.
struct Price {
  std::vector<Bracket> brackets;
};

std::string_view name_of(Kernel kernel);

}  // namespace steelyard::charge_model
