#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "steelyard/batch/rate_run.h"
#include "steelyard/pricebook/diff.h"
#include "steelyard/rating/rater.h"

namespace steelyard::report {

/// The same usage, rated with two price books.
struct BillChange {
  struct Item {
    money::Decimal old_amount;
    money::Decimal new_amount;
  };
  std::map<std::string, Item> items;  ///< By item name: those that were used.
  Item total;

  /// How many lines had the first outcome and now have the second ("rated",
  /// "unrated: unknown_model"); only those that differ.
  std::map<std::pair<std::string, std::string>, std::uint64_t> outcomes;
  std::uint64_t lines = 0;
};

/// Rates the files with both books. Requires: the books have one currency; no file is standard
/// input, because each is read twice. Errors: those of reading.
[[nodiscard]] Result<BillChange> bill_change(const rating::Rater& old_rater,
                                             const rating::Rater& new_rater,
                                             const batch::RateOptions& options);

/// What changes between two books, and, where it was asked for, in the bill.
std::string to_text(const pricebook::BookDiff& diff, const BillChange* change,
                    const pricebook::PriceBook& old_book, const pricebook::PriceBook& new_book);
std::string to_json(const pricebook::BookDiff& diff, const BillChange* change,
                    const pricebook::PriceBook& old_book, const pricebook::PriceBook& new_book);

}  // namespace steelyard::report
