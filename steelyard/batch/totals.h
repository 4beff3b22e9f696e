#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/base/error_code.h"
#include "steelyard/batch/record.h"
#include "steelyard/money/decimal.h"

namespace steelyard::batch {

/// What one account used of one item.
struct ItemTotal {
  std::uint32_t account = 0;  ///< Index of Totals::account_name.
  std::uint32_t item = 0;     ///< Index of Rater::item_name.
  std::uint64_t calls = 0;    ///< With a line of this item.
  money::Decimal quantity;    ///< Tokens.
  money::Decimal amount;
};

/// The sums of a run. Adding is commutative: any split into parts gives the same totals.
class Totals {
 public:
  /// Adds many records at once, so that the memory of one is fetched while another is added.
  void add(std::span<const Record> records);
  void add(const Totals& other);

  std::uint64_t count_of(Status status) const {
    return by_status_[static_cast<std::size_t>(status)];
  }
  const std::map<ErrorCode, std::uint64_t>& by_reason() const { return by_reason_; }
  std::uint64_t lines() const;
  money::Decimal amount() const { return amount_; }

  const std::string& account_name(std::uint32_t account) const { return accounts_[account].name; }
  std::uint64_t calls_of(std::uint32_t account) const { return accounts_[account].calls; }
  std::size_t account_count() const { return accounts_.size(); }

  /// In no particular order.
  const std::vector<ItemTotal>& items() const { return items_; }

 private:
  struct Account {
    std::string name;
    std::uint64_t hash = 0;
    std::uint64_t calls = 0;  ///< Rated, also those that cost nothing.
  };

  /// Numbers in a table of open addressing: where the thing with that hash may stand.
  class Slots {
   public:
    static constexpr std::uint32_t free = UINT32_MAX;

    std::size_t first(std::uint64_t hash) const { return hash & (slots_.size() - 1); }
    std::size_t after(std::size_t at) const { return (at + 1) & (slots_.size() - 1); }
    std::uint32_t at(std::size_t place) const { return slots_[place]; }
    void set(std::size_t place, std::uint32_t number) { slots_[place] = number; }
    void prefetch(std::uint64_t hash) const { __builtin_prefetch(&slots_[first(hash)]); }
    bool is_full_at(std::size_t count) const { return (count + 1) * 2 > slots_.size(); }
    void clear_larger() { slots_.assign(slots_.size() * 4, free); }

   private:
    std::vector<std::uint32_t> slots_ = std::vector<std::uint32_t>(1'024, free);
  };

  std::uint32_t account_of(std::string_view name, std::uint64_t hash);
  ItemTotal& item_of(std::uint32_t account, std::uint32_t item);
  void add_charge(const Record& record, std::uint32_t account);
  void grow_accounts();
  void grow_items();

  std::array<std::uint64_t, status_count> by_status_{};
  std::map<ErrorCode, std::uint64_t> by_reason_;
  money::Decimal amount_;

  std::vector<Account> accounts_;
  Slots account_slots_;
  std::vector<ItemTotal> items_;
  Slots item_slots_;
};

}  // namespace steelyard::batch
