#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/base/zone_rules.h"
#include "steelyard/batch/chunk_rater.h"
#include "steelyard/batch/cloud_run.h"
#include "steelyard/core/call_quotas.h"
#include "steelyard/core/command.h"
#include "steelyard/core/entity.h"
#include "steelyard/core/invoice_book.h"
#include "steelyard/core/invoice_draft.h"
#include "steelyard/core/keyed_answers.h"
#include "steelyard/core/line_rows.h"
#include "steelyard/core/name_book.h"
#include "steelyard/core/personal_book.h"
#include "steelyard/core/proposals.h"
#include "steelyard/core/usage_book.h"
#include "steelyard/identity/identities.h"
#include "steelyard/ledger/ledger.h"
#include "steelyard/rating/rater.h"

/// The deterministic machine: the same facts in the same order leave the same state. No clock, no
/// random numbers, no I/O.
namespace steelyard::core {

/// Where a fact stands in the log, whose it is, and when it came.
struct Place {
  std::uint64_t sequence = 0;
  std::uint32_t tenant = 0;
  base::Instant received;
};

/// How many facts of a tenant came, by what became of them.
struct Counts {
  std::uint64_t refused = 0;  ///< Rejected before the log: since the start only.
  /// Rated, but refused by the ledger, because a total of it would overflow: they are in no
  /// account and no bill, and somebody has to look at them.
  std::uint64_t not_booked = 0;
  std::array<std::uint64_t, batch::status_count> by_status{};  ///< Of those in the log.

  std::uint64_t of(batch::Status status) const {
    return by_status[static_cast<std::size_t>(status)];
  }
};

/// What a command did.
struct Answer {
  std::optional<ledger::Refused> refused;   ///< Nothing changed.
  std::string refused_budget;               ///< The name of the node that refused.
  bool is_repeat = false;                   ///< It was done before; nothing changed now.
  std::optional<ledger::Authorised> hold;   ///< Of OpenHold; nothing is held for what is covered.
  std::optional<ledger::Charged> charged;   ///< Of SettleHold; without `drawn`.
  std::optional<ledger::Balance> balance;   ///< Of the account behind it, if it names one.
  std::optional<base::Instant> quota_from;  ///< Of AddQuota: from when on the quota counts.
  /// The number of the one that was made or decided; 0: none. What is proposed under a key and what
  /// is carried out under it are one command: a repeat has the answer of the first, either way.
  std::uint64_t proposal = 0;
  std::optional<ProposalState> proposal_state;  ///< With proposal_not_open.
  std::uint64_t invoice = 0;  ///< The sequence of what FreezeInvoice froze, now or before.
};

/// Something that somebody did, other than usage and holds. What exactly stands in the log.
struct Act {
  std::uint64_t sequence = 0;
  std::uint32_t tenant = 0;
  base::Instant at;
  std::string by;    ///< The id of an API key; empty: the server itself.
  std::string name;  ///< Of the command: "top_up".
  bool is_refused = false;
};

/// A price book that was published.
struct PublishedPrices {
  std::uint64_t sequence = 0;  ///< The facts behind it are priced by it.
  base::Instant published_at;
  PublishPrices what;
};

/// A budget that reached a threshold.
struct CrossedBudget {
  std::string name;
  ledger::Crossing crossing;
};

/// Identities, windows, plans, accounts, quotas, holds and budgets of all tenants of one log.
///
/// Its prices are those of its rater. When others are published, a new core is made with them out
/// of what was kept of the old one (`for_each_changed`, `restore`), and then takes the command.
/// What was charged stays; windows that are open go on with the new prices.
///
/// Days, months and windows begin by the rules of time zones that commands said; of a zone that
/// none said anything about, by those of the machine. Rules of the rater's zone come into force as
/// prices do, so a rater's rules are those of the core's zones.
class Core {
 public:
  /// `identities`: of all tenants; outlive the core. `keys`: how their keys are made.
  /// `zones`: what commands said; the rater was made with them.
  Core(const rating::Rater& rater, identity::Identities& identities,
       identity::KeyMaker keys = identity::KeyMaker(0), const base::ZoneBook& zones = {});

  /// A reader of events for `apply`, with the core's prices.
  batch::ChunkRater make_reader() const;

  /// Takes the events of a text that a reader of `make_reader` has read, at consecutive sequences
  /// from `first.sequence` on; those that it rejected have none. What is rated draws quotas; the
  /// rest is charged to the event's account, which is opened, without a limit, if it was not. Then
  /// the records say what became of each event; their lines live as long as the core.
  void apply(batch::ChunkRater& events, const Place& first);

  Answer apply(const Command& command, const Place& place, std::string_view by = {});

