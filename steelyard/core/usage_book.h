#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "steelyard/base/calendar.h"
#include "steelyard/batch/record.h"
#include "steelyard/money/decimal.h"

namespace steelyard::core {

/// What one account used on one day of one price row, and what it cost.
struct UsageSum {
  std::int64_t day = 0;  ///< Where it begins: seconds since 1970.
  std::string_view item;
  std::string_view tier;
  std::string_view unit;
  money::Decimal price;
  money::Decimal per;
  money::Decimal quantity;
  money::Decimal amount;
  std::uint64_t events = 0;  ///< That have a line of it.
};

/// The charge lines of one tenant, summed by account, day and price row: a view of the charges
/// from which a month's bill is read without them. Days are those of the price book's zone, by
/// the event's time.
class UsageBook {
 public:
  UsageBook(const rating::Rater& rater, const std::string& zone)
      : rater_(&rater), calendar_(zone) {}

  /// Requires: the record is rated.
  void add(const batch::Record& record, base::Instant time);

  /// The sums of days that begin in [from, to), by day and item. Errors: none; an account without
  /// usage has none.
  std::vector<UsageSum> sums(std::string_view account, std::int64_t from, std::int64_t to) const;

  /// Of all accounts and days: what all charge lines add up to.
  money::Decimal amount() const { return amount_; }
  std::size_t account_count() const { return accounts_.size(); }

 private:
  struct Sums {
    money::Decimal quantity;
    money::Decimal amount;
    std::uint64_t events = 0;
  };
  /// Of a price row: token rows by their index, cloud rows behind them by their number.
  using Row = std::uint32_t;
  struct Key {
    std::int64_t day = 0;
    Row row = 0;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    using is_avalanching = void;
    std::size_t operator()(const Key& key) const {
      return base::hash_pair(static_cast<std::uint64_t>(key.day), key.row);
    }
  };
  using Account = boost::unordered_flat_map<Key, Sums, KeyHash>;
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const { return base::hash(name); }
  };

  void add(Account& account, Key key, money::Decimal quantity, money::Decimal amount);
  UsageSum described(Row row) const;

  const rating::Rater* rater_;
  base::Calendar calendar_;
  std::unordered_map<std::string, Account, NameHash, std::equal_to<>> accounts_;
  std::vector<const rating::cloud::Row*> cloud_rows_;  ///< By number.
  money::Decimal amount_;
};

}  // namespace steelyard::core
