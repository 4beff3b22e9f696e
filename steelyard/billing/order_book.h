#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "steelyard/billing/order.h"
#include "steelyard/billing/price_parts.h"

namespace steelyard::billing {

/// A version of an order line of the price book.
struct PreparedOrder {
  const pricebook::OrderItem* rule = nullptr;
  base::Validity validity;  ///< Its own, within its book version's.
  LineOwner owner;
};

/// One line of an order, priced for a month.
struct PricedOrder {
  const PreparedOrder* item = nullptr;
  std::vector<PricePart> parts;
};

/// What can be ordered. Made once from a catalog.
class OrderBook {
 public:
  explicit OrderBook(const rating::cloud::Catalog& catalog);

  /// What a month of a config costs at a second: every line whose `where` holds and whose
  /// numbers and keys the config has.
  /// Errors: no_price_for_item (nothing fits, or a number of the config is in no line that
  /// fits: with what each line needs), unknown_attribute (a name that no line reads),
  /// no_price_at_that_time, above_top_tier, invalid_quantity.
  [[nodiscard]] Result<std::vector<PricedOrder>> month_of(const std::string& code,
                                                          const Attributes& config,
                                                          std::int64_t second,
                                                          base::Calendar& calendar) const;

 private:
  struct Code {
    std::vector<PreparedOrder> items;
    std::set<std::string> names;    ///< That some line reads, or that are declared.
    std::set<std::string> numbers;  ///< Quantities of some line.
  };

  std::map<std::string, Code> codes_;
};

}  // namespace steelyard::billing