  /// Whether a new core has to be made for a command; else it is applied to this one.
  bool is_made_anew_by(const Command& command) const;
  /// The rules that such a core is made with.
  base::ZoneBook zones_behind(const Command& command) const;

  /// The rules that commands said.
  const base::ZoneBook& zones() const { return zones_; }
  /// Those that boundaries are computed in, by name, without those that have one rule for ever.
  std::set<std::string> zones_in_use() const;

  /// Ends holds, grants and proposals that are due.
  void tick(const Place& place);
  /// Whether there are such.
  bool is_due(base::Instant now) const { return ledger_.is_due(now) || proposals_.is_due(now); }

  const rating::Rater& rater() const { return *rater_; }
  const ledger::Ledger& ledger() const { return ledger_; }
  const ledger::QuotaBook& quotas() const { return quotas_.book(); }
  money::Currency currency() const { return currency_; }
  const Counts& counts(std::uint32_t tenant) const;
  /// Facts of all tenants that came without a price: sent again, they are rated if they have one.
  const batch::WaitingFacts& waiting() const { return waiting_; }
  std::uint64_t identities() const { return identities_->count(); }

  /// What its accounts used, by day and price row; null: nothing.
  const UsageBook* usage(std::uint32_t tenant) const;

  /// Which names the events of a tenant had, of each; the hashes are those of its keys.
  void for_each_name_book(
      const std::function<void(std::uint32_t tenant, const NameBook& names)>& visit) const;

  /// What does not add up, in words; nothing if all is well. Reads everything. For each tenant:
  /// charge lines = revenue of the
  /// ledger, invoices less credit notes = its invoiced part; and what Ledger::imbalance checks.
  std::optional<std::string> imbalance() const;
  const std::map<std::string, std::string>& keys() const { return keys_; }

  /// Whether two API keys may be one person's: they are the same, or one made the other, or a key
  /// that made it. So is a key that is not named.
  bool may_be_one_person(std::string_view key, std::string_view other) const;

  const Proposals& proposals() const { return proposals_; }

  const InvoiceBook& invoices() const { return invoices_; }
  const PersonalBook& personal() const { return personal_; }

  /// So long behind its end a period is invoiced at the earliest: sources may be behind.
  static constexpr std::int64_t invoice_grace_seconds = 3'600;

  /// What an invoice would say at that time: of all days before its end whatever no document has.
  /// Refuses: unknown_account, period_not_over, period_is_closed, books_do_not_agree,
  /// nothing_to_invoice, amount_out_of_range.
  ledger::Answer<InvoiceDraft> draw_up(const InvoiceOf& of, base::Instant at) const;

  /// What a credit note would say, of the earliest month of which something was taken back that
  /// is worth a cent; at the tax of that month's invoice. Refuses the same, without periods.
  ledger::Answer<InvoiceDraft> draw_up_credit_note(std::uint32_t tenant,
                                                   std::string_view account) const;

  /// Whether an invoice of another system would be taken: the one that was taken before with the
  /// same content, or null for a new one. Refuses: origin_conflict, period_not_over,
  /// period_is_closed, books_do_not_agree.
  ledger::Answer<const FrozenInvoice*> may_import(const ImportInvoice& command,
                                                  const Place& place) const;

  /// Up to when a tenant's cloud usage was closed, each time that it was: a fact that came in
  /// between was rated after some of them and before others.
  struct Closing {
    std::uint64_t sequence = 0;
    std::int64_t before = 0;  ///< Seconds since 1970; rises from one to the next.
  };
  std::span<const Closing> closings(std::uint32_t tenant) const;
  /// Windows of a tenant's cloud usage whose fee can still change.
  std::size_t open_windows(std::uint32_t tenant) const;

  /// The names of the tenants; the first has the number 1.
  const std::vector<std::string>& tenants() const { return tenant_names_; }

  std::optional<ledger::WalletId> find_account(std::uint32_t tenant,
                                               std::string_view account) const {
    return ledger_.find_wallet(tenant, account, currency_);
  }

  /// The latest ones, oldest first.
  const std::deque<CrossedBudget>& crossed_budgets() const { return crossed_; }

  /// The latest ones, oldest first.
  const std::deque<Act>& acts() const { return acts_; }

  /// All of them, the last one in force. Shared, because they outlive a core.
  using Published = std::vector<std::shared_ptr<const PublishedPrices>>;
  const Published& published_prices() const { return published_; }

  /// Of the last fact that was applied.
  base::Instant last_received() const { return last_.received; }
  /// Of the last event; 0: there was none.
  std::uint64_t last_event() const { return last_event_; }

  // Keeping: all but the identities. Keys and values are the same for the same facts.

