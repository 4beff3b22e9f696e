#include "steelyard/core/keyed_answers.h"

#include "steelyard/base/check.h"
#include "steelyard/ledger/bytes.h"

namespace steelyard::core {

using ledger::ByteReader;
using ledger::ByteWriter;

namespace {

void write(ByteWriter& to, const std::optional<base::Instant>& at) {
  to.u8(at.has_value() ? 1 : 0);
  to.instant(at.value_or(base::Instant{}));
}

void write(ByteWriter& to, const TopUp& command) { to.decimal(command.amount); }

void write(ByteWriter& to, const Grant& command) {
  to.decimal(command.amount);
  to.u16(command.priority);
  write(to, command.effective_at);
  to.instant(command.expires_at);
  to.text(command.scope);
}

void write(ByteWriter& to, const Refund& command) {
  to.text(command.original);
  to.decimal(command.amount);
}

void write(ByteWriter& to, const AddQuota& command) {
  to.text(command.model);
  to.u8(static_cast<std::uint8_t>(command.quota_class));
  to.u8(command.kinds.input ? 1 : 0);
  to.u8(command.kinds.cached_input ? 1 : 0);
  to.u8(command.kinds.output ? 1 : 0);
  to.u64(command.tokens);
  write(to, command.effective_at);
  to.instant(command.expires_at);
  to.u16(command.priority);
}

template <class Decision>
std::optional<KeyedCommand> keyed_as_decision(const Command& command) {
  const auto* const decision = std::get_if<Decision>(&command);
  if (decision == nullptr) return std::nullopt;
  std::string content;
  ByteWriter(content).u64(decision->proposal);
  return KeyedCommand{ledger::id_of({"key", decision->id}),
                      ledger::id_of({name_of(command), content})};
}

template <class What>
std::optional<KeyedCommand> keyed_as(const Command& command) {
  const auto* const what = std::get_if<What>(&command);
  if (what == nullptr) return std::nullopt;
  std::string content;
  ByteWriter to(content);
  write(to, *what);
  return KeyedCommand{ledger::id_of({"key", what->id}),
                      ledger::id_of({name_of(command), what->account, content})};
}

void write(ByteWriter& to, const ledger::Balance& balance) {
  to.decimal(balance.prepaid);
  to.decimal(balance.receivable);
  to.decimal(balance.reserved);
  to.decimal(balance.promo);
  to.decimal(balance.promo_usable);
  to.decimal(balance.terms.postpaid_limit);
  to.u8(balance.terms.is_unlimited ? 1 : 0);
  to.decimal(balance.available);
}

ledger::Balance read_balance(ByteReader& from) {
  ledger::Balance balance;
  balance.prepaid = from.decimal();
  balance.receivable = from.decimal();
  balance.reserved = from.decimal();
  balance.promo = from.decimal();
  balance.promo_usable = from.decimal();
  balance.terms.postpaid_limit = from.decimal();
  balance.terms.is_unlimited = from.boolean();
  balance.available = from.decimal();
  return balance;
}

// What stands behind the time.
constexpr std::uint8_t has_balance = 1;
constexpr std::uint8_t has_proposal = 2;

std::string value_of(const KeyedAnswers::Kept& kept) {
  std::string value;
  ByteWriter to(value);
  to.u32(kept.tenant);
  to.id(kept.command.key);
  to.id(kept.command.content);
  to.instant(kept.at);
  to.u8(static_cast<std::uint8_t>((kept.balance.has_value() ? has_balance : 0) |
                                  (kept.proposal != 0 ? has_proposal : 0)));
  if (kept.balance.has_value()) write(to, *kept.balance);
  if (kept.proposal != 0) to.u64(kept.proposal);
  return value;
}

}  // namespace

std::optional<KeyedCommand> keyed(const Command& command) {
  if (const auto* const proposed = std::get_if<Propose>(&command)) {
    return keyed(read_proposed(proposed->what));
  }
  if (const auto found = keyed_as_decision<Approve>(command)) return found;
  if (const auto found = keyed_as_decision<Reject>(command)) return found;
  if (const auto found = keyed_as<TopUp>(command)) return found;
  if (const auto found = keyed_as<Grant>(command)) return found;
  if (const auto found = keyed_as<Refund>(command)) return found;
  return keyed_as<AddQuota>(command);
}

const KeyedAnswers::Kept* KeyedAnswers::find(std::uint32_t tenant, ledger::Id key) const {
  const auto found = sequences_.find(key_of(tenant, key));
  if (found == sequences_.end()) return nullptr;
  return &answers_.at(found->second);
}

/// False: its key is known, or it does not come behind the others.
bool KeyedAnswers::keep(const Kept& kept) {
  if (!answers_.empty() && answers_.rbegin()->first >= kept.sequence) return false;
  if (!sequences_.emplace(key_of(kept.tenant, kept.command.key), kept.sequence).second) {
    return false;
  }
  answers_.emplace(kept.sequence, kept);
  of_tenants_[kept.tenant].insert(kept.sequence);
  return true;
}

void KeyedAnswers::add(const Kept& kept) {
  if (answers_.size() == answers_max) {
    forget(has_more_than_its_share(kept.tenant) ? *of_tenants_[kept.tenant].begin()
                                                : answers_.begin()->first);
  }
  STEELYARD_CHECK(keep(kept));
}

bool KeyedAnswers::has_more_than_its_share(std::uint32_t tenant) const {
  const auto own = of_tenants_.find(tenant);
  return own != of_tenants_.end() && own->second.size() * of_tenants_.size() > answers_max;
}

void KeyedAnswers::forget(std::uint64_t sequence) {
  const auto found = answers_.find(sequence);
  const Kept& kept = found->second;
  // What was never visited is not kept anywhere.
  if (sequence <= last_kept_) forgotten_.push_back(sequence);
  sequences_.erase(key_of(kept.tenant, kept.command.key));
  const auto own = of_tenants_.find(kept.tenant);
  own->second.erase(sequence);
  if (own->second.empty()) of_tenants_.erase(own);
  answers_.erase(found);
}

void KeyedAnswers::forget_expired(base::Instant now) {
  while (!answers_.empty() && answers_.begin()->second.at.seconds < now.seconds - memory_seconds) {
    forget(answers_.begin()->first);
  }
}

void KeyedAnswers::for_each_changed(const Visitor& visit) {
  for (const std::uint64_t sequence : forgotten_) visit(sequence, std::nullopt);
  forgotten_.clear();
  for (auto each = answers_.upper_bound(last_kept_); each != answers_.end(); ++each) {
    visit(each->first, value_of(each->second));
    last_kept_ = each->first;
  }
}

bool KeyedAnswers::restore(std::uint64_t sequence, std::string_view value) {
  ByteReader from(value);
  Kept kept;
  kept.sequence = sequence;
  kept.tenant = from.u32();
  kept.command.key = from.id();
  kept.command.content = from.id();
  kept.at = from.instant();
  const std::uint8_t has = from.u8();
  if (has > (has_balance | has_proposal)) from.refuse();
  if ((has & has_balance) != 0) kept.balance = read_balance(from);
  if ((has & has_proposal) != 0) kept.proposal = from.u64();
  if (!from.is_done() || !keep(kept)) return false;
  last_kept_ = sequence;
  return true;
}

}  // namespace steelyard::core
