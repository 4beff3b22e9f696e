#include <algorithm>

#include "steelyard/ledger/ledger.h"

namespace steelyard::ledger {

using money::Decimal;

GrantRecord* Ledger::grant_of(const Wallet& wallet, Id grant) {
  GrantRecord* const record = grants_.find({wallet.tenant, grant});
  return record != nullptr && record->wallet == WalletId{wallet.number} ? record : nullptr;
}

/// In the order of drawing: by priority, the earliest expiry, the id.
void Ledger::insert_grant(Wallet& wallet, const GrantRecord& grant) {
  const auto is_before = [&](std::uint32_t other_place, const GrantRecord& one) {
    const GrantRecord& other = grants_.at(other_place);
    if (other.priority != one.priority) return other.priority < one.priority;
    if (other.expires_at != one.expires_at) return other.expires_at < one.expires_at;
    return other.key < one.key;
  };
  wallet.grants.insert(
      std::lower_bound(wallet.grants.begin(), wallet.grants.end(), grant, is_before), grant.place);
}

void Ledger::change_grant(Wallet& wallet, GrantRecord& grant, Decimal change) {
  const bool was_empty = grant.remaining.is_zero();
  grant.remaining += change;
  STEELYARD_CHECK(!grant.remaining.is_negative());
  STEELYARD_CHECK(grant.remaining <= grant.amount);
  grants_.touch(grant);
  if (grant.remaining.is_zero()) {
    std::erase(wallet.grants, grant.place);
  } else if (was_empty) {
    insert_grant(wallet, grant);
    if (last_tick_ && grant.expires_at <= *last_tick_)
      grant_due_.add({grant.expires_at, grant.key, grant.place});
  }
}

Decimal Ledger::usable_grants(const Wallet& wallet, std::string_view item, base::Instant at) const {
  Decimal sum;
  for (const std::uint32_t place : wallet.grants) {
    const GrantRecord& grant = grants_.at(place);
    if (grant.covers(item, at)) sum += grant.remaining;
  }
  return sum;
}

Decimal Ledger::available(const Wallet& wallet, std::string_view item, base::Instant at) const {
  const Decimal limit = wallet.terms.is_unlimited ? amount_max : wallet.terms.postpaid_limit;
  return wallet.prepaid() + usable_grants(wallet, item, at) + limit - wallet.receivable() -
         wallet.reserved();
}

void Ledger::expire_grant(GrantRecord& grant, const Tick& tick) {
  if (grant.remaining.is_zero()) return;
  Wallet& wallet = *find(grant.wallet);
  postings_.clear();
  add_posting(Account::promo, Side::debit, grant.remaining, grant.key.id);
  add_posting(Account::promotion, Side::credit, grant.remaining);
  post(EntryKind::grant_expiry, wallet, grant.key.id, grant.key.id, tick.cause, tick.now);
  change_grant(wallet, grant, -grant.remaining);
}

}  // namespace steelyard::ledger
