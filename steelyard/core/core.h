#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/batch/chunk_rater.h"
#include "steelyard/batch/cloud_run.h"
#include "steelyard/core/command.h"
#include "steelyard/core/usage_book.h"
#include "steelyard/identity/identity_set.h"
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
  /// Rated, but of an amount or at a time that no ledger takes (10^15, 1970 to 2200): they are in
  /// no account and no bill, and somebody has to look at them.
  std::uint64_t not_booked = 0;
  std::array<std::uint64_t, batch::status_count> by_status{};

  std::uint64_t of(batch::Status status) const {
    return by_status[static_cast<std::size_t>(status)];
  }
};

/// What a command did.
struct Answer {
  std::optional<ledger::Refused> refused;  ///< Nothing changed.
  std::string refused_budget;              ///< The name of the node that refused.
  bool is_repeat = false;                  ///< It was done before; nothing changed now.
  std::optional<ledger::Authorised> hold;  ///< Of OpenHold.
  std::optional<ledger::Charged> charged;  ///< Of SettleHold; without `drawn`.
  std::optional<ledger::Balance> balance;  ///< Of the account behind it, if it names one.
};

/// A budget that reached a threshold.
struct CrossedBudget {
  std::string name;
  ledger::Crossing crossing;
};

/// Identities, windows, plans, accounts, holds and budgets of all tenants of one log.
class Core {
 public:
  /// `identity_seed`: see IdentitySet; changes no answer.
  Core(const rating::Rater& rater, std::uint64_t identity_seed);

  /// A reader of events for `apply`; one for each thread.
  batch::ChunkRater make_reader() const;

  /// Takes the events of a text that a reader of `make_reader` has read, at consecutive sequences
  /// from `first.sequence` on; those that it rejected have none. What is rated is charged to the
  /// event's account, which is opened, without a limit, if it was not. Then the records say what
  /// became of each event.
  void apply(batch::ChunkRater& events, const Place& first);

  Answer apply(const Command& command, const Place& place);

  /// Ends holds and grants that are due.
  void tick(const Place& place);

  const rating::Rater& rater() const { return *rater_; }
  const ledger::Ledger& ledger() const { return ledger_; }
  money::Currency currency() const { return currency_; }
  const Counts& counts(std::uint32_t tenant) const;
  std::size_t identities() const;

  /// What its accounts used, by day and price row; null: nothing.
  const UsageBook* usage(std::uint32_t tenant) const;

  /// What does not add up, in words; nothing if all is well. Reads everything. For each tenant:
  /// charge lines and settlements = revenue of the ledger; and what Ledger::imbalance checks.
  std::optional<std::string> imbalance() const;
  const std::map<std::string, std::string>& keys() const { return keys_; }

  /// The names of the tenants; the first has the number 1.
  const std::vector<std::string>& tenants() const { return tenant_names_; }

  std::optional<ledger::WalletId> find_account(std::uint32_t tenant,
                                               std::string_view account) const {
    return ledger_.find_wallet(tenant, account, currency_);
  }

  /// The latest ones, oldest first.
  const std::deque<CrossedBudget>& crossed_budgets() const { return crossed_; }

 private:
  struct Tenant {
    Tenant(const rating::Rater& rater, std::uint64_t seed)
        : identities(seed), cloud(rater), usage(rater, rater.book().versions.back().time_zone) {}
    identity::IdentitySet identities;
    batch::CloudRun cloud;
    Counts counts;
    UsageBook usage;
    std::optional<ledger::WalletId> a_wallet;  ///< One of its wallets; leads to its house.
    money::Decimal settled;                    ///< By commands: charges without an event.
  };

  Tenant& tenant(std::uint32_t number);
  [[nodiscard]] bool charge(const batch::Record& record, const batch::EventDetail& detail,
                            const Place& place);
  ledger::WalletId wallet_of(std::uint32_t tenant, std::string_view account);
  ledger::BudgetId budget_of(std::uint32_t tenant, const batch::EventDetail& detail);
  void crossed(const ledger::Crossing& crossing);

  ledger::Answer<Answer> carry_out(const SetTenant& command, const Place& place);
  ledger::Answer<Answer> carry_out(const SetAccount& command, const Place& place);
  ledger::Answer<Answer> carry_out(const CloseAccount& command, const Place& place);
  ledger::Answer<Answer> carry_out(const TopUp& command, const Place& place);
  ledger::Answer<Answer> carry_out(const Grant& command, const Place& place);
  ledger::Answer<Answer> carry_out(const Refund& command, const Place& place);
  ledger::Answer<Answer> carry_out(const OpenHold& command, const Place& place);
  ledger::Answer<Answer> carry_out(const SettleHold& command, const Place& place);
  ledger::Answer<Answer> carry_out(const ReleaseHold& command, const Place& place);
  ledger::Answer<Answer> carry_out(const SetBudget& command, const Place& place);
  ledger::Answer<Answer> carry_out(const SetKey& command, const Place& place);
  ledger::Answer<Answer> with_balance(Answer answer, ledger::WalletId wallet,
                                      const Place& place) const;

  static constexpr std::size_t crossed_max = 10'000;

  const rating::Rater* rater_;
  money::Currency currency_;
  std::uint64_t identity_seed_;
  identity::IdentitySet key_maker_;
  ledger::Ledger ledger_;
  std::map<std::uint32_t, std::unique_ptr<Tenant>> tenants_;
  std::vector<std::string> tenant_names_;
  std::map<std::string, std::string> keys_;
  std::deque<CrossedBudget> crossed_;
  std::string name_;  // Of a budget; kept so that nothing is allocated.
};

/// The ledger's id of a hold, and of a command's `id`.
ledger::Id hold_id(std::string_view hold);
ledger::Id command_id(std::string_view command, std::string_view id);

}  // namespace steelyard::core
