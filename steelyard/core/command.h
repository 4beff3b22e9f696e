#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/base/time.h"
#include "steelyard/base/zone_rules.h"
#include "steelyard/billing/invoice.h"
#include "steelyard/core/personal_book.h"
#include "steelyard/ledger/command.h"
#include "steelyard/ledger/quota_book.h"
#include "steelyard/money/decimal.h"
#include "steelyard/pricebook/reader.h"

/// What may be asked of the core beside taking usage. Kept in the log as JSON: one object whose
/// member `command` is the name of the type in snake_case ("top_up"), the other members are
/// those below. `id` is what makes a repeat a repeat.
namespace steelyard::core {

/// A tenant: who the customers' accounts, holds and keys belong to. Gets the next number.
struct SetTenant {
  std::string name;
};

/// Opens a customer's account or changes its terms.
struct SetAccount {
  std::string account;
  ledger::Terms terms;  ///< postpaid_limit: an amount, or absent: no limit.
};

struct CloseAccount {
  std::string account;
  bool drains = false;  ///< Waits for open holds instead of refusing.
};

/// Money that was paid in.
struct TopUp {
  std::string account;
  std::string id;
  money::Decimal amount;
};

/// Credit that was given.
struct Grant {
  std::string account;
  std::string id;
  money::Decimal amount;
  std::uint16_t priority = 0;                 ///< Lower is drawn first.
  std::optional<base::Instant> effective_at;  ///< None: from when it was received.
  base::Instant expires_at;
  std::string scope;  ///< Items that begin with it: "qwen-plus/"; empty: all.
};

/// Money back: of a top-up, or of a charge to which `original` leads.
struct Refund {
  std::string account;
  std::string id;
  std::string original;  ///< Id of the top-up.
  money::Decimal amount;
};

/// Tokens of a model that need not be paid for: given with it, or bought beforehand.
struct AddQuota {
  std::string account;
  std::string id;
  std::string model;
  ledger::QuotaClass quota_class = ledger::QuotaClass::package;  ///< `class`.
  ledger::TokenKinds kinds;  ///< A list of "input", "cached_input", "output".
  std::uint64_t tokens = 0;
  std::optional<base::Instant> effective_at;  ///< None: from when it was received.
  base::Instant expires_at;
  std::uint16_t priority = 0;  ///< Within its class; lower is drawn first.
};

/// A call that is still to be made, with the most that it may use. It is priced when it is asked
/// for; what quotas cover now costs nothing.
struct PlannedCall {
  std::string model;
  usage::TokenCounts tokens;
  bool thinking = false;
};

/// May this be spent? Either an amount or a call.
struct OpenHold {
  std::string hold;
  std::string account;
  money::Decimal amount;
  std::optional<PlannedCall> call;
  std::uint32_t ttl_ms = 60'000;
  std::string budget;  ///< The lowest node it counts on; empty: none.
  std::string item;    ///< What will be used; empty: anything.
};

/// What was used of a hold.
struct SettleHold {
  std::string hold;
  std::string account;
  std::string id;
  money::Decimal amount;
  bool ends = true;  ///< false: more settlements follow.
  std::string item;
};

struct ReleaseHold {
  std::string hold;
  std::string id;
};

struct SetBudget {
  std::string name;    ///< "project/search", "key/ak-7"
  std::string parent;  ///< Empty: a root.
  std::optional<money::Decimal> limit;
  bool is_hard = true;
  ledger::Period period = ledger::Period::total;
  std::string zone = "UTC";
  std::vector<std::uint16_t> thresholds;
  base::SharedZoneRules zone_rules;  ///< Of the zone; counts where the core has none. Or null.
};

/// An API key: its record is the server's, the core keeps it.
struct SetKey {
  std::string key;     ///< Its public part.
  std::string record;  ///< Empty: it is gone.
};

/// That somebody corrects: what is corrected, the events say that follow.
struct Correct {
  std::string how;     ///< "void" or "replace".
  std::string source;  ///< Of the event that is corrected; also the next.
  std::string id;
  std::string reason;
};

/// A command about money that waits until another person approves it.
struct Propose {
  static constexpr std::size_t bytes_max = 4'096;  ///< Of `what`.