  /// What the core has to be made with before it is restored: its prices stand in the last entity
  /// whose key begins so.
  static constexpr std::string_view prices_prefix = "0";
  [[nodiscard]] static Result<PublishedPrices> read_prices(std::string_view value);
  /// And its rules of time zones: those of the zone behind the prefix, in each such entity.
  static constexpr std::string_view zones_prefix = "1";
  [[nodiscard]] static Result<base::SharedZoneRules> read_zone(std::string_view zone,
                                                               std::string_view value);

  /// Called with each entity that changed since the last call.
  void for_each_changed(const EntityVisitor& visit);

  /// Takes the entities of another core, in the order of their keys, then `finish_restore`. Only
  /// into a new core. The windows of cloud usage are made again out of their facts. Errors:
  /// file_is_malformed, with the kind of the entity.
  [[nodiscard]] Result<void> restore(std::string_view key, std::string_view value);
  [[nodiscard]] Result<void> finish_restore();

 private:
  struct Tenant {
    Tenant(const rating::Rater& rater, identity::KeyMaker keys)
        : cloud(rater),
          usage(base::Calendar(rater.book().versions.back().rules_of_zone())),
          names(keys) {}
    batch::CloudRun cloud;
    Counts counts;
    UsageBook usage;
    NameBook names;
    std::vector<Closing> closings;
    std::optional<ledger::WalletId> a_wallet;  ///< One of its wallets; leads to its house.
    bool has_changed = false;
  };
  /// An event of which windows are made, or a closing of them.
  struct CloudFact {
    std::uint32_t tenant = 0;
    std::uint64_t sequence = 0;
    std::string value;
  };

  /// To be changed.
  Tenant& tenant(std::uint32_t number);
  ledger::Charge charge_of(const batch::Record& record, const batch::EventDetail& detail,
                           const Place& place);
  // Each says whether the ledger took it.
  void keep_cloud_event(const batch::EventDetail& detail, const Place& place);
  void close(std::uint32_t tenant, const Closing& closing);
  [[nodiscard]] bool book(batch::Record& record, batch::EventDetail& detail, const Place& place);
  [[nodiscard]] bool charge(const batch::Record& record, batch::EventDetail& detail,
                            const Place& place);
  [[nodiscard]] bool take_back(batch::Record& record, const batch::EventDetail& detail,
                               const Place& place);
  ledger::Answer<money::Decimal> price_of(const OpenHold& command, const Place& place);
  ledger::WalletId wallet_of(std::uint32_t tenant, std::string_view account);
  bool is_zone_of_rater(const std::string& zone) const;
  void take_zone_rules(base::SharedZoneRules rules);
  ledger::BudgetId budget_of(std::uint32_t tenant, const batch::EventDetail& detail);
  void crossed(const ledger::Crossing& crossing);

  ledger::Answer<Answer> carry_out_once(const Command& command, const Place& place,
                                        std::string_view by);
  static Answer repeated(const Command& command, const KeyedAnswers::Kept& known);
  ledger::Answer<Answer> carry_out(const SetTenant& command, const Place& place);
  ledger::Answer<Answer> carry_out(const SetAccount& command, const Place& place);
  ledger::Answer<Answer> carry_out(const CloseAccount& command, const Place& place);
  ledger::Answer<Answer> carry_out(const TopUp& command, const Place& place);
  ledger::Answer<Answer> carry_out(const Grant& command, const Place& place);
  ledger::Answer<Answer> carry_out(const Refund& command, const Place& place);
  ledger::Answer<Answer> carry_out(const AddQuota& command, const Place& place);
  ledger::Answer<Answer> carry_out(const OpenHold& command, const Place& place);
  ledger::Answer<Answer> carry_out(const SettleHold& command, const Place& place);
  ledger::Answer<Answer> carry_out(const ReleaseHold& command, const Place& place);
  ledger::Answer<Answer> carry_out(const SetBudget& command, const Place& place);
  ledger::Answer<Answer> carry_out(const SetKey& command, const Place& place, std::string_view by);
  ledger::Answer<Answer> carry_out(const Correct& command, const Place& place);
  ledger::Answer<Answer> carry_out(const PublishPrices& command, const Place& place);
  ledger::Answer<Answer> carry_out(const SetZoneRules& command, const Place& place);
  ledger::Answer<Answer> carry_out(const SetSeller& command, const Place& place);
  ledger::Answer<Answer> carry_out(const SetBuyer& command, const Place& place);
  ledger::Answer<Answer> carry_out(const FreezeInvoice& command, const Place& place);
  ledger::Answer<Answer> carry_out(const ImportInvoice& command, const Place& place);
  ledger::Answer<Answer> carry_out(const CloseUsage& command, const Place& place);
  ledger::Answer<Answer> carry_out(const SetPersonalData& command, const Place& place);
  ledger::Answer<Answer> carry_out(const ErasePersonalData& command, const Place& place);
  /// Whether what was charged to a tenant is its revenue, and what of it is on documents, invoiced.
  bool books_agree(std::uint32_t tenant) const;
  ledger::Answer<void> post_invoice(const FrozenInvoice& invoice, ledger::WalletId wallet,
                                    std::span<const ledger::Posting> postings, const Place& place);
  ledger::Answer<InvoiceDraft> filled(InvoiceDraft draft, std::vector<UninvoicedSum> sums) const;
  money::Decimal revenue(ledger::WalletId wallet) const;
  ledger::Answer<Answer> carry_out(const Propose& command, const Place& place, std::string_view by);
  ledger::Answer<Answer> carry_out(const Approve& command, const Place& place, std::string_view by);
  ledger::Answer<Answer> carry_out(const Reject& command, const Place& place, std::string_view by);
  ledger::Answer<const Proposal*> open_proposal(std::uint64_t number, std::string_view proposed_by,
                                                const Place& place) const;
  const Proposal* same_terms_proposed(const SetAccount& command, std::uint32_t tenant) const;
  std::optional<ProposalState> state_of_decided(const Command& command, std::uint32_t tenant) const;
  bool made(std::string_view maker, std::string_view key) const;
  ledger::Answer<Answer> with_balance(Answer answer, ledger::WalletId wallet,
                                      const Place& place) const;

