#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/ledger/budget_tree.h"
#include "steelyard/ledger/bytes.h"
#include "steelyard/ledger/command.h"
#include "steelyard/ledger/due_queue.h"
#include "steelyard/ledger/entry.h"
#include "steelyard/ledger/name_index.h"
#include "steelyard/ledger/record.h"
#include "steelyard/ledger/refusal.h"
#include "steelyard/ledger/shelf.h"
#include "steelyard/ledger/totals.h"

/// Who owes what: balanced entries, balances, grants, holds and budgets.
namespace steelyard::ledger {

struct Options {
  /// How long a hold is known after the time at which it expires: so long is its id an
  /// idempotency key, and so long can a late capture name it.
  std::int64_t hold_memory_micros = std::int64_t{86'400} * 1'000'000;

  /// Whether the ledger remembers each charge by its origin, with how it was drawn: about 100
  /// bytes each, for ever. If not, a charge is known to be a repeat by its cause, which must rise
  /// from charge to charge, and the identity of facts is their reader's business.
  bool remembers_charges = false;
};

/// Told what happens, while it happens. May not call the ledger.
struct Observer {
  std::function<void(const Entry&)> entry = {};  ///< The journal: each entry once.
  std::function<void(const Crossing&)> crossing =
      {};  ///< A budget's threshold: once in its window.
};

/// What a charge did beside being booked.
struct ChargeNotes {
  bool overdraft = false;        ///< The customer owes more than the postpaid limit.
  bool above_hold = false;       ///< The actual amount is more than was held.
  bool late_capture = false;     ///< The hold had expired.
  bool hold_not_open = false;    ///< The hold had ended otherwise, or is unknown.
  bool account_closed = false;   ///< The account is closed or closing.
  bool outside_windows = false;  ///< So old that some budget no longer knows its window.

  bool operator==(const ChargeNotes&) const = default;
};

struct Charged {
  bool is_repeat = false;              ///< It was booked before; nothing changed.
  ChargeNotes notes = {};              ///< Not of a repeat.
  std::optional<HoldState> hold = {};  ///< Of the hold it names, after it.
  money::Decimal hold_reserved = {};   ///< What that hold still keeps.
  /// Where it was drawn from or, below zero, given back to. Valid until the next command. Of a
  /// repeat: empty, if charges are not remembered.
  std::span<const Drawn> drawn = {};
  BudgetId budget = no_budget;  ///< The lowest node it counted on. Not of a repeat.
};

struct Authorised {
  bool is_repeat = false;  ///< The same hold was asked for before.
  HoldState state = HoldState::open;
  money::Decimal reserved = {};   ///< What it keeps now.
  base::Instant expires_at = {};  ///< By the first tick from then on.
  money::Decimal available = {};  ///< What is left behind it.
};

struct Posted {
  bool is_repeat = false;
};

struct Balance {
  money::Decimal prepaid;
  money::Decimal receivable;
  money::Decimal reserved;
  money::Decimal promo;         ///< All that is in the books, in force or not.
  money::Decimal promo_usable;  ///< In force at that time, for all items.
  Terms terms;
  /// prepaid + promo_usable + postpaid limit - receivable - reserved: what a hold may ask for.
  money::Decimal available;
};

/// The ledger of all customers of all tenants of one shard. Deterministic: no clock, no random,
/// no I/O. One thread. A *wallet* is what one customer has in one currency.
///
/// **A command either does all it says or is refused and leaves no trace.** An origin that comes
/// again with the same content is a repeat: nothing changes. With other content: origin_conflict.
/// Refusals are not remembered, so the same command may succeed later.
///
/// **Charges are never refused for want of money**: the usage has happened. They are drawn from
/// grants in force at the time of the fact whose scope fits (by priority, earliest expiry, id),
/// then from prepaid, then from receivable, beyond the postpaid limit too. Naming a hold frees
/// what it keeps, up to the amount.
///
/// **What is given back** (a charge below zero, a refund) goes the way back, last drawn first, if
/// it names an original whose drawing is known: remembered, or given by the caller. Receivable
/// takes at most what is owed; the rest goes to prepaid. A grant that has expired takes its part
/// and lapses at the next tick. Otherwise: to receivable as far as something is owed, then to
/// prepaid.
///
/// **Time** is that of the facts. A grant counts in [effective_at, expires_at) of the fact's time,
/// until a tick has taken it out of the books. A hold ends by a tick only, however late.
///
/// A hold that asks for an item counts grants of its scope, and holds of all items against them:
/// it may be refused where scopes differ, it is never granted too much.
class Ledger {
 public:
  explicit Ledger(Options options = {}, Observer observer = {});

  // Who there is.

