#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <vector>

#include "steelyard/base/hash.h"
#include "steelyard/base/result.h"
#include "steelyard/rating/cloud/cells.h"
#include "steelyard/rating/cloud/row_table.h"

namespace steelyard::rating::cloud {

/// What each account has used of each row, exactly, over all its windows: where a quantity or
/// an amount is written, it is the difference of two sums that were each rounded half up at
/// the twelfth decimal. So what is charged in all is the exact amount, rounded once, and not
/// the sum of many rounded windows.
class RowSums {
 public:
  /// Adds what windows' fees have changed by and gives the lines of it, by Row::order: rows
  /// whose quantity changed, and "rounding" where a difference of rounded sums is not the
  /// rounded product. Nothing is added on an error.
  /// Errors: invalid_quantity (too large).
  [[nodiscard]] Result<void> add(std::uint32_t account, std::vector<FeeLine>& changes,
                                 RowTable& rows, Lines& lines);

 private:
  struct Hash {
    using is_avalanching = void;
    std::size_t operator()(std::uint64_t key) const { return base::hash_pair(key, 0); }
  };
  struct Sum {
    money::Rational quantity;
    money::Decimal written_quantity;
    money::Decimal written_amount;
  };
  [[nodiscard]] static Result<void> write(const Row& row, Sum& sum);

  void make_room_for(std::size_t more);

  boost::unordered_flat_map<std::uint64_t, Sum, Hash> sums_;
  std::vector<std::pair<Sum*, Sum>> changed_;  // Of the call that is being made.
};

}  // namespace steelyard::rating::cloud
