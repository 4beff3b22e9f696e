#pragma once

#include <span>
#include <string_view>

#include "steelyard/base/result.h"

namespace steelyard::report {

/// Why a line is not charged, for people.
struct ReasonText {
  ErrorCode code{};
  std::string_view meaning;
  std::string_view advice;  ///< What to do about it.
};

/// Every reason of status `rejected`, then every one of `unrated`, as the contract has them.
std::span<const ReasonText> reasons();

/// What to do about a reason; empty for an error that is none.
std::string_view advice_for(ErrorCode reason);

/// Whether a line with that reason is unrated; else it is rejected.
bool is_unrated(ErrorCode reason);

}  // namespace steelyard::report