  /// The customer's wallet, opened if there is none. Its terms are changed if they differ.
  /// Refuses: name_is_invalid, amount_out_of_range (the limit).
  Answer<WalletId> open_wallet(std::uint32_t tenant, std::string_view customer,
                               money::Currency currency, const Terms& terms);
  /// Allocates nothing.
  std::optional<WalletId> find_wallet(std::uint32_t tenant, std::string_view customer,
                                      money::Currency currency) const;

  /// No new holds from now on. With open holds: refuses account_has_open_holds, or with `drains`
  /// is closing until the last of them ends. Money stays where it is; usage is still booked.
  Answer<WalletState> close_wallet(WalletId wallet, bool drains);

  // Money in and out. Each refuses: unknown_account, amount_out_of_range, time_out_of_range,
  // origin_conflict.

  Answer<Posted> top_up(const TopUp& command);
  /// Also refuses: time_out_of_range if expires_at <= effective_at.
  Answer<Posted> grant(const Grant& command);
  /// Also refuses: unknown_original, refund_exceeds_original, insufficient_balance (a top-up that
  /// has been used).
  Answer<Posted> refund(const Refund& command);
  /// Also refuses: entry_not_balanced, account_not_adjustable, insufficient_balance (prepaid
  /// would fall below zero).
  Answer<Posted> adjust(const Adjustment& command);

  // Usage.

  /// Refuses: unknown_account, unknown_budget, currency_mismatch, amount_out_of_range,
  /// time_out_of_range, refund_exceeds_original (below zero, of a known original),
  /// origin_conflict. Never for its hold.
  Answer<Charged> charge(const Charge& command);

  /// A charge that a gateway asks for by naming its hold, once or in parts. Refuses, beside what
  /// `charge` does: unknown_hold, hold_not_open (captured or released; expired is charged, noted
  /// late_capture, until a settlement ends it), amount_out_of_range (below zero).
  Answer<Charged> settle(const Charge& command);

  // Holds.

  /// May this be spent? Refuses: insufficient_balance, budget_exceeded, hold_conflict,
  /// account_closed, unknown_account, unknown_budget, currency_mismatch, amount_out_of_range,
  /// time_out_of_range.
  Answer<Authorised> authorise(const Authorise& command);
  /// Refuses: unknown_hold, hold_not_open, time_out_of_range.
  Answer<Posted> release(const Release& command);

  // Budgets.

  /// Refuses: name_is_invalid, unknown_budget (the parent), budget_conflict, currency_mismatch,
  /// amount_out_of_range, threshold_out_of_range, unknown_time_zone.
  Answer<BudgetId> set_budget(const SetBudget& command);
  std::optional<BudgetId> find_budget(std::uint32_t tenant, std::string_view name) const;

  /// By which days and months of budgets begin in a zone from now on: see BudgetTree. They are not
  /// kept here: a new ledger is given them before it is restored.
  void set_zone_rules(base::SharedZoneRules rules);

  // Time.

  /// Ends holds and grants that are due, in the order of their times. Goes back never: an
  /// earlier `now` than the last does nothing.
  void tick(const Tick& command);
  /// Whether a tick at that time may change something. One that does not is not worth a fact.
  bool is_due(base::Instant now) const { return hold_due_.is_due(now) || grant_due_.is_due(now); }

  // Reading.

  Balance balance(WalletId wallet, base::Instant at) const;
  Totals totals(WalletId wallet, Account account) const;  ///< House accounts: of its tenant.
  /// Visits each account of the house, of every tenant and currency.
  void for_each_house_account(
      const std::function<void(std::uint32_t tenant, const money::Currency& currency,
                               Account account, const Totals& totals)>& visit) const;
  WalletView wallet(WalletId wallet) const;
  BudgetView budget(BudgetId budget) const;
  std::optional<HoldView> hold(std::uint32_t tenant, Id hold) const;
  std::optional<GrantView> find_grant(std::uint32_t tenant, Id grant) const;
  /// In the order in which they are drawn; those that are used up or expired are not named.
  std::vector<GrantView> grants(WalletId wallet) const;
  std::size_t wallet_count() const;
  std::size_t budget_count() const;
  std::vector<std::string> zones() const;  ///< Of budgets, and those that rules were set for.
  std::size_t open_hold_count() const;
  void for_each_hold(const std::function<void(const HoldView&)>& visit) const;

  /// What does not add up, in words; nothing if all is well. Reads everything: debits = credits
  /// in each tenant, currency and layer; open holds = reserved, in each wallet and budget;
  /// grants = promo.
  std::optional<std::string> imbalance() const;

  // Keeping. An entity is a key and a value of bytes; both are versioned and the same for the
  // same facts. Keys sort in the order of `snapshot`.

  /// Called with each entity that changed since the last call; no value: it is gone.
  using Visitor = std::function<void(std::string_view key, std::optional<std::string_view> value)>;
  void for_each_changed(const Visitor& visit);
  void snapshot(const Visitor& visit) const;

