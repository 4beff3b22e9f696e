#include "steelyard/ledger/ledger.h"

namespace steelyard::ledger {
namespace {

using money::Decimal;

GrantView view_of(const GrantRecord& grant) {
  return {.id = grant.key.id,
          .wallet = grant.wallet,
          .priority = grant.priority,
          .amount = grant.amount,
          .remaining = grant.remaining,
          .effective_at = grant.effective_at,
          .expires_at = grant.expires_at,
          .scope = grant.scope};
}

HoldView view_of(const Hold& hold) {
  return {.tenant = hold.key.tenant,
          .id = hold.key.id,
          .wallet = hold.wallet,
          .budget = hold.budget,
          .state = hold.state,
          .asked = hold.asked,
          .reserved = hold.reserved,
          .captured = hold.captured,
          .opened_at = hold.opened_at,
          .expires_at = hold.expires_at};
}

/// Debits less credits of a house's books.
struct Difference {
  Decimal posted;
  Decimal pending;

  void add(const Totals& totals) {
    posted += totals.debit_balance();
    pending += -totals.pending_credit_balance();
  }
};

}  // namespace

Balance Ledger::balance(WalletId id, base::Instant at) const {
  const Wallet& wallet = get(id);
  return {.prepaid = wallet.prepaid(),
          .receivable = wallet.receivable(),
          .reserved = wallet.reserved(),
          .promo = wallet.promo(),
          .promo_usable = usable_grants(wallet, {}, at),
          .terms = wallet.terms,
          .available = available(wallet, {}, at)};
}

Totals Ledger::totals(WalletId wallet, Account account) const {
  return totals_of(get(wallet), account);
}

void Ledger::for_each_house_account(
    const std::function<void(std::uint32_t tenant, const money::Currency& currency, Account account,
                             const Totals& totals)>& visit) const {
  for (std::uint32_t i = 0; i < houses_.size(); ++i) {
    const House& house = houses_[i];
    for (std::uint8_t j = 0; j < house_accounts; ++j) {
      visit(house.tenant, house.currency, static_cast<Account>(wallet_accounts + j),
            house.totals[j]);
    }
  }
}

WalletView Ledger::wallet(WalletId id) const {
  const Wallet& wallet = get(id);
  return {.tenant = wallet.tenant,
          .customer = wallet.customer,
          .currency = wallet.currency,
          .state = wallet.state,
          .terms = wallet.terms,
          .open_holds = wallet.open_holds};
}

BudgetView Ledger::budget(BudgetId budget) const { return budgets_.view(budget); }

std::optional<HoldView> Ledger::hold(std::uint32_t tenant, Id id) const {
  const Hold* const hold = holds_.find({tenant, id});
  if (hold == nullptr) return std::nullopt;
  return view_of(*hold);
}

std::optional<GrantView> Ledger::find_grant(std::uint32_t tenant, Id id) const {
  const GrantRecord* const grant = grants_.find({tenant, id});
  if (grant == nullptr) return std::nullopt;
  return view_of(*grant);
}

std::vector<GrantView> Ledger::grants(WalletId wallet) const {
  std::vector<GrantView> views;
  for (const std::uint32_t place : get(wallet).grants) views.push_back(view_of(grants_.at(place)));
  return views;
}

std::size_t Ledger::wallet_count() const { return wallets_.size(); }
std::size_t Ledger::budget_count() const { return budgets_.size(); }

std::vector<std::string> Ledger::zones() const { return budgets_.zones(); }
std::size_t Ledger::open_hold_count() const { return open_holds_; }

void Ledger::for_each_hold(const std::function<void(const HoldView&)>& visit) const {
  holds_.for_each([&](const Hold& hold) { visit(view_of(hold)); });
}

std::optional<std::string> Ledger::imbalance() const {
  std::vector<Difference> of_house(houses_.size());
  std::vector<Decimal> granted(wallets_.size());
  std::vector<Decimal> held(wallets_.size());
  std::vector<std::uint32_t> open_holds(wallets_.size());
  std::vector<Decimal> reserved_at(budgets_.size());
  grants_.for_each([&](const GrantRecord& grant) {
    granted[static_cast<std::size_t>(grant.wallet)] += grant.remaining;
  });
  std::size_t open = 0;
  holds_.for_each([&](const Hold& hold) {
    held[static_cast<std::size_t>(hold.wallet)] += hold.reserved;
    budgets_.add_up(hold.budget, hold.reserved, reserved_at);
    if (hold.state != HoldState::open) return;
    ++open_holds[static_cast<std::size_t>(hold.wallet)];
    ++open;
  });
  for (std::uint32_t i = 0; i < wallets_.size(); ++i) {
    const Wallet& wallet = wallets_[i];
    for (const Totals& totals : wallet.totals) of_house[wallet.house].add(totals);
    const std::string whose =
        "wallet " + wallet.customer + ' ' + std::string(wallet.currency.code());
    if (wallet.reserved() != held[i]) {
      return whose + " has " + wallet.reserved().to_text() + " reserved, its open holds are " +
             held[i].to_text();
    }
    if (wallet.promo() != granted[i]) {
      return whose + " has promo " + wallet.promo().to_text() + ", its grants have " +
             granted[i].to_text() + " left";
    }
    if (wallet.open_holds != open_holds[i]) {
      return whose + " counts " + std::to_string(wallet.open_holds) + " open holds, there are " +
             std::to_string(open_holds[i]);
    }
    if (wallet.prepaid().is_negative()) {
      return whose + " has prepaid " + wallet.prepaid().to_text();
    }
  }
  if (open != open_holds_) {
    return std::to_string(open_holds_) + " holds are counted as open, there are " +
           std::to_string(open);
  }
  for (std::uint32_t i = 0; i < houses_.size(); ++i) {
    for (const Totals& totals : houses_[i].totals) of_house[i].add(totals);
    if (of_house[i].posted.is_zero() && of_house[i].pending.is_zero()) continue;
    return "tenant " + std::to_string(houses_[i].tenant) + ' ' +
           std::string(houses_[i].currency.code()) + ": debits exceed credits by " +
           of_house[i].posted.to_text() + " posted, " + of_house[i].pending.to_text() + " pending";
  }
  return budgets_.imbalance(reserved_at);
}

}  // namespace steelyard::ledger
