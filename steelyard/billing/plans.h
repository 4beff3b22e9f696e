#pragma once

#include <optional>
#include <vector>

#include "steelyard/billing/order.h"
#include "steelyard/billing/price_parts.h"
#include "steelyard/rating/cloud/cover_book.h"

namespace steelyard::billing {

/// A plan that was bought: what it covers, and what it costs.
struct PricedPlan {
  rating::cloud::BoughtPlan bought;
  std::vector<rating::cloud::Line> lines;  ///< None where the book prices no such plan.
  std::optional<Error> problem;            ///< Why its price is not known. It covers all the same.
};

/// The plans of a price book as they are bought.
class Plans {
 public:
  Plans(const rating::cloud::Catalog& catalog, rating::cloud::RowTable& rows);

  /// The plan of that name at the time of purchase: its period, its quota × count, and lines of
  /// its price × count. The keys of the price are `quota`, `months` and the attributes.
  /// Errors: unknown_plan (also: one that is free for everyone), invalid_time (ends after
  /// 2200), invalid_quantity.
  [[nodiscard]] Result<PricedPlan> price(const Purchase& purchase);

 private:
  struct Plan {
    const pricebook::CloudPlan* rule = nullptr;
    base::Validity validity;
    LineOwner owner;
  };

  [[nodiscard]] Result<const Plan*> find(const Purchase& purchase) const;
  [[nodiscard]] Result<std::vector<rating::cloud::Line>> lines_of(const Plan& plan,
                                                                  const Purchase& purchase);

  base::Calendar calendar_;
  rating::cloud::RowTable* rows_;
  std::vector<Plan> plans_;
};

}  // namespace steelyard::billing
