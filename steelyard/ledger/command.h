#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "steelyard/base/time.h"
#include "steelyard/ledger/entry.h"
#include "steelyard/ledger/id.h"
#include "steelyard/money/decimal.h"
#include "steelyard/money/money.h"

/// What the ledger is asked to do. Plain data: times, ids and the order come from the caller.
/// Texts and spans need to live during the call only.
namespace steelyard::ledger {

/// Of one command; also of one grant, hold and limit. 10^15 units.
inline constexpr money::Decimal amount_max = money::Decimal::whole(1'000'000'000'000'000);

/// Whether a charge may be so large, or a correction so far below zero.
constexpr bool is_bookable(money::Decimal amount) {
  return amount <= amount_max && -amount <= amount_max;
}
inline constexpr std::int64_t hold_ttl_micros_max = std::int64_t{7} * 86'400 * 1'000'000;
inline constexpr int budget_depth_max = 8;
inline constexpr int thresholds_max = 8;
inline constexpr std::uint16_t threshold_percent_max = 1'000;

/// What a customer may owe.
struct Terms {
  money::Decimal postpaid_limit = {};  ///< 0: prepaid only.
  bool is_unlimited = false;           ///< The limit is not looked at.

  bool operator==(const Terms&) const = default;
};

struct TopUp {
  WalletId wallet;
  money::Decimal amount;  ///< > 0.
  base::Instant at;
  Id origin;  ///< Of the payment, however often its message comes.
  Cause cause;
};

struct Grant {
  WalletId wallet;
  money::Decimal amount;        ///< > 0.
  std::uint16_t priority = 0;   ///< Lower is drawn first.
  base::Instant effective_at;   ///< Inclusive. `at`: from now on; a repeat has an `at` of its own.
  base::Instant expires_at;     ///< Exclusive.
  std::string_view scope = {};  ///< Items that begin with it; empty: all. "qwen-plus/".
  base::Instant at;
  Id origin;  ///< Is the grant's id.
  Cause cause;
};

/// A part of a charge, and where it was drawn from or given back to.
struct Drawn {
  Account account;  ///< promo, prepaid or receivable.
  Id grant = {};    ///< Of promo.
  money::Decimal amount;

  bool operator==(const Drawn&) const = default;
};

/// What a fact costs. Below zero: the fee of its window fell.
struct Charge {
  WalletId wallet;
  money::Decimal amount;
  base::Instant at;  ///< Time of the fact: chooses grants and budget windows.
  Id origin;
  Cause cause;
  std::string_view item = {};   ///< For the scopes of grants.
  BudgetId budget = no_budget;  ///< The lowest node it counts on. None: that of the hold.
  Id hold = {};                 ///< None: no hold.
  bool ends_hold = true;        ///< false: more settlements follow.
  Id original = {};             ///< The charge that this one corrects.
  std::span<const Drawn> original_drawn = {};  ///< How that one was drawn, if the caller knows.
};

struct Authorise {
  WalletId wallet;
  money::Decimal amount;    ///< > 0.
  std::int64_t ttl_micros;  ///< 1 to hold_ttl_micros_max.
  base::Instant at;
  Id hold;
  Cause cause;
  BudgetId budget = no_budget;
  std::string_view item = {};  ///< What will be used: counts grants of that scope, too.
};

struct Release {
  std::uint32_t tenant;
  Id hold;
  base::Instant at;
  Id origin;
  Cause cause;
};

struct Refund {
  WalletId wallet;
  money::Decimal amount;  ///< > 0.
  Id original;            ///< The origin of a top-up (money goes back) or of a charge.
  base::Instant at;
  Id origin;
  Cause cause;

  /// Of a charge that this ledger does not remember (see Options): what it was, and how drawn.
  money::Decimal original_amount = {};
  std::span<const Drawn> original_drawn = {};
};

/// Any other balanced entry: a payment of what is owed, an invoice, a write-off, a rounding rest.
struct Adjustment {
  EntryKind kind = EntryKind::adjustment;  ///< adjustment, correction, rounding or invoice.
  WalletId wallet;
  std::span<const Posting> postings;
  Id original = {};
  base::Instant at;
  Id origin;
  Cause cause;
};

enum class Period : std::uint8_t { day = 1, month = 2, total = 3 };
std::string_view name_of(Period period);

/// Creates a node of the budget tree or changes its limit, thresholds and strictness. The parent
/// and the currency stay. Another period or zone begins new windows, with nothing spent.
struct SetBudget {
  std::uint32_t tenant;
  std::string_view name;  ///< Unique in the tenant: "project/search", "key/ak-7".
  BudgetId parent = no_budget;
  money::Currency currency;
  std::optional<money::Decimal> limit = {};  ///< > 0. None: only counts.
  bool is_hard = true;                       ///< Holds beyond the limit are refused.
  Period period = Period::total;
  std::string_view zone = "UTC";                   ///< In which days and months begin.
  std::span<const std::uint16_t> thresholds = {};  ///< Percent of the limit, rising.
};

struct Tick {
  base::Instant now;
  Cause cause;
};

}  // namespace steelyard::ledger
