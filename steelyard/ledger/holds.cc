#include <algorithm>

#include "steelyard/ledger/instant.h"
#include "steelyard/ledger/ledger.h"

namespace steelyard::ledger {
namespace {

using money::Decimal;

std::unexpected<Refused> refuse(Refusal why) { return std::unexpected(Refused{.why = why}); }

void prefetch(const Wallet& wallet) {
  for (const Totals& totals : wallet.totals) __builtin_prefetch(&totals, 1);
  __builtin_prefetch(&wallet.terms, 1);
}

std::uint64_t item_hash(std::string_view item) { return item.empty() ? 0 : id_of({item}).low; }

}  // namespace

Answer<Authorised> Ledger::authorise(const Authorise& command) {
  STEELYARD_CHECK(!command.hold.is_none());
  budgets_.prefetch(command.budget);
  Wallet* const wallet = find(command.wallet);
  if (wallet != nullptr) prefetch(*wallet);
  holds_.prefetch_next();
  if (const auto why = check_command(wallet, command.amount, command.at)) return refuse(*why);
  if (command.ttl_micros < 1 || command.ttl_micros > hold_ttl_micros_max) {
    return refuse(Refusal::time_out_of_range);
  }
  // Not asked of the wallet, which is on its way into the cache.
  const TenantKey key{tenant_of_[static_cast<std::size_t>(command.wallet)], command.hold};
  const std::uint64_t item = item_hash(command.item);
  if (const Hold* const known = holds_.find(key)) {
    const bool is_same = known->wallet == command.wallet && known->asked == command.amount &&
                         known->ttl_micros == command.ttl_micros &&
                         known->budget == command.budget && known->item == item;
    if (!is_same) return refuse(Refusal::hold_conflict);
    return Authorised{.is_repeat = true,
                      .state = known->state,
                      .reserved = known->reserved,
                      .expires_at = known->expires_at,
                      .available = available(*wallet, command.item, command.at)};
  }
  if (wallet->state != WalletState::open) return refuse(Refusal::account_closed);
  if (const auto why = budgets_.check(command.budget, wallet->tenant, wallet->currency)) {
    return refuse(*why);
  }
  const Decimal available_before = available(*wallet, command.item, command.at);
  if (!wallet->terms.is_unlimited && available_before < command.amount) {
    return std::unexpected(Refused{.why = Refusal::insufficient_balance,
                                   .asked = command.amount,
                                   .available = available_before});
  }
  if (const auto why = budgets_.refuses_hold(command.budget, command.amount, command.at.seconds)) {
    return std::unexpected(*why);
  }
  postings_.clear();
  add_pending(Side::credit, command.amount);
  if (!can_post(*wallet) || !budgets_.has_room(command.budget, command.amount)) {
    return refuse(Refusal::amount_out_of_range);
  }

  post(EntryKind::hold_open, *wallet, command.hold, {}, command.cause, command.at);
  budgets_.reserve(command.budget, command.amount);
  ++wallet->open_holds;
  ++open_holds_;
  Hold& hold = holds_.add(key);
  hold.wallet = command.wallet;
  hold.budget = command.budget;
  hold.asked = command.amount;
  hold.reserved = command.amount;
  hold.ttl_micros = command.ttl_micros;
  hold.opened_at = command.at;
  hold.expires_at = later(command.at, command.ttl_micros);
  hold.item = item;
  hold_due_.add({hold.expires_at, key, hold.place});
  return Authorised{.reserved = hold.reserved,
                    .expires_at = hold.expires_at,
                    .available = available_before - command.amount};
}

/// What it kept is free already.
void Ledger::end_hold(Hold& hold, HoldState state, Id origin, base::Instant forget_from) {
  STEELYARD_CHECK(hold.state == HoldState::open);
  STEELYARD_CHECK(hold.reserved.is_zero());
  hold.state = state;
  hold.end = origin;
  hold.forget_at = later(forget_from, options_.hold_memory_micros);
  holds_.touch(hold);
  Wallet& wallet = *find(hold.wallet);
  STEELYARD_CHECK(wallet.open_holds > 0);
  --wallet.open_holds;
  --open_holds_;
  if (wallet.open_holds == 0 && wallet.state == WalletState::closing) {
    wallet.state = WalletState::closed;
  }
  wallets_.touch(wallet.number);
}

/// All that it keeps is free again.
void Ledger::free_hold(Hold& hold, EntryKind kind, Id origin, const Cause& cause,
                       base::Instant at) {
  if (hold.reserved.is_zero()) return;
  postings_.clear();
  add_pending(Side::debit, hold.reserved);
  post(kind, *find(hold.wallet), origin, hold.key.id, cause, at);
  budgets_.reserve(hold.budget, -hold.reserved);
  hold.reserved = {};
}

Answer<Posted> Ledger::release(const Release& command) {
  Hold* const hold = holds_.find({command.tenant, command.hold});
  if (hold == nullptr) return refuse(Refusal::unknown_hold);
  if (!is_in_range(command.at)) return refuse(Refusal::time_out_of_range);
  if (hold->state == HoldState::released && hold->end == command.origin) {
    return Posted{.is_repeat = true};
  }
  if (hold->state != HoldState::open) {
    return std::unexpected(Refused{.why = Refusal::hold_not_open, .state = hold->state});
  }
  free_hold(*hold, EntryKind::hold_release, command.origin, command.cause, command.at);
  end_hold(*hold, HoldState::released, command.origin, hold->expires_at);
  return Posted{};
}

void Ledger::expire_hold(Hold& hold, const Tick& tick) {
  free_hold(hold, EntryKind::hold_expiry, hold.key.id, tick.cause, tick.now);
  end_hold(hold, HoldState::expired, {}, std::max(hold.expires_at, tick.now));
}

void Ledger::tick(const Tick& tick) {
  if (!is_in_range(tick.now) || (last_tick_ && tick.now <= *last_tick_)) return;
  last_tick_ = tick.now;
  is_clock_dirty_ = true;
  hold_due_.take(tick.now, [&](const Due& due, const Due* ahead) {
    if (ahead != nullptr) holds_.prefetch(ahead->place);
    Hold* const hold = holds_.at(due.place, due.key);
    if (hold == nullptr) return;
    if (hold->state == HoldState::open) expire_hold(*hold, tick);
    if (hold->forget_at <= tick.now) {
      forget(*hold);
    } else {
      hold_due_.add({hold->forget_at, due.key, due.place});
    }
  });
  grant_due_.take(tick.now, [&](const Due& due, const Due*) {
    GrantRecord* const grant = grants_.at(due.place, due.key);
    if (grant != nullptr) expire_grant(*grant, tick);
  });
}

void Ledger::forget(const Hold& hold) {
  for (const Id& part : hold.parts) {
    const OriginRecord* const record = origins_.find({hold.key.tenant, part});
    if (record != nullptr && record->hold == hold.key.id) origins_.remove(*record);
  }
  holds_.remove(hold);
}

}  // namespace steelyard::ledger
