#include "steelyard/ledger/ledger.h"

#include <algorithm>
#include <utility>

#include "steelyard/ledger/instant.h"
#include "steelyard/ledger/siphash.h"

namespace steelyard::ledger {
namespace {

using money::Decimal;

std::unexpected<Refused> refuse(Refusal why) { return std::unexpected(Refused{.why = why}); }
std::unexpected<Refused> refuse(Refusal why, Decimal asked, Decimal available) {
  return std::unexpected(Refused{.why = why, .asked = asked, .available = available});
}

/// What makes two commands of one origin the same.
class Content {
 public:
  Content(EntryKind kind, WalletId wallet) : hash_(stable_hash()) {
    hash_.add_number(static_cast<std::uint64_t>(kind));
    hash_.add_number(static_cast<std::uint64_t>(wallet));
  }
  void add(Decimal amount) {
    const auto scaled = static_cast<uint128>(amount.scaled());
    hash_.add_number(static_cast<std::uint64_t>(scaled));
    hash_.add_number(static_cast<std::uint64_t>(scaled >> 64));
  }
  void add(Id id) {
    hash_.add_number(id.high);
    hash_.add_number(id.low);
  }
  void add(base::Instant at) {
    hash_.add_number(static_cast<std::uint64_t>(at.seconds));
    hash_.add_number(at.nanoseconds);
  }
  void add(std::uint64_t number) { hash_.add_number(number); }
  void add(std::string_view text) {
    hash_.add_number(text.size());
    hash_.add(text);
  }
  std::uint64_t fingerprint() { return std::max<std::uint64_t>(hash_.finish().low, 1); }