  void flush_cloud_events();
  bool restore_cloud_fact(std::uint32_t tenant, std::uint64_t sequence, std::string_view value);
  bool restore_entity(std::string_view key, std::string_view value);
  bool restore_published(std::uint32_t number, std::string_view value);
  bool restore_zone(const std::string& zone, std::string_view value);
  bool restore_tenant(std::uint32_t number, std::string_view value);
  bool restore_act(std::uint64_t sequence, std::string_view value);
  static bool is_worth_noting(const Command& command, const ledger::Answer<Answer>& done);
  void note_act(const Command& command, const Place& place, std::string_view by, bool is_refused);
  bool restore_crossed(std::uint64_t number, std::string_view value);
  bool restore_last(std::string_view value);

  /// How long behind its end a quota is known: facts that come late draw it.
  static constexpr std::int64_t quota_memory_seconds = std::int64_t{400} * 86'400;
  static constexpr std::size_t crossed_max = 10'000;
  static constexpr std::size_t acts_max = 100'000;

  const rating::Rater* rater_;
  money::Currency currency_;
  identity::Identities* identities_;
  identity::KeyMaker key_maker_;
  base::ZoneBook zones_;
  batch::WaitingFacts waiting_;
  ledger::Ledger ledger_;
  LineRows line_rows_;
  CallQuotas quotas_{line_rows_};
  std::map<std::uint32_t, std::unique_ptr<Tenant>> tenants_;
  std::vector<std::string> tenant_names_;
  std::map<std::string, std::string> keys_;
  std::map<std::string, std::string, std::less<>> key_makers_;  // Of those that a key made.
  Proposals proposals_;
  InvoiceBook invoices_;
  PersonalBook personal_;
  std::deque<Act> acts_;
  std::uint64_t kept_act_ = 0;  // The sequence of the last one that was kept.
  std::vector<std::uint64_t> forgotten_acts_;
  KeyedAnswers keyed_answers_;
  Published published_;
  std::deque<CrossedBudget> crossed_;
  std::uint64_t crossed_end_ = 0;  // The number behind the last of them.
  Place last_;
  std::uint64_t last_event_ = 0;

  // Not kept yet.
  std::vector<CloudFact> new_cloud_facts_;
  std::set<std::string> changed_keys_;
  std::set<std::string> new_key_makers_;  // Keys.
  std::set<std::string> new_zones_;
  std::size_t kept_tenant_names_ = 0;
  std::size_t kept_published_ = 0;
  std::uint64_t kept_crossed_begin_ = 0;
  std::uint64_t kept_crossed_end_ = 0;

  // While restoring.
  std::optional<batch::ChunkRater> reader_;
  std::uint32_t tenant_of_text_ = 0;
  std::string text_;
  std::vector<bool> was_unrated_;  // Of the lines of text_.
  std::string name_;               // Of a budget; kept so that nothing is allocated.
};

/// The ledger's id of a hold, and of a command's `id`.
ledger::Id hold_id(std::string_view hold);
ledger::Id command_id(std::string_view command, std::string_view id);

}  // namespace steelyard::core
