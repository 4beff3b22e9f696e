#pragma once

#include <string>
#include <utility>
#include <vector>

#include "steelyard/rating/cloud/slot.h"

namespace steelyard::rating::cloud {

using Attributes = std::vector<std::pair<std::string, std::string>>;

/// Which row of a price table holds. The first that fits; of rows with equal conditions the one
/// that came into force last. Errors: missing_attribute, no_price_at_that_time (also: a declared
/// placeholder), with what was asked for.
[[nodiscard]] Result<const pricebook::CloudPriceRow*> price_row(
    const pricebook::CloudPriceTable& table, const std::string& what, const Attributes& attributes,
    std::int64_t second, int minute_of_day);

/// A number of a rule. Errors: missing_attribute, no_price_at_that_time.
[[nodiscard]] Result<money::Rational> looked_up(const metering::Lookup& lookup,
                                                const std::string& what,
                                                const Attributes& attributes, std::int64_t second);

/// Does all lookups of one slot and notes the first that fails as its problem.
class Resolver {
 public:
  Resolver(const PreparedItem& item, Slot& slot, const Fact& fact, Moment moment, int minute)
      : item_(item), slot_(slot), fact_(fact), moment_(moment), minute_(minute) {}

  void resolve_steps();
  void resolve_price();

  /// The table of a `combine: cover`, or null. Requires: resolve_steps().
  const metering::CoverTable* cover_table() const { return cover_; }

 private:
  money::Rational number(const metering::Lookup& lookup);
  std::vector<metering::PlainStep> plain(const std::vector<metering::Step>& steps);
  metering::PlainStep plain(const metering::Step& step);
  metering::PlainStep plain_less(const metering::Less& less);
  void apply_discounts();

  const PreparedItem& item_;
  Slot& slot_;
  const Fact& fact_;
  Moment moment_;
  int minute_;
  const metering::CoverTable* cover_ = nullptr;
  bool is_unknown_ = false;                  // Whether the step's number is not known.
  std::optional<Error>* problem_ = nullptr;  // Where the first failure is noted.
};

}  // namespace steelyard::rating::cloud
