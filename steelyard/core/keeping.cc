#include <algorithm>

#include "steelyard/core/core.h"
#include "steelyard/ledger/bytes.h"

/// What is kept: a key that begins with a letter, in the order in which it has to come back.
namespace steelyard::core {

using ledger::ByteReader;
using ledger::ByteWriter;

namespace {

constexpr char prices_kind = '0';
constexpr char zone_kind = '1';  // A time zone: its rules.
constexpr char last_kind = 'A';
constexpr char name_kind = 'B';  // Of a tenant.
constexpr char tenant_kind = 'C';
constexpr char key_kind = 'D';  // An API key.
constexpr char crossed_kind = 'E';
constexpr char act_kind = 'I';       // Sequence.
constexpr char usage_kind = 'F';     // Tenant, then a key of its usage book.
constexpr char ledger_kind = 'G';    // Then a key of the ledger.
constexpr char quota_kind = 'J';     // Then a key of the quotas.
constexpr char waiting_kind = 'K';   // Sequence.
constexpr char answer_kind = 'L';    // Sequence: what was answered under a key.
constexpr char names_kind = 'M';     // Tenant, then a key of its name book.
constexpr char proposal_kind = 'N';  // Number.
constexpr char maker_kind = 'O';     // An API key: the one that made it.
constexpr char invoice_kind = 'P';   // Then a key of the invoice book.
constexpr char personal_kind = 'Q';  // Then a key of the book of personal data.
constexpr char cloud_kind = 'H';     // Tenant, sequence: of what windows are made.

template <class... Numbers>
std::string key_of(char kind, Numbers... numbers) {
  std::string key(1, kind);
  ByteWriter to(key);
  (to.sorting(numbers), ...);
  return key;
}

std::string value_of(const PublishedPrices& each) {
  std::string value;
  ByteWriter to(value);
  to.u64(each.sequence);
  to.instant(each.published_at);
  to.text(each.what.hash);
  to.text(each.what.note);
  to.text(each.what.origin);
  to.u32(static_cast<std::uint32_t>(each.what.files.size()));
  for (const auto& [path, text] : each.what.files) {
    to.text(path);
    to.text(text);
  }
  return value;
}

std::string value_of(const Act& act) {
  std::string value;
  ByteWriter to(value);
  to.u32(act.tenant);
  to.instant(act.at);
  to.text(act.by);
  to.text(act.name);
  to.u8(act.is_refused ? 1 : 0);
  return value;
}

std::string value_of(const CrossedBudget& each) {
  std::string value;
  ByteWriter to(value);
  to.text(each.name);
  to.u32(each.crossing.tenant);
  to.u32(static_cast<std::uint32_t>(each.crossing.budget));
  to.u16(each.crossing.percent);
  to.decimal(each.crossing.limit);
  to.decimal(each.crossing.spent);
  to.i64(each.crossing.window_from);
  to.i64(each.crossing.window_to);
  to.instant(each.crossing.at);
  to.u64(each.crossing.cause.sequence);
  to.u32(each.crossing.cause.part);
  return value;
}

std::string value_of(const Counts& counts) {
  std::string value;
  ByteWriter to(value);
  to.u64(counts.not_booked);
  for (const std::uint64_t count : counts.by_status) to.u64(count);
  return value;
}

}  // namespace

void Core::for_each_changed(const EntityVisitor& visit) {
  std::string last;
  ByteWriter(last).instant(last_.received);
  ByteWriter(last).u64(last_event_);
  visit(key_of(last_kind), last);
  for (; kept_published_ < published_.size(); ++kept_published_) {
    visit(key_of(prices_kind, static_cast<std::uint32_t>(kept_published_)),
          value_of(*published_[kept_published_]));
  }
  for (const std::string& each : new_zones_) {
    visit(zone_kind + each, base::text_of(*zones_.known(each)));
  }
  new_zones_.clear();
  for (; kept_tenant_names_ < tenant_names_.size(); ++kept_tenant_names_) {
    visit(key_of(name_kind, static_cast<std::uint32_t>(kept_tenant_names_)),
          tenant_names_[kept_tenant_names_]);
  }
  for (const std::string& key : changed_keys_) {
    const auto found = keys_.find(key);
    visit(key_kind + key,
          found == keys_.end() ? std::nullopt : std::optional<std::string_view>(found->second));
  }
  changed_keys_.clear();
  for (const std::string& each : new_key_makers_) visit(maker_kind + each, key_makers_.at(each));
  new_key_makers_.clear();
  proposals_.for_each_changed(
      [&](std::uint64_t number, auto value) { visit(key_of(proposal_kind, number), value); });
  const std::uint64_t crossed_begin = crossed_end_ - crossed_.size();
  for (std::uint64_t i = std::max(kept_crossed_end_, crossed_begin); i < crossed_end_; ++i) {
    visit(key_of(crossed_kind, i), value_of(crossed_[i - crossed_begin]));
  }
  for (; kept_crossed_begin_ < std::min(crossed_begin, kept_crossed_end_); ++kept_crossed_begin_) {
    visit(key_of(crossed_kind, kept_crossed_begin_), std::nullopt);
  }
  kept_crossed_begin_ = crossed_begin;
  kept_crossed_end_ = crossed_end_;

  std::string key;
  for (const auto& [number, tenant] : tenants_) {
    if (!tenant->has_changed) continue;
    tenant->has_changed = false;
    visit(key_of(tenant_kind, number), value_of(tenant->counts));
    const std::string prefix = key_of(usage_kind, number);
    tenant->usage.for_each_changed([&](std::string_view name, auto value) {
      key.assign(prefix).append(name);
      visit(key, value);
    });
    const std::string prefix_of_names = key_of(names_kind, number);
    tenant->names.for_each_changed([&](std::string_view name, auto value) {
      key.assign(prefix_of_names).append(name);
      visit(key, value);
    });
  }
  ledger_.for_each_changed([&](std::string_view name, auto value) {
    key.assign(1, ledger_kind).append(name);
    visit(key, value);
  });
  for (const std::uint64_t sequence : forgotten_acts_) {
    visit(key_of(act_kind, sequence), std::nullopt);
  }
  forgotten_acts_.clear();
  const auto new_acts = std::ranges::partition_point(
      acts_, [&](const Act& act) { return act.sequence <= kept_act_; });
  for (auto act = new_acts; act != acts_.end(); ++act) {
    visit(key_of(act_kind, act->sequence), value_of(*act));
    kept_act_ = act->sequence;
  }
  quotas_.book().for_each_changed([&](std::string_view name, auto value) {
    key.assign(1, quota_kind).append(name);
    visit(key, value);
  });
  invoices_.for_each_changed([&](std::string_view name, auto value) {
    key.assign(1, invoice_kind).append(name);
    visit(key, value);
  });
  personal_.for_each_changed([&](std::string_view name, auto value) {
    key.assign(1, personal_kind).append(name);
    visit(key, value);
  });
  waiting_.for_each_changed([&](std::uint64_t sequence, bool waits) {
    visit(key_of(waiting_kind, sequence),
          waits ? std::optional<std::string_view>("") : std::nullopt);
  });
  keyed_answers_.for_each_changed(
      [&](std::uint64_t sequence, auto value) { visit(key_of(answer_kind, sequence), value); });
  for (const CloudFact& each : new_cloud_facts_) {
    visit(key_of(cloud_kind, each.tenant, each.sequence), each.value);
  }
  new_cloud_facts_.clear();
}

Result<PublishedPrices> Core::read_prices(std::string_view value) {
  ByteReader from(value);
  PublishedPrices each;
  each.sequence = from.u64();
  each.published_at = from.instant();
  each.what.hash = from.text();
  each.what.note = from.text();
  each.what.origin = from.text();
  for (std::uint32_t left = from.u32(); left > 0 && from.is_good(); --left) {
    const std::string_view path = from.text();
    each.what.files.emplace(path, from.text());
  }
  if (from.is_done()) return each;
  return failure(ErrorCode::file_is_malformed,
                 "an entity of prices of " + std::to_string(value.size()) + " bytes");
}

Result<base::SharedZoneRules> Core::read_zone(std::string_view zone, std::string_view value) {
  auto rules = base::parse_zone_rules(std::string(zone), value);
  if (rules.has_value()) return rules;
  return failure(ErrorCode::file_is_malformed, "an entity of a time zone: " + rules.error().detail);
}

bool Core::restore_published(std::uint32_t number, std::string_view value) {
  auto prices = read_prices(value);
  if (!prices.has_value() || number != published_.size()) return false;
  published_.push_back(std::make_shared<PublishedPrices>(*std::move(prices)));
  kept_published_ = published_.size();
  return true;
}

/// It was made with them, or with later ones that are not kept yet.
bool Core::restore_zone(const std::string& zone, std::string_view value) {
  const base::SharedZoneRules known = zones_.known(zone);
  if (known != nullptr && base::text_of(*known) == value) new_zones_.erase(zone);
  return known != nullptr;
}

bool Core::restore_last(std::string_view value) {
  ByteReader from(value);
  last_.received = from.instant();
  last_event_ = from.u64();
  return from.is_done();
}

bool Core::restore_tenant(std::uint32_t number, std::string_view value) {
  Tenant& of = tenant(number);
  ByteReader from(value);
  of.counts.not_booked = from.u64();
  for (std::uint64_t& count : of.counts.by_status) count = from.u64();
  of.has_changed = false;
  return from.is_done();
}

bool Core::restore_act(std::uint64_t sequence, std::string_view value) {
  ByteReader from(value);
  Act act;
  act.sequence = kept_act_ = sequence;
  act.tenant = from.u32();
  act.at = from.instant();
  act.by = from.text();
  act.name = from.text();
  act.is_refused = from.boolean();
  acts_.push_back(std::move(act));
  return from.is_done();
}

bool Core::restore_crossed(std::uint64_t number, std::string_view value) {
  ByteReader from(value);
  CrossedBudget each;
  each.name = from.text();
  each.crossing.tenant = from.u32();
  each.crossing.budget = ledger::BudgetId{from.u32()};
  each.crossing.percent = from.u16();
  each.crossing.limit = from.decimal();
  each.crossing.spent = from.decimal();
  each.crossing.window_from = from.i64();
  each.crossing.window_to = from.i64();
  each.crossing.at = from.instant();
  each.crossing.cause.sequence = from.u64();
  each.crossing.cause.part = from.u32();
  if (crossed_.empty()) kept_crossed_begin_ = number;
  crossed_end_ = kept_crossed_end_ = number + 1;
  crossed_.push_back(std::move(each));
  return from.is_done() && kept_crossed_begin_ + crossed_.size() == crossed_end_;
}

bool Core::restore_entity(std::string_view key, std::string_view value) {
  if (key.empty()) return false;
  const std::string_view rest = key.substr(1);
  ByteReader name(rest);
  switch (key[0]) {
    case prices_kind: {
      const auto number = name.sorting<std::uint32_t>();
      return name.is_done() && restore_published(number, value);
    }
    case zone_kind: return restore_zone(std::string(rest), value);
    case last_kind: return restore_last(value);
    case name_kind:
      tenant_names_.emplace_back(value);
      kept_tenant_names_ = tenant_names_.size();
      return name.sorting<std::uint32_t>() + 1 == tenant_names_.size() && name.is_done();
    case tenant_kind: {
      const auto number = name.sorting<std::uint32_t>();
      return name.is_done() && restore_tenant(number, value);
    }
    case key_kind: return keys_.emplace(rest, value).second;
    case maker_kind: return key_makers_.emplace(rest, value).second;
    case invoice_kind: return invoices_.restore(rest, value);
    case personal_kind: return personal_.restore(rest, value);
    case proposal_kind: {
      const auto number = name.sorting<std::uint64_t>();
      return name.is_done() && proposals_.restore(number, value);
    }
    case crossed_kind: {
      const auto number = name.sorting<std::uint64_t>();
      return name.is_done() && restore_crossed(number, value);
    }
    case act_kind: {
      const auto sequence = name.sorting<std::uint64_t>();
      return name.is_done() && restore_act(sequence, value);
    }
    case answer_kind: {
      const auto sequence = name.sorting<std::uint64_t>();
      return name.is_done() && keyed_answers_.restore(sequence, value);
    }
    case cloud_kind: {
      const auto tenant = name.sorting<std::uint32_t>();
      const auto sequence = name.sorting<std::uint64_t>();
      return name.is_done() && restore_cloud_fact(tenant, sequence, value);
    }
    case waiting_kind: {
      const auto sequence = name.sorting<std::uint64_t>();
      return name.is_done() && value.empty() && waiting_.restore(sequence);
    }
    case usage_kind: {
      const auto found = tenants_.find(name.sorting<std::uint32_t>());
      return found != tenants_.end() &&
             found->second->usage.restore(rest.substr(sizeof(std::uint32_t)), value);
    }
    case names_kind: {
      const auto found = tenants_.find(name.sorting<std::uint32_t>());
      return found != tenants_.end() &&
             found->second->names.restore(rest.substr(sizeof(std::uint32_t)));
    }
    default: return false;
  }
}

Result<void> Core::restore(std::string_view key, std::string_view value) {
  if (key.starts_with(ledger_kind)) return ledger_.restore(key.substr(1), value);
  if (key.starts_with(quota_kind)) return quotas_.book().restore(key.substr(1), value);
  if (restore_entity(key, value)) return {};
  return failure(ErrorCode::file_is_malformed, "an entity of kind '" +
                                                   std::string(key.substr(0, 1)) + "' of " +
                                                   std::to_string(value.size()) + " bytes");
}

Result<void> Core::finish_restore() {
  flush_cloud_events();
  reader_.reset();
  STEELYARD_PASS(ledger_.finish_restore());
  STEELYARD_PASS(quotas_.book().finish_restore());
  for (std::uint32_t i = 0; i < ledger_.wallet_count(); ++i) {
    const auto wallet = ledger::WalletId{i};
    tenant(ledger_.wallet(wallet).tenant).a_wallet = wallet;
  }
  for (const auto& [number, tenant] : tenants_) {
    tenant->cloud.end_again();
    tenant->has_changed = false;
  }
  return {};
}

}  // namespace steelyard::core
