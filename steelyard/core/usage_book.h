#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "steelyard/base/calendar.h"
#include "steelyard/base/hash.h"
#include "steelyard/batch/record.h"
#include "steelyard/core/entity.h"
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
  explicit UsageBook(const std::string& zone) : calendar_(zone) {}

  /// Requires: the record is rated.
  void add(const batch::Record& record, base::Instant time);

  /// The sums of days that begin in [from, to), by day and item. Errors: none; an account without
  /// usage has none.
  std::vector<UsageSum> sums(std::string_view account, std::int64_t from, std::int64_t to) const;

  /// Of all accounts and days: what all charge lines add up to.
  money::Decimal amount() const { return amount_; }
  std::size_t account_count() const { return accounts_.size(); }

  /// The price rows and days that changed since the last call. The keys have no tenant.
  void for_each_changed(const EntityVisitor& visit);

  /// False: it is no entity of a usage book, or its price row did not come before it.
  [[nodiscard]] bool restore(std::string_view key, std::string_view value);

  static constexpr char row_kind = 'r';
  static constexpr char day_kind = 's';  // Behind the rows.

 private:
  struct Sums {
    std::uint32_t row = 0;
    money::Decimal quantity;
    money::Decimal amount;
    std::uint64_t events = 0;
  };
  struct Day {
    std::int64_t begin = 0;
    bool has_changed = false;
    std::vector<Sums> rows;  ///< By row.
  };
  struct Account {
    std::vector<Day> days;  ///< By their begin.
    bool has_changed = false;
  };
  /// What a sum is of, whichever price book said so.
  struct Row {
    std::string item;
    std::string tier;
    std::string unit;
    money::Decimal price;
    money::Decimal per;
  };
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const { return base::hash(name); }
  };
  using Accounts = std::unordered_map<std::string, Account, NameHash, std::equal_to<>>;
  static constexpr std::uint32_t no_row = ~std::uint32_t{0};

  static Day& day_of(Account& account, std::int64_t begin);
  void add(Day& day, std::uint32_t row, money::Decimal quantity, money::Decimal amount);
  template <class PriceRow, class Describe>
  std::uint32_t row_of(const PriceRow* price, const Describe& describe);
  std::uint32_t number_of(Row row);
  static std::string key_of(std::string_view account, std::int64_t day);
  static std::string value_of(const Row& row);
  static std::string value_of(const Day& day);
  bool restore_day(std::string_view account, std::int64_t begin, std::string_view value);

  base::Calendar calendar_;
  Accounts accounts_;
  std::vector<Accounts::value_type*> changed_;
  std::vector<Row> rows_;
  std::size_t kept_rows_ = 0;
  std::unordered_map<std::string, std::uint32_t> number_of_row_;  ///< By what is kept of it.
  boost::unordered_flat_map<const void*, std::uint32_t> number_of_price_;  ///< Rows of the rater.
  money::Decimal amount_;
};

}  // namespace steelyard::core