  /// The command as JSON, without `by`: set_account, top_up, grant, refund or add_quota. Of what it
  /// leaves out, "from when it was received" is from when it is approved.
  std::string what;
};

/// Carries out what was proposed, and closes it.
struct Approve {
  std::uint64_t proposal = 0;  ///< The sequence of its record in the log.
  std::string proposed_by;     ///< So that both names stand in one record.
  std::string id;
};

/// Closes a proposal; nothing else changes.
struct Reject {
  std::uint64_t proposal = 0;
  std::string proposed_by;
  std::string id;
};

/// Who sells: what is left out is empty, a series as in billing::Seller.
struct SetSeller {
  billing::Seller seller;
};

/// Who an account's invoices are for, and the tax on them: what is left out is empty.
struct SetBuyer {
  std::string account;
  billing::Buyer buyer;
};

/// Makes what was drawn up an invoice or a credit note that stays as it is. The document stands in
/// the log, so what it says hangs on no program that reads it later.
struct FreezeInvoice {
  static constexpr std::size_t document_bytes_max = std::size_t{8} * 1024 * 1024;

  std::string account;
  billing::InvoiceKind kind = billing::InvoiceKind::invoice;  ///< "invoice" or "credit_note".
  std::string period;                                         ///< "2026-10"
  base::Instant from;
  base::Instant to;  ///< Exclusive.
  std::string series;
  std::uint64_t number = 0;  ///< In the series.
  /// Of the last fact that it knows of: with a later one, it is out of date.
  std::uint64_t changed_at = 0;
  money::Decimal tax_percent;
  money::Decimal lines_total;  ///< These three may be below zero.
  money::Decimal rounding;
  money::Decimal tax;
  std::string document;
};

/// What another system invoiced before this one: the history of an account. It is on its bill and
/// in its ledger, and on no invoice of ours.
struct ImportInvoice {
  static constexpr std::size_t lines_max = 10'000;

  struct Line {
    std::string item;
    std::string tier;
    std::string unit;
    money::Decimal price;
    money::Decimal per;
    money::Decimal quantity;
    money::Decimal amount;  ///< quantity × price ÷ per, rounded half up at the 12th decimal.
  };

  std::string account;
  std::string number;  ///< Of the other system; another one is another invoice.
  std::string period;  ///< "2025-12"
  base::Instant from;
  base::Instant to;      ///< Exclusive.
  bool is_paid = false;  ///< `paid`; else the account owes it.
  std::string document;  ///< JSON as it came; its member `lines` has those below.
  std::vector<Line> lines;
};

/// The fees of windows of cloud usage that are over at the end of a month are final: usage of
/// them that comes later is set aside, and nothing of them is kept but what it cost.
struct CloseUsage {
  std::string period;    ///< "2026-10"
  base::Instant before;  ///< Its end.
};

/// The prices of all facts behind it in the log.
struct PublishPrices {
  pricebook::Files files;
  std::string hash;  ///< Of what they say.
  std::string note;
  std::string origin;  ///< "start": the folder that the server was started with; "api".
  /// An object by zone: the rules of the zones of the files, where the core has none.
  std::vector<base::SharedZoneRules> zone_rules;
};

/// By which days and months begin in a time zone from now on, whole: the old rules until the end of
/// the month that was open, other ones behind it. The server itself says so at its start, where its
/// machine has other rules than the core.
struct SetZoneRules {
  base::SharedZoneRules rules;              ///< `zone` and `rules`, as base::text_of writes them.
  std::optional<base::Instant> changes_at;  ///< The first instant that changes; for people.
};

/// What of a tenant's data is sealed from now on.
struct SetPersonalData {
  PersonalBook::Sealed sealed;  ///< `members` and `seals_buyers`.
};

/// What an account has of people can not be read any more: its keys that were made until then are
/// destroyed behind this record, and again at each start, so that no copy of them brings it back.
struct ErasePersonalData {
  std::string account;
  std::string of;       ///< "usage" or "invoices".
  base::Instant until;  ///< By the clock that keys are made by.
};

using Command =
    std::variant<SetTenant, SetAccount, CloseAccount, TopUp, Grant, Refund, AddQuota, OpenHold,
                 SettleHold, ReleaseHold, SetBudget, SetKey, Correct, PublishPrices, Propose,
                 Approve, Reject, SetSeller, SetBuyer, FreezeInvoice, ImportInvoice, CloseUsage,
                 SetZoneRules, SetPersonalData, ErasePersonalData>;

struct GivenCommand {
  Command what;
  std::string by;  ///< The id of the API key behind it; empty: the server itself.
};

/// Reads a command strictly: an unknown member is an error; `by` may stand in each.
/// Errors: malformed_json, missing_field, invalid_field, each with a JSON pointer and the value.
[[nodiscard]] Result<GivenCommand> read_command(std::string_view text);

/// The name of a command's type: "top_up".
std::string_view name_of(const Command& command);

/// What was proposed. Requires: `read_command` made the proposal.
Command read_proposed(std::string_view what);

/// Whose money a command is about that can be proposed; empty for all others.
std::string_view account_of_money(const Command& command);

}  // namespace steelyard::core
