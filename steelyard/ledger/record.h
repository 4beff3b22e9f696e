#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/base/time.h"
#include "steelyard/ledger/command.h"
#include "steelyard/ledger/entry.h"
#include "steelyard/ledger/id.h"
#include "steelyard/ledger/shelf.h"
#include "steelyard/ledger/totals.h"
#include "steelyard/money/decimal.h"
#include "steelyard/money/money.h"

/// What the ledger remembers, and how it shows it.
namespace steelyard::ledger {

enum class WalletState : std::uint8_t {
  open = 1,
  closing = 2,  ///< No new holds; closed when the last one ends.
  closed = 3,
};
std::string_view name_of(WalletState state);

struct Wallet {
  std::array<Totals, wallet_accounts> totals;
  Terms terms;
  std::uint32_t number = 0;
  std::uint32_t tenant = 0;
  std::uint32_t house = 0;
  std::uint32_t open_holds = 0;
  WalletState state = WalletState::open;
  bool is_dirty = false;
  bool is_set = false;
  money::Currency currency{"XXX"};
  std::vector<std::uint32_t> grants;  ///< Places of those with something left, as drawn.
  std::string customer;

  const Totals& of(Account account) const { return totals[static_cast<std::size_t>(account)]; }
  money::Decimal prepaid() const { return of(Account::prepaid).credit_balance(); }
  money::Decimal receivable() const { return of(Account::receivable).debit_balance(); }
  money::Decimal reserved() const { return of(Account::reserved).pending_credit_balance(); }
  money::Decimal promo() const { return of(Account::promo).credit_balance(); }
};

/// The house's accounts of one tenant in one currency.
struct House {
  std::array<Totals, house_accounts> totals;
  std::uint32_t number = 0;
  std::uint32_t tenant = 0;
  bool is_dirty = false;
  bool is_set = false;
  money::Currency currency{"XXX"};
};

struct GrantRecord : Kept {
  WalletId wallet{};
  std::uint16_t priority = 0;
  money::Decimal amount;
  money::Decimal remaining;
  base::Instant effective_at;
  base::Instant expires_at;
  std::string scope;

  bool covers(std::string_view item, base::Instant at) const {
    return effective_at <= at && at < expires_at && item.starts_with(scope);
  }
};

struct Hold : Kept {
  WalletId wallet{};
  BudgetId budget = no_budget;
  HoldState state = HoldState::open;
  money::Decimal asked;
  money::Decimal reserved;  ///< Still kept.
  money::Decimal captured;  ///< Charged by settlements so far, also above what was asked.
  std::int64_t ttl_micros = 0;
  base::Instant opened_at;
  base::Instant expires_at;
  base::Instant forget_at;    ///< Of one that has ended.
  std::uint64_t item = 0;     ///< A hash of what it asked for.
  Id end;                     ///< The origin of the settlement or release that ended it.
  money::Decimal end_amount;  ///< Of that settlement.
  std::vector<Id> parts;      ///< Origins of partial settlements, forgotten with it.
};

/// A command that was carried out, so that it is known when it comes again.
struct OriginRecord : Kept {
  EntryKind kind = EntryKind::charge;
  std::uint64_t fingerprint = 0;  ///< Of the content. 0: known only as an original.
  WalletId wallet{};
  money::Decimal amount;
  money::Decimal given_back;  ///< By refunds and corrections, of `amount`.
  Id hold;                    ///< Of a partial settlement: forgotten with it, unless refunded.
  std::vector<Drawn> drawn;   ///< Of a charge.
};

struct WalletView {
  std::uint32_t tenant;
  std::string_view customer;
  money::Currency currency;
  WalletState state;
  Terms terms;
  std::uint32_t open_holds;
};

struct GrantView {
  Id id;
  WalletId wallet;
  std::uint16_t priority;
  money::Decimal amount;
  money::Decimal remaining;
  base::Instant effective_at;
  base::Instant expires_at;
  std::string_view scope;
};

struct HoldView {
  std::uint32_t tenant;
  Id id;
  WalletId wallet;
  BudgetId budget;
  HoldState state;
  money::Decimal asked;
  money::Decimal reserved;
  money::Decimal captured;
  base::Instant opened_at;
  base::Instant expires_at;
};

}  // namespace steelyard::ledger