  /// Takes the entities of another ledger, in any order, then `finish_restore`. Only into a new
  /// ledger. Errors: file_is_malformed, with the kind of the entity.
  [[nodiscard]] Result<void> restore(std::string_view key, std::string_view value);
  [[nodiscard]] Result<void> finish_restore();

 private:
  struct Repeat {
    bool is_repeat = false;
    bool is_conflict = false;
  };

  Wallet* find(WalletId wallet);
  const Wallet& get(WalletId wallet) const;
  std::uint32_t house_of(std::uint32_t tenant, const money::Currency& currency);
  Totals& totals_of(Wallet& wallet, Account account);
  const Totals& totals_of(const Wallet& wallet, Account account) const;

  // Entries: collected in postings_, looked at, then made.
  void add_posting(Account account, Side side, money::Decimal amount, Id grant = {});
  void add_pending(Side of_reserved, money::Decimal amount);
  bool can_post(const Wallet& wallet) const;
  void post(EntryKind kind, Wallet& wallet, Id origin, Id original, const Cause& cause,
            base::Instant at);

  // Origins.
  std::optional<Refusal> check_command(const Wallet* wallet, money::Decimal amount,
                                       base::Instant at) const;
  Repeat repeat_of(const TenantKey& origin, std::uint64_t fingerprint) const;
  OriginRecord& remember(const TenantKey& origin, EntryKind kind, std::uint64_t fingerprint,
                         WalletId wallet, money::Decimal amount);

  // Grants.
  GrantRecord* grant_of(const Wallet& wallet, Id grant);
  void insert_grant(Wallet& wallet, const GrantRecord& grant);
  void change_grant(Wallet& wallet, GrantRecord& grant, money::Decimal change);
  money::Decimal usable_grants(const Wallet& wallet, std::string_view item, base::Instant at) const;
  money::Decimal available(const Wallet& wallet, std::string_view item, base::Instant at) const;

  // Charges.
  Answer<Charged> book(const Charge& command, Hold* hold);
  std::optional<Answer<Charged>> repeated(const Charge& command, const Wallet& wallet,
                                          const Hold* hold);
  void draw(const Wallet& wallet, money::Decimal amount, std::string_view item, base::Instant at);
  void give_back(const Wallet& wallet, money::Decimal amount, std::span<const Drawn> original,
                 money::Decimal given_back);
  void post_drawn(bool is_reversal);
  void apply_drawn(Wallet& wallet, bool is_reversal);
  struct Original {
    OriginRecord* record = nullptr;  ///< None: it is not remembered yet.
    std::span<const Drawn> drawn = {};
    money::Decimal amount = {};
    money::Decimal given_back = {};
    bool is_known = false;
  };
  Answer<Original> original_of(WalletId wallet, std::uint32_t tenant, Id id,
                               std::span<const Drawn> drawn, money::Decimal amount);
  void give_back_of(const Original& original, const TenantKey& key, WalletId wallet,
                    money::Decimal amount);

  // Holds.
  void settle_hold(Hold& hold, const Charge& command, bool ends);
  void free_hold(Hold& hold, EntryKind kind, Id origin, const Cause& cause, base::Instant at);
  void forget(const Hold& hold);
  void end_hold(Hold& hold, HoldState state, Id origin, base::Instant forget_from);
  void expire_hold(Hold& hold, const Tick& tick);
  void expire_grant(GrantRecord& grant, const Tick& tick);

  // Keeping.
  bool restore_entity(std::string_view key, std::string_view value);
  bool restore_wallet(std::uint32_t number, ByteReader& from);
  bool restore_house(std::uint32_t number, ByteReader& from);
  bool restore_grant(const TenantKey& key, ByteReader& from);
  bool restore_hold(const TenantKey& key, ByteReader& from);
  bool restore_origin(const TenantKey& key, ByteReader& from);
  bool restore_clock(ByteReader& from);
  bool link_wallets();
  bool link_grants();
  bool link_holds();

  static constexpr std::string_view house_name = "house";

  Options options_;
  Observer observer_;
  Shelf<Wallet> wallets_;
  std::vector<std::uint32_t> tenant_of_;  // Of each wallet, beside it: small enough for the cache.
  Shelf<House> houses_;
  NameIndex wallet_of_;
  NameIndex house_of_;
  KeyedShelf<GrantRecord> grants_;
  KeyedShelf<Hold> holds_;
  KeyedShelf<OriginRecord> origins_;
  BudgetTree budgets_;

  DueQueue hold_due_;
  DueQueue grant_due_;
  std::optional<base::Instant> last_tick_;
  std::optional<Cause> last_charge_;
  std::size_t open_holds_ = 0;
  bool is_clock_dirty_ = false;

  // Of the command at work; kept so that nothing is allocated.
  std::vector<Posting> postings_;
  std::vector<Drawn> drawn_;
};

}  // namespace steelyard::ledger
