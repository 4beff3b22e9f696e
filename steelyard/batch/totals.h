#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "steelyard/base/error_code.h"
#include "steelyard/base/hash.h"
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
  void add(const Record& record);
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
    std::uint64_t calls = 0;  ///< Rated, also those that cost nothing.
  };
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const { return base::hash(name); }
  };

  std::uint32_t account_of(std::string_view name);
  ItemTotal& item_of(std::uint32_t account, std::uint32_t item);
  void grow_slots();

  std::array<std::uint64_t, status_count> by_status_{};
  std::map<ErrorCode, std::uint64_t> by_reason_;
  money::Decimal amount_;

  std::vector<Account> accounts_;
  std::unordered_map<std::string, std::uint32_t, NameHash, std::equal_to<>> account_index_;
  std::uint32_t last_account_ = 0;

  std::vector<ItemTotal> items_;
  std::vector<std::uint32_t> slots_;  // Open addressing into items_, plus one; 0 is free.
};

}  // namespace steelyard::batch
