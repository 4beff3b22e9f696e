#pragma once

#include <cstdint>

#include "steelyard/base/check.h"
#include "steelyard/base/hash.h"
#include "steelyard/ledger/entry.h"
#include "steelyard/money/decimal.h"

namespace steelyard::ledger {

using base::uint128;

/// In 10^-12: a total that would be larger refuses the command. 10^25 units, so that the
/// difference of two totals, and the sum of ten such, fit into a Decimal.
inline constexpr uint128 total_max =
    uint128{10'000'000'000'000'000'000U} * 1'000'000'000'000'000'000U;

/// What was ever debited and credited to one account, in 10^-12. Both only grow; a balance is
/// their difference.
struct alignas(64) Totals {
  uint128 debit_posted = 0;
  uint128 credit_posted = 0;
  uint128 debit_pending = 0;
  uint128 credit_pending = 0;

  bool operator==(const Totals&) const = default;

  constexpr const uint128& of(Side side, Layer layer) const {
    if (layer == Layer::posted) return side == Side::debit ? debit_posted : credit_posted;
    return side == Side::debit ? debit_pending : credit_pending;
  }

  /// Requires: amount > 0.
  constexpr bool can_add(Side side, Layer layer, money::Decimal amount) const {
    const auto added = static_cast<uint128>(amount.scaled());
    return added <= total_max && of(side, layer) <= total_max - added;
  }
  constexpr void add(Side side, Layer layer, money::Decimal amount) {
    auto& total = const_cast<uint128&>(of(side, layer));
    STEELYARD_CHECK(!amount.is_negative());
    STEELYARD_CHECK(!__builtin_add_overflow(total, static_cast<uint128>(amount.scaled()), &total));
  }

  constexpr money::Decimal credit_balance() const {
    return difference(credit_posted, debit_posted);
  }
  constexpr money::Decimal debit_balance() const { return difference(debit_posted, credit_posted); }
  constexpr money::Decimal pending_credit_balance() const {
    return difference(credit_pending, debit_pending);
  }

 private:
  static constexpr money::Decimal difference(uint128 a, uint128 b) {
    return money::Decimal::from_scaled(static_cast<money::int128>(a) -
                                       static_cast<money::int128>(b));
  }
};

static_assert(sizeof(Totals) == 64, "one account is one line of the cache");

}  // namespace steelyard::ledger
