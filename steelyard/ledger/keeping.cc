#include <algorithm>

#include "steelyard/ledger/instant.h"
#include "steelyard/ledger/ledger.h"

/// What is kept: a key of one letter and a number or (tenant, id), the highest byte first; a
/// value that begins with its version.
namespace steelyard::ledger {
namespace {

constexpr std::uint8_t version = 1;
constexpr char clock_kind = 'C';
constexpr char grant_kind = 'G';
constexpr char hold_kind = 'H';
constexpr char origin_kind = 'O';
constexpr char house_kind = 'T';
constexpr char wallet_kind = 'W';

std::string numbered_key(char kind, std::uint32_t number) {
  std::string key(1, kind);
  ByteWriter(key).sorting(number);
  return key;
}

std::string tenant_key(char kind, const TenantKey& of) {
  std::string key(1, kind);
  ByteWriter to(key);
  to.sorting(of.tenant);
  to.sorting(of.id.high);
  to.sorting(of.id.low);
  return key;
}

void write_totals(ByteWriter& to, std::span<const Totals> all) {
  for (const Totals& totals : all) {
    to.u128(totals.debit_posted);
    to.u128(totals.credit_posted);
    to.u128(totals.debit_pending);
    to.u128(totals.credit_pending);
  }
}

void read_totals(ByteReader& from, std::span<Totals> all) {
  for (Totals& totals : all) {
    totals.debit_posted = from.u128();
    totals.credit_posted = from.u128();
    totals.debit_pending = from.u128();
    totals.credit_pending = from.u128();
  }
}

std::string value_of(const Wallet& wallet) {
  std::string value;
  ByteWriter to(value);
  to.u8(version);
  to.u32(wallet.tenant);
  to.currency(wallet.currency);
  to.text(wallet.customer);
  to.u32(wallet.house);
  to.u8(static_cast<std::uint8_t>(wallet.state));
  to.decimal(wallet.terms.postpaid_limit);
  to.u8(wallet.terms.is_unlimited ? 1 : 0);
  to.u32(wallet.open_holds);
  write_totals(to, wallet.totals);
  return value;
}

std::string value_of(const House& house) {
  std::string value;
  ByteWriter to(value);
  to.u8(version);
  to.u32(house.tenant);
  to.currency(house.currency);
  write_totals(to, house.totals);
  return value;
}

std::string value_of(const GrantRecord& grant) {
  std::string value;
  ByteWriter to(value);
  to.u8(version);
  to.u32(static_cast<std::uint32_t>(grant.wallet));
  to.u16(grant.priority);
  to.decimal(grant.amount);
  to.decimal(grant.remaining);
  to.instant(grant.effective_at);
  to.instant(grant.expires_at);
  to.text(grant.scope);
  return value;
}

std::string value_of(const Hold& hold) {
  std::string value;
  ByteWriter to(value);
  to.u8(version);
  to.u32(static_cast<std::uint32_t>(hold.wallet));
  to.u32(static_cast<std::uint32_t>(hold.budget));
  to.u8(static_cast<std::uint8_t>(hold.state));
  to.decimal(hold.asked);
  to.decimal(hold.reserved);
  to.decimal(hold.captured);
  to.i64(hold.ttl_micros);
  to.instant(hold.opened_at);
  to.instant(hold.expires_at);
  to.instant(hold.forget_at);
  to.u64(hold.item);
  to.id(hold.end);
  to.decimal(hold.end_amount);
  to.u32(static_cast<std::uint32_t>(hold.parts.size()));
  for (const Id& part : hold.parts) to.id(part);
  return value;
}

std::string value_of(const OriginRecord& origin) {
  std::string value;
  ByteWriter to(value);
  to.u8(version);
  to.u8(static_cast<std::uint8_t>(origin.kind));
  to.u64(origin.fingerprint);
  to.u32(static_cast<std::uint32_t>(origin.wallet));
  to.decimal(origin.amount);
  to.decimal(origin.given_back);
  to.id(origin.hold);
  to.u32(static_cast<std::uint32_t>(origin.drawn.size()));
  for (const Drawn& part : origin.drawn) {
    to.u8(static_cast<std::uint8_t>(part.account));
    to.id(part.grant);
    to.decimal(part.amount);
  }
  return value;
}

std::string value_of_clock(const std::optional<base::Instant>& last_tick,
                           const std::optional<Cause>& last_charge) {
  std::string value;
  ByteWriter to(value);
  to.u8(version);
  to.u8(last_tick ? 1 : 0);
  to.instant(last_tick.value_or(base::Instant{}));
  to.u8(last_charge ? 1 : 0);
  to.u64(last_charge.value_or(Cause{}).sequence);
  to.u32(last_charge.value_or(Cause{}).part);
  return value;
}

template <class T>
void take(KeyedShelf<T>& shelf, char kind, const Ledger::Visitor& visit) {
  shelf.take_changed([&](const TenantKey& key) { visit(tenant_key(kind, key), std::nullopt); },
                     [&](const T& thing) { visit(tenant_key(kind, thing.key), value_of(thing)); });
}

template <class T>
void take(Shelf<T>& shelf, char kind, const Ledger::Visitor& visit) {
  shelf.take_changed(
      [&](const T& thing) { visit(numbered_key(kind, thing.number), value_of(thing)); });
}

template <class T>
void show(const KeyedShelf<T>& shelf, char kind, const Ledger::Visitor& visit) {
  for (const T* thing : shelf.sorted()) visit(tenant_key(kind, thing->key), value_of(*thing));
}

template <class T>
void show(const Shelf<T>& shelf, char kind, const Ledger::Visitor& visit) {
  for (std::uint32_t i = 0; i < shelf.size(); ++i) {
    visit(numbered_key(kind, i), value_of(shelf[i]));
  }
}

}  // namespace

void Ledger::for_each_changed(const Visitor& visit) {
  budgets_.take_changed(visit);
  if (is_clock_dirty_) visit(std::string(1, clock_kind), value_of_clock(last_tick_, last_charge_));
  is_clock_dirty_ = false;
  take(grants_, grant_kind, visit);
  take(holds_, hold_kind, visit);
  take(origins_, origin_kind, visit);
  take(houses_, house_kind, visit);
  take(wallets_, wallet_kind, visit);
}

void Ledger::snapshot(const Visitor& visit) const {
  budgets_.snapshot(visit);
  if (last_tick_ || last_charge_) {
    visit(std::string(1, clock_kind), value_of_clock(last_tick_, last_charge_));
  }
  show(grants_, grant_kind, visit);
  show(holds_, hold_kind, visit);
  show(origins_, origin_kind, visit);
  show(houses_, house_kind, visit);
  show(wallets_, wallet_kind, visit);
}

bool Ledger::restore_wallet(std::uint32_t number, ByteReader& from) {
  while (wallets_.size() <= number) wallets_.add();
  Wallet& wallet = wallets_[number];
  if (wallet.is_set) return false;
  wallet.is_set = true;
  wallet.number = number;
  wallet.tenant = from.u32();
  wallet.currency = from.currency();
  wallet.customer = from.text();
  wallet.house = from.u32();
  wallet.state = from.enumerator(WalletState::open, WalletState::closed);
  wallet.terms.postpaid_limit = from.decimal();
  wallet.terms.is_unlimited = from.boolean();
  wallet.open_holds = from.u32();
  read_totals(from, wallet.totals);
  return from.is_done() && NameIndex::is_valid(wallet.customer);
}

bool Ledger::restore_house(std::uint32_t number, ByteReader& from) {
  while (houses_.size() <= number) houses_.add();
  House& house = houses_[number];
  if (house.is_set) return false;
  house.is_set = true;
  house.number = number;
  house.tenant = from.u32();
  house.currency = from.currency();
  read_totals(from, house.totals);
  return from.is_done();
}

bool Ledger::restore_grant(const TenantKey& key, ByteReader& from) {
  if (grants_.find(key) != nullptr) return false;
  GrantRecord& grant = grants_.add(key);
  grant.wallet = WalletId{from.u32()};
  grant.priority = from.u16();
  grant.amount = from.decimal();
  grant.remaining = from.decimal();
  grant.effective_at = from.instant();
  grant.expires_at = from.instant();
  grant.scope = from.text();
  return from.is_done() && is_in_range(grant.expires_at);
}

bool Ledger::restore_hold(const TenantKey& key, ByteReader& from) {
  if (holds_.find(key) != nullptr) return false;
  Hold& hold = holds_.add(key);
  hold.wallet = WalletId{from.u32()};
  hold.budget = BudgetId{from.u32()};
  hold.state = from.enumerator(HoldState::open, HoldState::expired);
  hold.asked = from.decimal();
  hold.reserved = from.decimal();
  hold.captured = from.decimal();
  hold.ttl_micros = from.i64();
  hold.opened_at = from.instant();
  hold.expires_at = from.instant();
  hold.forget_at = from.instant();
  hold.item = from.u64();
  hold.end = from.id();
  hold.end_amount = from.decimal();
  for (std::uint32_t left = from.u32(); left > 0 && from.is_good(); --left) {
    hold.parts.push_back(from.id());
  }
  return from.is_done();
}

bool Ledger::restore_origin(const TenantKey& key, ByteReader& from) {
  if (origins_.find(key) != nullptr) return false;
  OriginRecord& origin = origins_.add(key);
  origin.kind = from.enumerator(EntryKind::charge, EntryKind::invoice);
  origin.fingerprint = from.u64();
  origin.wallet = WalletId{from.u32()};
  origin.amount = from.decimal();
  origin.given_back = from.decimal();
  origin.hold = from.id();
  for (std::uint32_t left = from.u32(); left > 0 && from.is_good(); --left) {
    Drawn part{};
    part.account = from.enumerator(Account::prepaid, Account::promo);
    part.grant = from.id();
    part.amount = from.decimal();
    origin.drawn.push_back(part);
  }
  return from.is_done();
}

bool Ledger::restore_clock(ByteReader& from) {
  const bool has_tick = from.boolean();
  const base::Instant tick = from.instant();
  const bool has_charge = from.boolean();
  Cause cause;
  cause.sequence = from.u64();
  cause.part = from.u32();
  if (has_tick) last_tick_ = tick;
  if (has_charge) last_charge_ = cause;
  return from.is_done();
}

bool Ledger::restore_entity(std::string_view key, std::string_view value) {
  if (key.empty()) return false;
  ByteReader name(key.substr(1));
  ByteReader from(value);
  if (key[0] == BudgetTree::key_kind) return budgets_.restore(name, from);
  if (from.u8() != version) return false;
  if (key[0] == clock_kind) return name.is_done() && restore_clock(from);
  if (key[0] == wallet_kind || key[0] == house_kind) {
    const auto number = name.sorting<std::uint32_t>();
    if (!name.is_done() || number > restored_numbers_max) return false;
    return key[0] == wallet_kind ? restore_wallet(number, from) : restore_house(number, from);
  }
  TenantKey of;
  of.tenant = name.sorting<std::uint32_t>();
  of.id.high = name.sorting<std::uint64_t>();
  of.id.low = name.sorting<std::uint64_t>();
  if (!name.is_done()) return false;
  switch (key[0]) {
    case grant_kind: return restore_grant(of, from);
    case hold_kind: return restore_hold(of, from);
    case origin_kind: return restore_origin(of, from);
    default: return false;
  }
}

Result<void> Ledger::restore(std::string_view key, std::string_view value) {
  if (restore_entity(key, value)) return {};
  return failure(ErrorCode::file_is_malformed, "ledger entity " + std::string(key.substr(0, 1)) +
                                                   " of " + std::to_string(value.size()) +
                                                   " bytes");
}

bool Ledger::link_wallets() {
  for (std::uint32_t i = 0; i < houses_.size(); ++i) {
    const House& house = houses_[i];
    if (!house.is_set || house_of_.find(house.tenant, house.currency.code(), house_name)) {
      return false;
    }
    house_of_.add(house.tenant, house.currency.code(), house_name, i);
  }
  for (std::uint32_t i = 0; i < wallets_.size(); ++i) {
    const Wallet& wallet = wallets_[i];
    const bool is_linked = wallet.is_set && wallet.house < houses_.size() &&
                           houses_[wallet.house].tenant == wallet.tenant &&
                           houses_[wallet.house].currency == wallet.currency;
    if (!is_linked || wallet_of_.find(wallet.tenant, wallet.currency.code(), wallet.customer)) {
      return false;
    }
    tenant_of_.push_back(wallet.tenant);
    wallet_of_.add(wallet.tenant, wallet.currency.code(), wallet.customer, i);
  }
  return true;
}

bool Ledger::link_grants() {
  for (const GrantRecord* grant : grants_.sorted()) {
    Wallet* const wallet = find(grant->wallet);
    if (wallet == nullptr || wallet->tenant != grant->key.tenant) return false;
    if (!grant->remaining.is_zero()) insert_grant(*wallet, *grant);
    const bool is_past = last_tick_ && grant->expires_at <= *last_tick_;
    if (!grant->remaining.is_zero() || !is_past)
      grant_due_.add({grant->expires_at, grant->key, grant->place});
  }
  return true;
}

bool Ledger::link_holds() {
  for (const Hold* hold : holds_.sorted()) {
    const Wallet* const wallet = find(hold->wallet);
    if (wallet == nullptr || wallet->tenant != hold->key.tenant) return false;
    if (hold->budget != no_budget && !budgets_.contains(hold->budget)) return false;
    const bool is_open = hold->state == HoldState::open;
    open_holds_ += is_open ? 1 : 0;
    hold_due_.add({is_open ? hold->expires_at : hold->forget_at, hold->key, hold->place});
  }
  return true;
}

Result<void> Ledger::finish_restore() {
  const auto lost = [](const char* what) {
    return failure(ErrorCode::file_is_malformed,
                   std::string("ledger: an entity names ") + what + " that is not there");
  };
  if (!budgets_.finish_restore()) return lost("a budget");
  if (!link_wallets()) return lost("a wallet");
  if (!link_grants()) return lost("a wallet of a grant");
  if (!link_holds()) return lost("a wallet or budget of a hold");
  if (const auto wrong = imbalance()) return failure(ErrorCode::file_is_malformed, *wrong);
  grants_.forget_changes();
  holds_.forget_changes();
  origins_.forget_changes();
  return {};
}

}  // namespace steelyard::ledger
