#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "steelyard/base/time.h"
#include "steelyard/ledger/id.h"
#include "steelyard/money/decimal.h"
#include "steelyard/money/money.h"

namespace steelyard::ledger {

/// Numbers of the ledger's own, given in the order of the facts, so that replay gives the same.
enum class WalletId : std::uint32_t {};
enum class BudgetId : std::uint32_t {};
inline constexpr BudgetId no_budget{std::numeric_limits<std::uint32_t>::max()};

/// A double-entry account. The first four are a customer's, in one currency; the others are the
/// house's, for each tenant and currency. Numbers are stored.
enum class Account : std::uint8_t {
  prepaid = 0,     ///< Paid in and not yet used. Grows by credit.
  receivable = 1,  ///< Used and not yet paid. Grows by debit.
  reserved = 2,    ///< Held for calls that are under way; pending only. Grows by credit.
  promo = 3,       ///< Granted and not yet used. Grows by credit.

  revenue_accrued = 4,
  revenue_invoiced = 5,
  tax = 6,
  rounding = 7,
  write_off = 8,
  suspense = 9,
  cash_clearing = 10,
  promotion = 11,  ///< What granted credit costs the house.
};
inline constexpr int wallet_accounts = 4;
inline constexpr int house_accounts = 8;
constexpr bool is_of_house(Account account) { return account >= Account::revenue_accrued; }

std::string_view name_of(Account account);

enum class EntryKind : std::uint8_t {
  charge = 1,
  top_up = 2,
  grant = 3,
  grant_expiry = 4,
  hold_open = 5,
  hold_capture = 6,
  hold_release = 7,
  hold_expiry = 8,
  refund = 9,
  correction = 10,  ///< A charge below zero, or an entry that corrects the one it names.
  adjustment = 11,
  rounding = 12,
  invoice = 13,  ///< Accrued revenue becomes invoiced; with tax and the rounding rest.
};

std::string_view name_of(EntryKind kind);

enum class HoldState : std::uint8_t {
  open = 1,
  captured = 2,  ///< By its last settlement.
  released = 3,
  expired = 4,  ///< By a tick.
};

std::string_view name_of(HoldState state);

/// Where in the order of facts a command stands.
struct Cause {
  std::uint64_t sequence = 0;
  std::uint32_t part = 0;  ///< Among several commands of one fact.

  constexpr auto operator<=>(const Cause&) const = default;
};

enum class Side : std::uint8_t { debit, credit };

/// Pending is what may still become nothing: holds. It is balanced apart from what is posted.
enum class Layer : std::uint8_t { posted, pending };

struct Posting {
  Account account;
  Side side;
  Layer layer = Layer::posted;
  money::Decimal amount;  ///< > 0.
  Id grant = {};          ///< Of a posting to `promo`.
};

/// One transaction: its debits are its credits, in one currency, in each layer. Never changed.
/// (tenant, kind, origin, cause.sequence) is unique; of the facts of one log so is (tenant, kind,
/// origin), but for the expiry of a grant that was given something back.
struct Entry {
  EntryKind kind;
  std::uint32_t tenant;
  WalletId wallet;
  money::Currency currency;
  Id origin;    ///< Of the command; of a hold or a grant that expires, its id.
  Id original;  ///< What this corrects, captures, releases or refunds; none if nothing.
  Cause cause;
  base::Instant at;
  std::span<const Posting> postings;  ///< Valid during the call.
};

}  // namespace steelyard::ledger
