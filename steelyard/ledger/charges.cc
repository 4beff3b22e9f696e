#include <algorithm>

#include "steelyard/ledger/instant.h"
#include "steelyard/ledger/ledger.h"
#include "steelyard/ledger/siphash.h"

namespace steelyard::ledger {
namespace {

using money::Decimal;

std::unexpected<Refused> refuse(Refusal why) { return std::unexpected(Refused{.why = why}); }

std::uint64_t fingerprint_of(const Charge& command) {
  SipHash hash = stable_hash();
  const auto scaled = static_cast<uint128>(command.amount.scaled());
  hash.add_number(static_cast<std::uint64_t>(EntryKind::charge));
  hash.add_number(static_cast<std::uint64_t>(command.wallet));
  hash.add_number(static_cast<std::uint64_t>(scaled));
  hash.add_number(static_cast<std::uint64_t>(scaled >> 64));
  hash.add_number(command.hold.high);
  hash.add_number(command.hold.low);
  hash.add_number(command.ends_hold ? 1 : 0);
  return std::max<std::uint64_t>(hash.finish().low, 1);
}

Decimal sum_of(std::span<const Drawn> parts) {
  Decimal sum;
  for (const Drawn& part : parts) sum += part.amount;
  return sum;
}

}  // namespace

/// Into drawn_. Where the money is not enough, receivable takes the rest.
void Ledger::draw(const Wallet& wallet, Decimal amount, std::string_view item, base::Instant at) {
  for (const std::uint32_t place : wallet.grants) {
    if (amount.is_zero()) return;
    const GrantRecord& grant = grants_.at(place);
    if (!grant.covers(item, at)) continue;
    const Decimal part = std::min(amount, grant.remaining);
    drawn_.push_back({Account::promo, grant.key.id, part});
    amount += -part;
  }
  const Decimal from_prepaid = std::clamp(wallet.prepaid(), Decimal(), amount);
  if (!from_prepaid.is_zero()) drawn_.push_back({Account::prepaid, {}, from_prepaid});
  const Decimal owed = amount - from_prepaid;
  if (!owed.is_zero()) drawn_.push_back({Account::receivable, {}, owed});
}

/// Into drawn_. Of `original`, the last `given_back` has gone back already.
void Ledger::give_back(const Wallet& wallet, Decimal amount, std::span<const Drawn> original,
                       Decimal given_back) {
  Decimal owed = std::max(wallet.receivable(), Decimal());
  Decimal to_prepaid;
  Decimal to_receivable;
  const auto to_receivable_first = [&](Decimal part) {
    const Decimal settled = std::min(part, owed);
    owed += -settled;
    to_receivable += settled;
    to_prepaid += part - settled;
  };
  Decimal skipped = given_back;
  for (std::size_t i = original.size(); i-- > 0 && !amount.is_zero();) {
    const Drawn& drawn = original[i];
    const Decimal over = std::min(skipped, drawn.amount);
    skipped += -over;
    const Decimal part = std::min(amount, drawn.amount - over);
    if (part.is_zero()) continue;
    amount += -part;
    const bool is_promo = drawn.account == Account::promo;
    const GrantRecord* const grant = is_promo ? grant_of(wallet, drawn.grant) : nullptr;
    if (grant != nullptr && grant->remaining + part <= grant->amount) {
      drawn_.push_back({Account::promo, drawn.grant, part});
    } else if (drawn.account == Account::receivable) {
      to_receivable_first(part);
    } else {
      to_prepaid += part;
    }
  }
  to_receivable_first(amount);
  if (!to_receivable.is_zero()) drawn_.push_back({Account::receivable, {}, to_receivable});
  if (!to_prepaid.is_zero()) drawn_.push_back({Account::prepaid, {}, to_prepaid});
}

/// The parts in drawn_ against revenue_accrued.
void Ledger::post_drawn(bool is_reversal) {
  const Side of_customer = is_reversal ? Side::credit : Side::debit;
  const Side of_house = is_reversal ? Side::debit : Side::credit;
  for (const Drawn& part : drawn_) {
    add_posting(part.account, of_customer, part.amount, part.grant);
  }
  const Decimal sum = sum_of(drawn_);
  if (!sum.is_zero()) add_posting(Account::revenue_accrued, of_house, sum);
}

void Ledger::apply_drawn(Wallet& wallet, bool is_reversal) {
  for (const Drawn& part : drawn_) {
    if (part.account != Account::promo) continue;
    change_grant(wallet, *grant_of(wallet, part.grant), is_reversal ? part.amount : -part.amount);
  }
}

Answer<Ledger::Original> Ledger::original_of(WalletId wallet, std::uint32_t tenant, Id id,
                                             std::span<const Drawn> drawn, Decimal amount) {
  if (OriginRecord* const record = origins_.find({tenant, id})) {
    const bool fits = record->kind == EntryKind::charge || record->kind == EntryKind::top_up;
    if (!fits || record->wallet != wallet) return refuse(Refusal::unknown_original);
    return Original{.record = record,
                    .drawn = record->drawn,
                    .amount = record->amount,
                    .given_back = record->given_back,
                    .is_known = true};
  }
  for (const Drawn& part : drawn) {
    if (part.amount <= Decimal() || part.amount > amount_max || is_of_house(part.account) ||
        part.account == Account::reserved) {
      return refuse(Refusal::amount_out_of_range);
    }
  }
  const Decimal sum = drawn.empty() ? amount : sum_of(drawn);
  if (sum.is_negative() || sum > amount_max || (!amount.is_zero() && sum != amount)) {
    return refuse(Refusal::amount_out_of_range);
  }
  return Original{.drawn = drawn, .amount = sum, .is_known = !sum.is_zero()};
}

/// From the first time on, an original that something went back of is remembered.
void Ledger::give_back_of(const Original& original, const TenantKey& key, WalletId wallet,
                          Decimal amount) {
  OriginRecord* record = original.record;
  if (record == nullptr) {
    record = &remember(key, EntryKind::charge, 0, wallet, original.amount);
    record->drawn.assign(original.drawn.begin(), original.drawn.end());
  }
  record->hold = {};
  record->given_back += amount;
  STEELYARD_CHECK(record->given_back <= record->amount);
  origins_.touch(*record);
}

/// Nothing: it is new.
std::optional<Answer<Charged>> Ledger::repeated(const Charge& command, const Wallet& wallet,
                                                const Hold* hold) {
  Charged repeat{.is_repeat = true};
  if (hold != nullptr) {
    repeat.hold = hold->state;
    repeat.hold_reserved = hold->reserved;
  }
  const TenantKey key{wallet.tenant, command.origin};
  const OriginRecord* const record = origins_.find(key);
  if (record != nullptr) {
    const bool is_same = record->fingerprint == 0 ? record->amount == command.amount
                                                  : record->fingerprint == fingerprint_of(command);
    if (!is_same) return refuse(Refusal::origin_conflict);
    repeat.drawn = record->drawn;
    return repeat;
  }
  if (hold != nullptr && hold->end == command.origin) {
    const bool is_same = hold->state != HoldState::released && command.ends_hold &&
                         hold->end_amount == command.amount;
    if (!is_same) return refuse(Refusal::origin_conflict);
    return repeat;
  }
  const bool is_past = last_charge_ && command.cause <= *last_charge_;
  if (is_past && !options_.remembers_charges) return repeat;
  return std::nullopt;
}

Answer<Charged> Ledger::charge(const Charge& command) {
  Wallet* const wallet = find(command.wallet);
  if (wallet == nullptr) return refuse(Refusal::unknown_account);
  Hold* hold = command.hold.is_none() ? nullptr : holds_.find({wallet->tenant, command.hold});
  if (hold != nullptr && hold->wallet != command.wallet) hold = nullptr;
  if (auto repeat = repeated(command, *wallet, hold)) return *std::move(repeat);
  return book(command, hold);
}

Answer<Charged> Ledger::settle(const Charge& command) {
  Wallet* const wallet = find(command.wallet);
  if (wallet == nullptr) return refuse(Refusal::unknown_account);
  Hold* const hold = holds_.find({wallet->tenant, command.hold});
  if (hold == nullptr || hold->wallet != command.wallet) return refuse(Refusal::unknown_hold);
  if (auto repeat = repeated(command, *wallet, hold)) return *std::move(repeat);
  const bool is_late = hold->state == HoldState::expired && hold->end.is_none();
  if (hold->state != HoldState::open && !is_late) {
    return std::unexpected(Refused{.why = Refusal::hold_not_open, .state = hold->state});
  }
  if (command.amount.is_negative()) return refuse(Refusal::amount_out_of_range);
  return book(command, hold);
}

/// The charge is new; its hold may be in any state, or none.
Answer<Charged> Ledger::book(const Charge& command, Hold* hold) {
  Wallet& wallet = *find(command.wallet);
  if (!is_bookable(command.amount)) return refuse(Refusal::amount_out_of_range);
  if (!is_in_range(command.at)) return refuse(Refusal::time_out_of_range);
  BudgetId budget = command.budget;
  if (budget == no_budget && hold != nullptr) budget = hold->budget;
  if (const auto why = budgets_.check(budget, wallet.tenant, wallet.currency)) {
    return refuse(*why);
  }
  if (!budgets_.has_room(budget, command.amount)) return refuse(Refusal::amount_out_of_range);

  const bool is_reversal = command.amount.is_negative();
  Original original;
  if (is_reversal && !command.original.is_none() && command.original != command.origin) {
    const auto found =
        original_of(command.wallet, wallet.tenant, command.original, command.original_drawn, {});
    if (!found) return std::unexpected(found.error());
    original = *found;
    if (original.is_known && -command.amount > original.amount - original.given_back) {
      return std::unexpected(Refused{.why = Refusal::refund_exceeds_original,
                                     .asked = -command.amount,
                                     .available = original.amount - original.given_back});
    }
  }
  drawn_.clear();
  if (is_reversal) {
    give_back(wallet, -command.amount, original.drawn, original.given_back);
  } else {
    draw(wallet, command.amount, command.item, command.at);
  }

  const bool is_open = hold != nullptr && hold->state == HoldState::open;
  const bool ends = is_open && command.ends_hold;
  Decimal freed;
  if (is_open) {
    freed = ends ? hold->reserved : std::clamp(command.amount, Decimal(), hold->reserved);
  }
  postings_.clear();
  if (!freed.is_zero()) add_pending(Side::debit, freed);
  post_drawn(is_reversal);
  if (!can_post(wallet)) return refuse(Refusal::amount_out_of_range);

  Charged charged;
  charged.budget = budget;
  charged.notes.above_hold = is_open && command.amount > hold->reserved;
  charged.notes.late_capture = hold != nullptr && hold->state == HoldState::expired;
  charged.notes.hold_not_open = !command.hold.is_none() && !is_open && !charged.notes.late_capture;
  charged.notes.account_closed = wallet.state != WalletState::open;

  if (!freed.is_zero()) {
    postings_.clear();
    add_pending(Side::debit, freed);
    post(EntryKind::hold_capture, wallet, command.origin, command.hold, command.cause, command.at);
    budgets_.reserve(hold->budget, -freed);
    hold->reserved += -freed;
  }
  if (!command.amount.is_zero()) {
    postings_.clear();
    post_drawn(is_reversal);
    post(is_reversal ? EntryKind::correction : EntryKind::charge, wallet, command.origin,
         command.original.is_none() ? command.hold : command.original, command.cause, command.at);
    apply_drawn(wallet, is_reversal);
    charged.notes.outside_windows =
        !budgets_.spend(budget, command.amount, command.at, command.cause, observer_.crossing);
  }
  charged.notes.overdraft = !wallet.terms.is_unlimited && !drawn_.empty() && !is_reversal &&
                            drawn_.back().account == Account::receivable &&
                            wallet.receivable() > wallet.terms.postpaid_limit;
  if (hold != nullptr) settle_hold(*hold, command, ends);
  if (original.is_known) {
    give_back_of(original, {wallet.tenant, command.original}, command.wallet, -command.amount);
  }
  if (options_.remembers_charges) {
    const TenantKey key{wallet.tenant, command.origin};
    OriginRecord* record = origins_.find(key);
    if (record == nullptr) {
      record = &remember(key, EntryKind::charge, fingerprint_of(command), command.wallet,
                         command.amount);
    }
    record->drawn = drawn_;
  }
  last_charge_ = std::max(last_charge_.value_or(command.cause), command.cause);
  is_clock_dirty_ = true;

  if (hold != nullptr) {
    charged.hold = hold->state;
    charged.hold_reserved = hold->reserved;
  }
  charged.drawn = drawn_;
  return charged;
}

/// The hold after a charge that names it: ended by it, or smaller.
void Ledger::settle_hold(Hold& hold, const Charge& command, bool ends) {
  const bool is_late = hold.state == HoldState::expired && hold.end.is_none();
  if (hold.state != HoldState::open && !is_late) return;
  hold.captured += command.amount;
  holds_.touch(hold);
  if (ends) end_hold(hold, HoldState::captured, command.origin, hold.expires_at);
  if (command.ends_hold) {
    hold.end = command.origin;
    hold.end_amount = command.amount;
    return;
  }
  const TenantKey key{hold.key.tenant, command.origin};
  OriginRecord& record =
      remember(key, EntryKind::charge, fingerprint_of(command), command.wallet, command.amount);
  if (options_.remembers_charges) return;
  record.hold = command.hold;
  hold.parts.push_back(command.origin);
}

}  // namespace steelyard::ledger
