#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/rating/rater.h"

namespace steelyard::report {

/// Calls that somebody thinks of making, all alike.
struct EstimateRequest {
  std::vector<std::string> models;  ///< "all": every model that has a price then.
  usage::TokenCounts tokens;        ///< Of one call.
  bool is_thinking = false;
  std::uint64_t calls = 1;
  std::string account;  ///< Whose prices; empty: the list's.
  base::Instant at;     ///< When the calls start.
};

/// What they cost at one model. A call is rated as the bill rates it; the total is that many
/// times its amount.
struct Estimate {
  std::string model;
  rating::Charge charge;  ///< Of one call.
  money::Decimal total;
  std::string detail;                           ///< Why it has no price, if so.
  std::optional<money::Decimal> percent_above;  ///< Than the cheapest; rounded to 1 decimal.
};

/// The cheapest first, those without a price at the end; equal ones by name.
/// Errors: decimal_exceeds_limit.
[[nodiscard]] Result<std::vector<Estimate>> estimate(const rating::Rater& rater,
                                                     const EstimateRequest& request);

/// "128000", "128k", "1m": K is 1,000, M is 1,000,000. Errors: invalid_quantity.
[[nodiscard]] Result<std::uint64_t> parse_count(std::string_view text);

/// For one model its lines, for several a comparison; as a page of text or one JSON object.
std::string to_text(const std::vector<Estimate>& estimates, const EstimateRequest& request,
                    const rating::Rater& rater);
std::string to_json(const std::vector<Estimate>& estimates, const EstimateRequest& request,
                    const rating::Rater& rater);

}  // namespace steelyard::report
