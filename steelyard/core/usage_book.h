#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "steelyard/base/calendar.h"
#include "steelyard/base/hash.h"
#include "steelyard/batch/record.h"
#include "steelyard/billing/invoice.h"
#include "steelyard/core/command.h"
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

/// What an account used in one month of one price row, and no invoice of the kind has yet.
struct UninvoicedSum {
  std::string month;     ///< "2026-10"
  base::Slot time;       ///< Of that month.
  bool is_late = false;  ///< It came when the days had been invoiced.
  UsageSum sum;          ///< Its day is the month's begin. Of a credit note: what is given back.
};

/// The charge lines of one tenant, summed by account, day and price row: a view of the charges
/// from which a month's bill is read without them, and what invoices are drawn up from. Days are
/// those of the price book's zone, by the event's time.
class UsageBook {
 public:
  explicit UsageBook(base::Calendar calendar) : calendar_(std::move(calendar)) {}

  /// `sequence`: of the fact, here and below. Requires: the record is rated.
  void add(const batch::Record& record, base::Instant time, std::uint64_t sequence);

  /// What a hold was settled with by a command: a charge that has no event.
  void add_settlement(std::string_view account, money::Decimal amount, std::string_view currency,
                      base::Instant at, std::uint64_t sequence);

  /// The sums of days that begin in [from, to), by day and item. Errors: none; an account without
  /// usage has none.
  std::vector<UsageSum> sums(std::string_view account, std::int64_t from, std::int64_t to) const;

  // Invoices. What is on one is a charge's first time here; what comes later for days that have
  // been invoiced is *late*. A sum of late lines that is below zero belongs on a credit note, all
  // else on the next invoice.

  /// Days that begin before were invoiced; nothing: none was.
  std::optional<std::int64_t> invoiced_to(std::string_view account) const;

  /// What of days that begin before `to` an invoice has to say, by month and item.
  std::vector<UninvoicedSum> uninvoiced(std::string_view account, std::int64_t to) const;

  /// What a credit note has to say of the earliest month of which something was taken back, of
  /// those that begin at `from` or later.
  std::vector<UninvoicedSum> taken_back(std::string_view account, std::int64_t from) const;

  /// The sequence of the last fact that changed days that begin in [from, to); 0: there is none.
  std::uint64_t changed_at(std::string_view account, std::int64_t from, std::int64_t to) const;

  /// An invoice has what `uninvoiced` says. Requires: `to` is behind that of an earlier invoice.
  void set_invoiced(std::string_view account, std::int64_t to);

  /// A credit note has what `taken_back` says of a month.
  void set_credited(std::string_view account, const base::Slot& month);

  /// A line that another system invoiced, of a month that begins at `from`: on the bill, and on no
  /// document of ours.
  void add_invoiced(std::string_view account, std::int64_t from, const ImportInvoice::Line& line,
                    std::uint64_t sequence);

  /// Days that begin before `to` were invoiced elsewhere. What is there of them already was not:
  /// it is late from now on.
  void set_invoiced_elsewhere(std::string_view account, std::int64_t to, std::uint64_t sequence);

  /// Of all accounts: what is on no document.
  money::Decimal uninvoiced_amount() const { return uninvoiced_; }

  /// Of all accounts and days: what all charge lines add up to.
  money::Decimal amount() const { return amount_; }
  std::size_t account_count() const { return accounts_.size(); }

  /// The price rows and days that changed since the last call. The keys have no tenant.
  void for_each_changed(const EntityVisitor& visit);

  /// False: it is no entity of a usage book, or its price row did not come before it.
  [[nodiscard]] bool restore(std::string_view key, std::string_view value);

  static constexpr char row_kind = 'r';
  static constexpr char day_kind = 's';  // Behind the rows.
  static constexpr char invoiced_kind = 't';

 private:
  struct Sums {
    std::uint32_t row = 0;
    money::Decimal quantity;
    money::Decimal amount;
    std::uint64_t events = 0;

    bool is_nothing() const { return quantity.is_zero() && amount.is_zero(); }
    bool is_below_zero() const {
      return amount.is_negative() || (amount.is_zero() && quantity.is_negative());
    }
  };
  struct Day {
    std::int64_t begin = 0;
    bool has_changed = false;
    std::uint64_t changed_at = 0;  ///< Sequence of the last fact.
    std::vector<Sums> rows;        ///< By row.
    std::vector<Sums> late;  ///< Of these, what no invoice has although it has the day. By row.
  };
  struct EarlierMonth {
    using Key = std::pair<base::Slot, std::uint32_t>;
    bool operator()(const Key& a, const Key& b) const {
      return std::pair(a.first.from, a.second) < std::pair(b.first.from, b.second);
    }
  };
  struct Account {
    std::vector<Day> days;  ///< By their begin.
    std::optional<std::int64_t> invoiced_to;
    bool has_changed = false;
    bool invoiced_to_has_changed = false;
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
  /// What no price book has: money that a gateway settled a hold with, at one for one.
  static constexpr std::string_view settled_item = "holds/settled";
  using Accounts = std::unordered_map<std::string, Account, NameHash, std::equal_to<>>;
  static constexpr std::uint32_t no_row = ~std::uint32_t{0};

  using SumsByMonth = std::map<std::pair<base::Slot, std::uint32_t>, Sums, EarlierMonth>;

  static Day& day_of(Account& account, std::int64_t begin);
  /// To be changed by a fact.
  Day& day_to_change(Accounts::value_type& account, std::int64_t begin, std::uint64_t sequence);
  Accounts::value_type& account_of(std::string_view account);
  void touch(Accounts::value_type& account);
  void add(const Account& account, Day& day, const Sums& sums);
  static void add(std::vector<Sums>& rows, const Sums& sums);
  static bool is_fresh(const Account& account, const Day& day);
  template <class RowsOf>
  SumsByMonth by_month(const Account& account, const RowsOf& rows_of) const;
  SumsByMonth late_sums(const Account& account) const;
  SumsByMonth fresh_sums(const Account& account, std::int64_t to) const;
  std::vector<UninvoicedSum> listed(const SumsByMonth& sums, bool is_late) const;
  template <class Wanted>
  void take_late(Account& account, const Wanted& wanted);
  template <class PriceRow, class Describe>
  std::uint32_t row_of(const PriceRow* price, const Describe& describe);
  std::uint32_t number_of(Row row);
  static std::string key_of(std::string_view account, std::int64_t day);
  static std::string value_of(const Row& row);
  static std::string value_of(const Day& day);
  bool restore_sums(std::string_view value, std::vector<Sums>& rows) const;
  bool restore_day(std::string_view account, std::int64_t begin, std::string_view value);

  mutable base::Calendar calendar_;  // It remembers what it was asked last.
  Accounts accounts_;
  std::vector<Accounts::value_type*> changed_;
  std::vector<Row> rows_;
  std::size_t kept_rows_ = 0;
  std::unordered_map<std::string, std::uint32_t> number_of_row_;  ///< By what is kept of it.
  boost::unordered_flat_map<const void*, std::uint32_t> number_of_price_;  ///< Rows of the rater.
  std::uint32_t settled_row_ = no_row;  // Known from the first settlement on.
  money::Decimal amount_;
  money::Decimal uninvoiced_;
};

}  // namespace steelyard::core