 private:
  SipHash hash_;
};

}  // namespace

std::string_view name_of(WalletState state) {
  switch (state) {
    case WalletState::open: return "open";
    case WalletState::closing: return "closing";
    case WalletState::closed: return "closed";
  }
  base::check_failed("every state of a wallet has a name", __FILE__, __LINE__);
}

Ledger::Ledger(Options options, Observer observer)
    : options_(options), observer_(std::move(observer)) {
  STEELYARD_CHECK(options_.hold_memory_micros >= 0);
}

// Wallets.

Wallet* Ledger::find(WalletId wallet) {
  const auto number = static_cast<std::uint32_t>(wallet);
  return number < wallets_.size() ? &wallets_[number] : nullptr;
}

const Wallet& Ledger::get(WalletId wallet) const {
  const auto number = static_cast<std::uint32_t>(wallet);
  STEELYARD_CHECK(number < wallets_.size());
  return wallets_[number];
}

std::uint32_t Ledger::house_of(std::uint32_t tenant, const money::Currency& currency) {
  if (const auto known = house_of_.find(tenant, currency.code(), house_name)) return *known;
  const std::uint32_t number = houses_.add();
  House& house = houses_[number];
  house.number = number;
  house.tenant = tenant;
  house.currency = currency;
  house.is_set = true;
  houses_.touch(number);
  house_of_.add(tenant, currency.code(), house_name, number);
  return number;
}

Answer<WalletId> Ledger::open_wallet(std::uint32_t tenant, std::string_view customer,
                                     money::Currency currency, const Terms& terms) {
  if (!NameIndex::is_valid(customer)) return refuse(Refusal::name_is_invalid);
  if (terms.postpaid_limit.is_negative() || terms.postpaid_limit > amount_max) {
    return refuse(Refusal::amount_out_of_range);
  }
  if (const auto known = find_wallet(tenant, customer, currency)) {
    Wallet& wallet = *find(*known);
    if (wallet.terms == terms) return *known;
    wallet.terms = terms;
    wallets_.touch(wallet.number);
    return *known;
  }
  const std::uint32_t number = wallets_.add();
  Wallet& wallet = wallets_[number];
  wallet.number = number;
  wallet.tenant = tenant;
  wallet.house = house_of(tenant, currency);
  wallet.currency = currency;
  wallet.terms = terms;
  wallet.customer = customer;
  wallet.is_set = true;
  wallets_.touch(number);
  tenant_of_.push_back(tenant);
  wallet_of_.add(tenant, currency.code(), customer, number);
  return WalletId{number};
}

std::optional<WalletId> Ledger::find_wallet(std::uint32_t tenant, std::string_view customer,
                                            money::Currency currency) const {
  const auto number = wallet_of_.find(tenant, currency.code(), customer);
  if (!number) return std::nullopt;
  return WalletId{*number};
}

Answer<WalletState> Ledger::close_wallet(WalletId id, bool drains) {
  Wallet* const wallet = find(id);
  if (wallet == nullptr) return refuse(Refusal::unknown_account);
  if (wallet->open_holds > 0 && !drains) return refuse(Refusal::account_has_open_holds);
  wallet->state = wallet->open_holds > 0 ? WalletState::closing : WalletState::closed;
  wallets_.touch(wallet->number);
  return wallet->state;
}

// Entries.

Totals& Ledger::totals_of(Wallet& wallet, Account account) {
  const auto at = static_cast<std::size_t>(account);
  if (!is_of_house(account)) return wallet.totals[at];
  return houses_[wallet.house].totals[at - wallet_accounts];
}

const Totals& Ledger::totals_of(const Wallet& wallet, Account account) const {
  const auto at = static_cast<std::size_t>(account);
  if (!is_of_house(account)) return wallet.totals[at];
  return houses_[wallet.house].totals[at - wallet_accounts];
}

void Ledger::add_posting(Account account, Side side, Decimal amount, Id grant) {
  postings_.push_back({account, side, Layer::posted, amount, grant});
}

/// What is held is set aside from prepaid, pending, until the hold ends.
void Ledger::add_pending(Side of_reserved, Decimal amount) {
  const Side of_prepaid = of_reserved == Side::credit ? Side::debit : Side::credit;
  postings_.push_back({Account::prepaid, of_prepaid, Layer::pending, amount, {}});
  postings_.push_back({Account::reserved, of_reserved, Layer::pending, amount, {}});
}

/// Postings of one command to one account overrun `total_max` together by less than what an
/// amount may be, which no total notices.
bool Ledger::can_post(const Wallet& wallet) const {
  return std::all_of(postings_.begin(), postings_.end(), [&](const Posting& posting) {
    return totals_of(wallet, posting.account).can_add(posting.side, posting.layer, posting.amount);
  });
}

void Ledger::post(EntryKind kind, Wallet& wallet, Id origin, Id original, const Cause& cause,
                  base::Instant at) {
  Decimal posted;
  Decimal pending;
  bool is_of_any_house = false;
  for (const Posting& posting : postings_) {
    totals_of(wallet, posting.account).add(posting.side, posting.layer, posting.amount);
    Decimal& sum = posting.layer == Layer::posted ? posted : pending;
    sum += posting.side == Side::debit ? posting.amount : -posting.amount;
    is_of_any_house |= is_of_house(posting.account);
  }
  STEELYARD_CHECK(posted.is_zero());
  STEELYARD_CHECK(pending.is_zero());
  wallets_.touch(wallet.number);
  if (is_of_any_house) houses_.touch(wallet.house);
  if (!observer_.entry) return;
  observer_.entry({.kind = kind,
                   .tenant = wallet.tenant,
                   .wallet = WalletId{wallet.number},
                   .currency = wallet.currency,
                   .origin = origin,
                   .original = original,
                   .cause = cause,
                   .at = at,
                   .postings = postings_});
}

// Origins.

std::optional<Refusal> Ledger::check_command(const Wallet* wallet, Decimal amount,
                                             base::Instant at) const {
  if (wallet == nullptr) return Refusal::unknown_account;
  if (amount <= Decimal() || amount > amount_max) return Refusal::amount_out_of_range;
  if (!is_in_range(at)) return Refusal::time_out_of_range;
  return std::nullopt;
}

Ledger::Repeat Ledger::repeat_of(const TenantKey& origin, std::uint64_t fingerprint) const {
  const OriginRecord* const record = origins_.find(origin);
  if (record == nullptr) return {};
  const bool is_same = record->fingerprint == fingerprint;
  return {.is_repeat = is_same, .is_conflict = !is_same};
}

OriginRecord& Ledger::remember(const TenantKey& origin, EntryKind kind, std::uint64_t fingerprint,
                               WalletId wallet, Decimal amount) {
  OriginRecord& record = origins_.add(origin);
  record.kind = kind;
  record.fingerprint = fingerprint;
  record.wallet = wallet;
  record.amount = amount;
  return record;
}

// Money in and out.

Answer<Posted> Ledger::top_up(const TopUp& command) {
  Wallet* const wallet = find(command.wallet);
  if (const auto why = check_command(wallet, command.amount, command.at)) return refuse(*why);
  Content content(EntryKind::top_up, command.wallet);
  content.add(command.amount);
  const std::uint64_t fingerprint = content.fingerprint();
  const TenantKey key{wallet->tenant, command.origin};
  const Repeat repeat = repeat_of(key, fingerprint);
  if (repeat.is_conflict) return refuse(Refusal::origin_conflict);
  if (repeat.is_repeat) return Posted{.is_repeat = true};

  postings_.clear();
  add_posting(Account::cash_clearing, Side::debit, command.amount);
  add_posting(Account::prepaid, Side::credit, command.amount);
  if (!can_post(*wallet)) return refuse(Refusal::amount_out_of_range);
  post(EntryKind::top_up, *wallet, command.origin, {}, command.cause, command.at);
  remember(key, EntryKind::top_up, fingerprint, command.wallet, command.amount);
  return Posted{};
}

Answer<Posted> Ledger::grant(const Grant& command) {
  Wallet* const wallet = find(command.wallet);
  if (const auto why = check_command(wallet, command.amount, command.at)) return refuse(*why);
  if (!is_in_range(command.effective_at) || !is_in_range(command.expires_at) ||
      command.expires_at <= command.effective_at) {
    return refuse(Refusal::time_out_of_range);
  }
  if (command.scope.size() > NameIndex::bytes_max) return refuse(Refusal::name_is_invalid);
  Content content(EntryKind::grant, command.wallet);
  content.add(command.amount);
  content.add(std::uint64_t{command.priority});
  if (command.effective_at != command.at) content.add(command.effective_at);
  content.add(command.expires_at);
  content.add(command.scope);
  const std::uint64_t fingerprint = content.fingerprint();
  const TenantKey key{wallet->tenant, command.origin};
  const Repeat repeat = repeat_of(key, fingerprint);
  if (repeat.is_conflict) return refuse(Refusal::origin_conflict);
  if (repeat.is_repeat) return Posted{.is_repeat = true};

  postings_.clear();
  add_posting(Account::promotion, Side::debit, command.amount);
  add_posting(Account::promo, Side::credit, command.amount, command.origin);
  if (!can_post(*wallet)) return refuse(Refusal::amount_out_of_range);
  post(EntryKind::grant, *wallet, command.origin, {}, command.cause, command.at);
  remember(key, EntryKind::grant, fingerprint, command.wallet, command.amount);
  GrantRecord& record = grants_.add(key);
  record.wallet = command.wallet;
  record.priority = command.priority;
  record.amount = command.amount;
  record.remaining = command.amount;
  record.effective_at = command.effective_at;
  record.expires_at = command.expires_at;
  record.scope = command.scope;
  insert_grant(*wallet, record);
  grant_due_.add({record.expires_at, key, record.place});
  return Posted{};
}

Answer<Posted> Ledger::refund(const Refund& command) {
  Wallet* const wallet = find(command.wallet);
  if (const auto why = check_command(wallet, command.amount, command.at)) return refuse(*why);
  Content content(EntryKind::refund, command.wallet);
  content.add(command.amount);
  content.add(command.original);
  const std::uint64_t fingerprint = content.fingerprint();
  const TenantKey key{wallet->tenant, command.origin};
  const Repeat repeat = repeat_of(key, fingerprint);
  if (repeat.is_conflict) return refuse(Refusal::origin_conflict);
  if (repeat.is_repeat) return Posted{.is_repeat = true};

  const auto original = original_of(command.wallet, wallet->tenant, command.original,
                                    command.original_drawn, command.original_amount);
  if (!original) return std::unexpected(original.error());
  if (!original->is_known || command.original == command.origin) {
    return refuse(Refusal::unknown_original);
  }
  const Decimal left = original->amount - original->given_back;
  if (command.amount > left) {
    return refuse(Refusal::refund_exceeds_original, command.amount, left);
  }

  drawn_.clear();
  postings_.clear();
  const bool is_of_top_up =
      original->record != nullptr && original->record->kind == EntryKind::top_up;
  if (is_of_top_up) {
    const Decimal spendable = std::min(wallet->prepaid(), available(*wallet, {}, command.at));
    if (command.amount > spendable) {
      return refuse(Refusal::insufficient_balance, command.amount, spendable);
    }
    add_posting(Account::prepaid, Side::debit, command.amount);
    add_posting(Account::cash_clearing, Side::credit, command.amount);
  } else {
    give_back(*wallet, command.amount, original->drawn, original->given_back);
    post_drawn(true);
  }
  if (!can_post(*wallet)) return refuse(Refusal::amount_out_of_range);
  post(EntryKind::refund, *wallet, command.origin, command.original, command.cause, command.at);
  apply_drawn(*wallet, true);
  give_back_of(*original, {wallet->tenant, command.original}, command.wallet, command.amount);
  remember(key, EntryKind::refund, fingerprint, command.wallet, command.amount);
  return Posted{};
}

Answer<Posted> Ledger::adjust(const Adjustment& command) {
  STEELYARD_CHECK(command.kind == EntryKind::adjustment || command.kind == EntryKind::correction ||
                  command.kind == EntryKind::rounding || command.kind == EntryKind::invoice);
  Wallet* const wallet = find(command.wallet);
  if (wallet == nullptr) return refuse(Refusal::unknown_account);
  if (!is_in_range(command.at)) return refuse(Refusal::time_out_of_range);
  Content content(command.kind, command.wallet);
  content.add(command.original);
  Decimal sum;
  Decimal of_prepaid;
  for (const Posting& posting : command.postings) {
    if (posting.amount <= Decimal() || posting.amount > amount_max) {
      return refuse(Refusal::amount_out_of_range);
    }
    if (posting.layer != Layer::posted || posting.account == Account::reserved ||
        posting.account == Account::promo) {
      return refuse(Refusal::account_not_adjustable);
    }
    const Decimal credit = posting.side == Side::credit ? posting.amount : -posting.amount;
    sum += credit;
    if (posting.account == Account::prepaid) of_prepaid += credit;
    content.add(std::uint64_t{static_cast<std::uint8_t>(posting.account)});
    content.add(credit);
  }
  if (command.postings.empty() || !sum.is_zero()) return refuse(Refusal::entry_not_balanced);
  const std::uint64_t fingerprint = content.fingerprint();
  const TenantKey key{wallet->tenant, command.origin};
  const Repeat repeat = repeat_of(key, fingerprint);
  if (repeat.is_conflict) return refuse(Refusal::origin_conflict);
  if (repeat.is_repeat) return Posted{.is_repeat = true};
  if (of_prepaid.is_negative() && wallet->prepaid() < -of_prepaid) {
    return refuse(Refusal::insufficient_balance, -of_prepaid, wallet->prepaid());
  }

  postings_.assign(command.postings.begin(), command.postings.end());
  if (!can_post(*wallet)) return refuse(Refusal::amount_out_of_range);
  post(command.kind, *wallet, command.origin, command.original, command.cause, command.at);
  remember(key, command.kind, fingerprint, command.wallet, {});
  return Posted{};
}

// Budgets.

Answer<BudgetId> Ledger::set_budget(const SetBudget& command) { return budgets_.set(command); }

void Ledger::set_zone_rules(base::SharedZoneRules rules) {
  budgets_.set_zone_rules(std::move(rules));
}

std::optional<BudgetId> Ledger::find_budget(std::uint32_t tenant, std::string_view name) const {
  return budgets_.find(tenant, name);
}

}  // namespace steelyard::ledger
