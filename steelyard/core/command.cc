#include "steelyard/core/command.h"

#include <array>

#include "steelyard/base/check.h"
#include "steelyard/base/limits.h"
#include "steelyard/core/command_reader.h"
#include "steelyard/json/document.h"

namespace steelyard::core {
namespace {

using json::Node;
using json::Type;
using Reader = CommandReader;

void read(Reader& from, SetTenant& to) { from.text("name", to.name); }

void read(Reader& from, SetAccount& to) {
  from.text("account", to.account);
  to.terms.is_unlimited = !from.has("postpaid_limit");
  from.amount("postpaid_limit", to.terms.postpaid_limit, false);
}

void read(Reader& from, CloseAccount& to) {
  from.text("account", to.account);
  from.flag("drains", to.drains);
}

void read(Reader& from, TopUp& to) {
  from.text("account", to.account);
  from.text("id", to.id);
  from.amount("amount", to.amount);
}

void read(Reader& from, Grant& to) {
  from.text("account", to.account);
  from.text("id", to.id);
  from.amount("amount", to.amount);
  from.whole("priority", to.priority, 0, UINT16_MAX);
  from.time("effective_at", to.effective_at);
  from.time("expires_at", to.expires_at);
  from.text("scope", to.scope, false);
}

void read(Reader& from, Refund& to) {
  from.text("account", to.account);
  from.text("id", to.id);
  from.text("original", to.original);
  from.amount("amount", to.amount);
}

void read(Reader& from, AddQuota& to) {
  from.text("account", to.account);
  from.text("id", to.id);
  from.text("model", to.model);
  from.quota_class("class", to.quota_class);
  from.kinds("kinds", to.kinds);
  from.whole("tokens", to.tokens, 1, limits::count_max);
  from.time("effective_at", to.effective_at);
  from.time("expires_at", to.expires_at);
  from.whole("priority", to.priority, 0, UINT16_MAX);
}

void read(Reader& from, OpenHold& to) {
  from.text("hold", to.hold);
  from.text("account", to.account);
  from.amount("amount", to.amount, !from.has("call"));
  from.call("call", to.call);
  if (to.call.has_value()) from.none_of("amount", "call");
  from.whole("ttl_ms", to.ttl_ms, 1, ledger::hold_ttl_micros_max / 1'000);
  from.text("budget", to.budget, false);
  from.text("item", to.item, false);
}

void read(Reader& from, SettleHold& to) {
  from.text("hold", to.hold);
  from.text("account", to.account);
  from.text("id", to.id);
  from.amount("amount", to.amount);
  from.flag("ends", to.ends);
  from.text("item", to.item, false);
}

void read(Reader& from, ReleaseHold& to) {
  from.text("hold", to.hold);
  from.text("id", to.id);
}

void read(Reader& from, SetBudget& to) {
  from.text("name", to.name);
  from.text("parent", to.parent, false);
  from.amount("limit", to.limit);
  from.flag("hard", to.is_hard);
  from.period("period", to.period);
  from.text("zone", to.zone, false);
  from.percents("thresholds", to.thresholds);
  from.zone_rules("zone_rules", to.zone, to.zone_rules, false);
}

void read(Reader& from, PublishPrices& to) {
  from.files("files", to.files);
  from.text("hash", to.hash);
  from.text("origin", to.origin);
  from.text("note", to.note, false);
  from.zone_rules("zone_rules", to.zone_rules);
}

void read(Reader& from, SetZoneRules& to) {
  std::string zone;
  from.text("zone", zone);
  from.zone_rules("rules", zone, to.rules, true);
  from.time("changes_at", to.changes_at);
}

void read(Reader& from, SetPersonalData& to) {
  from.texts("members", to.sealed.members);
  from.flag("seals_buyers", to.sealed.buyers);
}

void read(Reader& from, ErasePersonalData& to) {
  from.text("account", to.account);
  from.text("of", to.of);
  from.time("until", to.until);
  if (from.is_good() && to.of != "usage" && to.of != "invoices") {
    from.fail("/of: '" + to.of + "' is not usage or invoices");
  }
}

void read(Reader& from, CloseUsage& to) {
  from.text("period", to.period);
  from.time("before", to.before);
}

void read(Reader& from, Correct& to) {
  from.text("how", to.how);
  from.text("source", to.source);
  from.text("id", to.id);
  if (from.has("reason")) from.long_text("reason", to.reason);
}

void read(Reader& from, SetKey& to) {
  from.text("key", to.key);
  from.long_text("record", to.record);
}

void read(Reader& from, Propose& to) {
  from.object("what", to.what, Propose::bytes_max);
  if (!from.is_good()) return;
  const auto given = read_command(to.what);
  if (!given.has_value()) return from.fail_in("what", given.error());
  if (account_of_money(given->what).empty()) {
    from.fail_in("what", {ErrorCode::invalid_field, "/command: is not about money"});
  }
  if (!given->by.empty()) {
    from.fail_in("what", {ErrorCode::invalid_field, "/by: is no member of this command"});
  }
}

template <class Decision>
void read_decision(Reader& from, Decision& to) {
  from.whole("proposal", to.proposal, 1, INT64_MAX, true);
  from.text("proposed_by", to.proposed_by);
  from.text("id", to.id);
}

void read(Reader& from, Approve& to) { read_decision(from, to); }
void read(Reader& from, Reject& to) { read_decision(from, to); }

template <class Kind>
Result<GivenCommand> read_as(Reader& reader) {
  Kind command;
  std::string by;
  read(reader, command);
  reader.text("by", by, false);
  STEELYARD_PASS(reader.finish());
  return GivenCommand{Command(std::move(command)), std::move(by)};
}

struct Named {
  std::string_view name;
  Result<GivenCommand> (*read)(Reader&);
};

constexpr std::array<Named, std::variant_size_v<Command>> all_commands{{
    {"set_tenant", read_as<SetTenant>},
    {"set_account", read_as<SetAccount>},
    {"close_account", read_as<CloseAccount>},
    {"top_up", read_as<TopUp>},
    {"grant", read_as<Grant>},
    {"refund", read_as<Refund>},
    {"add_quota", read_as<AddQuota>},
    {"open_hold", read_as<OpenHold>},
    {"settle_hold", read_as<SettleHold>},
    {"release_hold", read_as<ReleaseHold>},
    {"set_budget", read_as<SetBudget>},
    {"set_key", read_as<SetKey>},
    {"correct", read_as<Correct>},
    {"publish_prices", read_as<PublishPrices>},
    {"propose", read_as<Propose>},
    {"approve", read_as<Approve>},
    {"reject", read_as<Reject>},
    {"set_seller", read_as<SetSeller>},
    {"set_buyer", read_as<SetBuyer>},
    {"freeze_invoice", read_as<FreezeInvoice>},
    {"import_invoice", read_as<ImportInvoice>},
    {"close_usage", read_as<CloseUsage>},
    {"set_zone_rules", read_as<SetZoneRules>},
    {"set_personal_data", read_as<SetPersonalData>},
    {"erase_personal_data", read_as<ErasePersonalData>},
}};

}  // namespace

Result<GivenCommand> read_command(std::string_view text) {
  json::Document document;
  if (!document.parse_copy(text)) {
    return failure(ErrorCode::malformed_json, std::string(document.error().what) + " at byte " +
                                                  std::to_string(document.error().offset));
  }
  if (document.root().type != Type::object) {
    return failure(ErrorCode::invalid_field, "a command is a JSON object");
  }
  const json::Object object(document, document.root());
  const Node* const name = object.find(json::word("command"));
  if (name == nullptr || name->type != Type::string) {
    return failure(ErrorCode::missing_field, "/command is missing");
  }
  Reader reader(document, object);
  for (const Named& each : all_commands) {
    if (document.text(*name) == each.name) return each.read(reader);
  }
  return failure(ErrorCode::invalid_field,
                 "/command: '" + std::string(document.text(*name)) + "' is no command");
}

std::string_view name_of(const Command& command) { return all_commands[command.index()].name; }

Command read_proposed(std::string_view what) {
  auto given = read_command(what);
  STEELYARD_CHECK(given.has_value());
  return std::move(given->what);
}

std::string_view account_of_money(const Command& command) {
  if (const auto* const account = std::get_if<SetAccount>(&command)) return account->account;
  if (const auto* const top_up = std::get_if<TopUp>(&command)) return top_up->account;
  if (const auto* const grant = std::get_if<Grant>(&command)) return grant->account;
  if (const auto* const refund = std::get_if<Refund>(&command)) return refund->account;
  if (const auto* const quota = std::get_if<AddQuota>(&command)) return quota->account;
  return {};
}

}  // namespace steelyard::core
