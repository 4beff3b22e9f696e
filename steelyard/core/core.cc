#include "steelyard/core/core.h"

#include <algorithm>

#include "steelyard/base/check.h"
#include "steelyard/base/limits.h"

namespace steelyard::core {

using batch::Status;
using ledger::Refusal;
using ledger::Refused;

namespace {

Answer answer_of(bool is_repeat) {
  Answer answer;
  answer.is_repeat = is_repeat;
  return answer;
}

}  // namespace

Core::Core(const rating::Rater& rater, identity::Identities& identities, identity::KeyMaker keys,
           const base::ZoneBook& zones)
    : rater_(&rater),
      currency_(rater.currency()),
      identities_(&identities),
      key_maker_(keys),
      ledger_({}, {.crossing = [this](const ledger::Crossing& each) { crossed(each); }}) {
  for (const auto& [zone, rules] : zones.all()) take_zone_rules(rules);
}

batch::ChunkRater Core::make_reader() const {
  batch::ChunkRater reader(*rater_, key_maker_);
  reader.keep_details();
  return reader;
}

Core::Tenant& Core::tenant(std::uint32_t number) {
  std::unique_ptr<Tenant>& tenant = tenants_[number];
  if (tenant == nullptr) tenant = std::make_unique<Tenant>(*rater_, key_maker_);
  tenant->has_changed = true;
  return *tenant;
}

const Counts& Core::counts(std::uint32_t tenant) const {
  static constexpr Counts none;
  const auto found = tenants_.find(tenant);
  return found == tenants_.end() ? none : found->second->counts;
}

const UsageBook* Core::usage(std::uint32_t tenant) const {
  const auto found = tenants_.find(tenant);
  return found == tenants_.end() ? nullptr : &found->second->usage;
}

void Core::for_each_name_book(
    const std::function<void(std::uint32_t tenant, const NameBook& names)>& visit) const {
  for (const auto& [number, tenant] : tenants_) visit(number, tenant->names);
}

std::optional<std::string> Core::imbalance() const {
  if (auto broken = ledger_.imbalance(); broken.has_value()) return broken;
  for (const auto& [number, tenant] : tenants_) {
    if (tenant->counts.not_booked > 0) {
      return "tenant " + std::to_string(number) + ": " + std::to_string(tenant->counts.not_booked) +
             " charges are beyond what a ledger takes";
    }
    const money::Decimal charged = tenant->usage.amount();
    if (!tenant->a_wallet.has_value()) continue;
    const money::Decimal booked = revenue(*tenant->a_wallet);
    if (charged != booked) {
      return "tenant " + std::to_string(number) + ": charges are " + charged.to_text() +
             ", the ledger's revenue is " + booked.to_text();
    }
    const money::Decimal invoiced = invoices_.lines_total(number);
    if (charged - tenant->usage.uninvoiced_amount() != invoiced) {
      return "tenant " + std::to_string(number) + ": charges are " + charged.to_text() + ", " +
             tenant->usage.uninvoiced_amount().to_text() +
             " of them on no invoice, invoices are over " + invoiced.to_text();
    }
    const money::Decimal of_ledger =
        ledger_.totals(*tenant->a_wallet, ledger::Account::revenue_invoiced).credit_balance();
    if (invoiced != of_ledger) {
      return "tenant " + std::to_string(number) + ": invoices are over " + invoiced.to_text() +
             ", the ledger's invoiced revenue is " + of_ledger.to_text();
    }
  }
  return std::nullopt;
}

void Core::apply(batch::ChunkRater& events, const Place& first) {
  Tenant& of = tenant(first.tenant);
  const std::span<batch::Record> records = events.records();
  const std::span<batch::EventDetail> details = events.details();
  STEELYARD_CHECK(records.size() == details.size());
  std::uint64_t sequence = first.sequence;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (records[i].status != Status::rejected) details[i].sequence = sequence++;
  }
  events.decide_identities(*identities_, of.cloud, {.tenant = first.tenant, .waiting = &waiting_});
  if (sequence > first.sequence) {
    last_ = first;
    last_event_ = sequence - 1;
  }

  Place place = first;
  for (std::size_t i = 0; i < records.size(); ++i) {
    batch::Record& record = records[i];
    place.sequence = details[i].sequence;
    if (place.sequence == 0) {
      ++of.counts.refused;
      continue;
    }
    if (!details[i].names_are_known) of.names.add(record, details[i]);
    ++of.counts.by_status[static_cast<std::size_t>(record.status)];
    if (record.is_late) {  // The first is rated by it; it is a duplicate itself.
      --of.counts.by_status[static_cast<std::size_t>(Status::unrated)];
      ++of.counts.by_status[static_cast<std::size_t>(Status::duplicate)];
      details[i].corrects = record.first_sequence;
    }
    if (details[i].is_remembered) keep_cloud_event(details[i], place);
    if (record.status != Status::rated) continue;
    if (book(record, details[i], place)) {
      of.usage.add(record, details[i].time, place.sequence);
    } else {
      ++of.counts.not_booked;
    }
  }
}

bool Core::book(batch::Record& record, batch::EventDetail& detail, const Place& place) {
  if (detail.type == usage::EventType::model_void) return take_back(record, detail, place);
  if (detail.type == usage::EventType::model_call) {
    quotas_.draw(record, detail, place.tenant);
  } else {
    keep_cloud_event(detail, place);
  }
  return charge(record, detail, place);
}

ledger::WalletId Core::wallet_of(std::uint32_t tenant, std::string_view account) {
  if (const auto found = find_account(tenant, account); found.has_value()) return *found;
  const auto opened = ledger_.open_wallet(tenant, account, currency_, {.is_unlimited = true});
  STEELYARD_CHECK(opened.has_value());
  this->tenant(tenant).a_wallet = *opened;
  return *opened;
}

/// The node of the API key, else that of the project, else the one that the hold of a corrected
/// call counted on. A void goes back to the latter first: nodes may be newer than the call.
ledger::BudgetId Core::budget_of(std::uint32_t tenant, const batch::EventDetail& detail) {
  if (ledger_.budget_count() == 0) return ledger::no_budget;
  const auto find = [&](std::string_view kind, std::string_view name) {
    if (name.empty()) return std::optional<ledger::BudgetId>();
    name_.assign(kind).append(name);
    return ledger_.find_budget(tenant, name_);
  };
  const auto of_hold = find("", detail.hold_budget);
  if (detail.type == usage::EventType::model_void && of_hold.has_value()) return *of_hold;
  if (const auto found = find("key/", detail.api_key); found.has_value()) return *found;
  if (const auto found = find("project/", detail.project); found.has_value()) return *found;
  if (of_hold.has_value()) return *of_hold;
  return ledger::no_budget;
}

ledger::Charge Core::charge_of(const batch::Record& record, const batch::EventDetail& detail,
                               const Place& place) {
  ledger::Charge charge;
  charge.wallet = wallet_of(place.tenant, record.account);
  charge.amount = record.charge.amount;
  charge.at = detail.time;
  charge.origin = ledger::id_of({"event", record.source, record.id});
  charge.cause = {place.sequence, 0};
  charge.budget = budget_of(place.tenant, detail);
  charge.item = detail.name;
  if (!detail.hold.empty()) charge.hold = hold_id(detail.hold);
  return charge;
}

bool Core::charge(const batch::Record& record, batch::EventDetail& detail, const Place& place) {
  if (record.charge.amount.is_zero() && detail.hold.empty()) return true;
  const ledger::Charge charge = charge_of(record, detail, place);
  const auto charged = ledger_.charge(charge);
  if (!charged.has_value()) return false;
  const bool is_of_hold =
      charge.budget == ledger::no_budget && charged->budget != ledger::no_budget;
  if (is_of_hold) detail.hold_budget = ledger_.budget(charged->budget).name;
  if (record.charge.amount.is_negative()) return true;
  for (const ledger::Drawn& part : charged->drawn) {
    if (part.account != ledger::Account::promo) continue;
    if (!detail.credit.empty()) detail.credit += ',';
    detail.credit += ledger::to_text(part.grant) + '=' + part.amount.to_text();
  }
  return true;
}

void Core::crossed(const ledger::Crossing& crossing) {
  if (crossed_.size() == crossed_max) crossed_.pop_front();
  ++crossed_end_;
  crossed_.push_back({std::string(ledger_.budget(crossing.budget).name), crossing});
}

Answer Core::apply(const Command& command, const Place& place, std::string_view by) {
  last_ = place;
  auto done = carry_out_once(command, place, by);
  if (is_worth_noting(command, done)) note_act(command, place, by, !done.has_value());
  if (done.has_value()) return *std::move(done);
  Answer answer;
  answer.refused = done.error();
  if (done.error().budget != ledger::no_budget) {
    answer.refused_budget = ledger_.budget(done.error().budget).name;
  }
  if (done.error().why == Refusal::proposal_not_open) {
    answer.proposal_state = state_of_decided(command, place.tenant);
  }
  return answer;
}

/// Under a key that was answered before, the same command gives the same answer; another, none.
ledger::Answer<Answer> Core::carry_out_once(const Command& command, const Place& place,
                                            std::string_view by) {
  const auto carry_it_out = [&] {
    return std::visit(
        [&](const auto& each) {
          if constexpr (requires { this->carry_out(each, place, by); }) {
            return carry_out(each, place, by);
          } else {
            return carry_out(each, place);
          }
        },
        command);
  };
  const auto asked = keyed(command);
  if (!asked.has_value()) return carry_it_out();
  keyed_answers_.forget_expired(place.received);
  if (const auto* const known = keyed_answers_.find(place.tenant, asked->key)) {
    if (known->command.content != asked->content) {
      return std::unexpected(Refused{.why = Refusal::idempotency_key_reused});
    }
    return repeated(command, *known);
  }
  auto done = carry_it_out();
  if (done.has_value() && !done->is_repeat) {
    keyed_answers_.add(
        {place.sequence, place.tenant, *asked, place.received, done->balance, done->proposal});
  }
  return done;
}

Answer Core::repeated(const Command& command, const KeyedAnswers::Kept& known) {
  Answer answer = answer_of(true);
  answer.balance = known.balance;
  answer.proposal = known.proposal;
  if (known.proposal != 0) return answer;
  const auto* const proposed = std::get_if<Propose>(&command);
  const Command asked = proposed != nullptr ? read_proposed(proposed->what) : command;
  if (const auto* const quota = std::get_if<AddQuota>(&asked)) {
    answer.quota_from = quota->effective_at.value_or(known.at);
  }
  return answer;
}

/// Holds are a gateway's, not a person's, and far too many. Of a run, what it found done or out of
/// date is nothing that somebody did.
bool Core::is_worth_noting(const Command& command, const ledger::Answer<Answer>& done) {
  if (std::holds_alternative<FreezeInvoice>(command)) {
    return done.has_value() && !done->is_repeat;
  }
  if (std::holds_alternative<CloseUsage>(command) && done.has_value()) return !done->is_repeat;
  return !std::holds_alternative<OpenHold>(command) &&
         !std::holds_alternative<SettleHold>(command) &&
         !std::holds_alternative<ReleaseHold>(command);
}

void Core::note_act(const Command& command, const Place& place, std::string_view by,
                    bool is_refused) {
  if (acts_.size() == acts_max) {
    forgotten_acts_.push_back(acts_.front().sequence);
    acts_.pop_front();
  }
  acts_.push_back({place.sequence, place.tenant, place.received, std::string(by),
                   std::string(name_of(command)), is_refused});
}

void Core::tick(const Place& place) {
  last_ = place;
  ledger_.tick({.now = place.received, .cause = {place.sequence, 0}});
  quotas_.book().forget_expired({place.received.seconds - quota_memory_seconds, 0});
  proposals_.expire(place.received);
}

ledger::Answer<Answer> Core::with_balance(Answer answer, ledger::WalletId wallet,
                                          const Place& place) const {
  answer.balance = ledger_.balance(wallet, place.received);
  return answer;
}

ledger::Answer<Answer> Core::carry_out(const SetTenant& command, const Place&) {
  const bool is_known = std::ranges::find(tenant_names_, command.name) != tenant_names_.end();
  if (!is_known) tenant_names_.push_back(command.name);
  return answer_of(is_known);
}

ledger::Answer<Answer> Core::carry_out(const SetAccount& command, const Place& place) {
  const auto opened = ledger_.open_wallet(place.tenant, command.account, currency_, command.terms);
  if (!opened.has_value()) return std::unexpected(opened.error());
  tenant(place.tenant).a_wallet = *opened;
  return with_balance({}, *opened, place);
}

ledger::Answer<Answer> Core::carry_out(const CloseAccount& command, const Place& place) {
  const auto wallet = find_account(place.tenant, command.account);
  if (!wallet.has_value()) return std::unexpected(Refused{.why = Refusal::unknown_account});
  const auto closed = ledger_.close_wallet(*wallet, command.drains);
  if (!closed.has_value()) return std::unexpected(closed.error());
  return with_balance({}, *wallet, place);
}

ledger::Answer<Answer> Core::carry_out(const TopUp& command, const Place& place) {
  const auto wallet = wallet_of(place.tenant, command.account);
  const auto posted = ledger_.top_up({.wallet = wallet,
                                      .amount = command.amount,
                                      .at = place.received,
                                      .origin = command_id("top_up", command.id),
                                      .cause = {place.sequence, 0}});
  if (!posted.has_value()) return std::unexpected(posted.error());
  return with_balance(answer_of(posted->is_repeat), wallet, place);
}

ledger::Answer<Answer> Core::carry_out(const Grant& command, const Place& place) {
  const auto wallet = wallet_of(place.tenant, command.account);
  const auto posted = ledger_.grant({.wallet = wallet,
                                     .amount = command.amount,
                                     .priority = command.priority,
                                     .effective_at = command.effective_at.value_or(place.received),
                                     .expires_at = command.expires_at,
                                     .scope = command.scope,
                                     .at = place.received,
                                     .origin = command_id("grant", command.id),
                                     .cause = {place.sequence, 0}});
  if (!posted.has_value()) return std::unexpected(posted.error());
  return with_balance(answer_of(posted->is_repeat), wallet, place);
}

ledger::Answer<Answer> Core::carry_out(const Refund& command, const Place& place) {
  const auto wallet = find_account(place.tenant, command.account);
  if (!wallet.has_value()) return std::unexpected(Refused{.why = Refusal::unknown_account});
  ledger::Refund refund;
  refund.wallet = *wallet;
  refund.amount = command.amount;
  refund.original = command_id("top_up", command.original);
  refund.at = place.received;
  refund.origin = command_id("refund", command.id);
  refund.cause = {place.sequence, 0};
  const auto posted = ledger_.refund(refund);
  if (!posted.has_value()) return std::unexpected(posted.error());
  return with_balance(answer_of(posted->is_repeat), *wallet, place);
}

ledger::Answer<Answer> Core::carry_out(const AddQuota& command, const Place& place) {
  const auto known = quotas_.book().find(place.tenant, quota_id(command.id));
  const base::Instant from_now = known.has_value() ? known->quota.effective_at : place.received;
  const base::Instant from = command.effective_at.value_or(from_now);
  const auto added = quotas_.book().add({.tenant = place.tenant,
                                         .id = quota_id(command.id),
                                         .name = command.id,
                                         .customer = command.account,
                                         .model = command.model,
                                         .quota_class = command.quota_class,
                                         .kinds = command.kinds,
                                         .tokens = command.tokens,
                                         .effective_at = from,
                                         .expires_at = command.expires_at,
                                         .priority = command.priority});
  if (!added.has_value()) return std::unexpected(added.error());
  wallet_of(place.tenant, command.account);
  Answer answer = answer_of(!*added);
  answer.quota_from = from;
  return answer;
}

/// What a planned call may cost; of a hold that is there already, what was asked for it.
ledger::Answer<money::Decimal> Core::price_of(const OpenHold& command, const Place& place) {
  if (const auto known = ledger_.hold(place.tenant, hold_id(command.hold)); known.has_value()) {
    return known->asked;
  }
  usage::UsageEvent event;
  event.account = command.account;
  event.time = event.priced_at = place.received;
  event.call.model = command.call->model;
  event.call.tokens = command.call->tokens;
  event.call.thinking = command.call->thinking;
  rating::Charge charge;
  if (command.call->tokens.total_input() <= limits::count_max) charge = rater_->rate(event);
  if (!charge.is_rated) return std::unexpected(Refused{.why = Refusal::no_price});
  quotas_.leave_out_covered(charge, {.tenant = place.tenant,
                                     .customer = command.account,
                                     .model = command.call->model,
                                     .tokens = command.call->tokens,
                                     .at = place.received});
  return charge.amount;
}

ledger::Answer<Answer> Core::carry_out(const OpenHold& command, const Place& place) {
  const auto wallet = find_account(place.tenant, command.account);
  if (!wallet.has_value()) return std::unexpected(Refused{.why = Refusal::unknown_account});
  ledger::BudgetId budget = ledger::no_budget;
  if (!command.budget.empty()) {
    const auto found = ledger_.find_budget(place.tenant, command.budget);
    if (!found.has_value()) return std::unexpected(Refused{.why = Refusal::unknown_budget});
    budget = *found;
  }
  money::Decimal amount = command.amount;
  if (command.call.has_value()) {
    const auto price = price_of(command, place);
    if (!price.has_value()) return std::unexpected(price.error());
    amount = *price;
  }
  if (command.call.has_value() && amount.is_zero()) {
    if (ledger_.wallet(*wallet).state != ledger::WalletState::open) {
      return std::unexpected(Refused{.why = Refusal::account_closed});
    }
    Answer answer;
    answer.hold = ledger::Authorised{.expires_at = place.received};
    return with_balance(std::move(answer), *wallet, place);
  }
  const auto opened = ledger_.authorise({.wallet = *wallet,
                                         .amount = amount,
                                         .ttl_micros = std::int64_t{command.ttl_ms} * 1'000,
                                         .at = place.received,
                                         .hold = hold_id(command.hold),
                                         .cause = {place.sequence, 0},
                                         .budget = budget,
                                         .item = command.item});
  if (!opened.has_value()) return std::unexpected(opened.error());
  Answer answer = answer_of(opened->is_repeat);
  answer.hold = *opened;
  return with_balance(std::move(answer), *wallet, place);
}

ledger::Answer<Answer> Core::carry_out(const SettleHold& command, const Place& place) {
  const auto wallet = find_account(place.tenant, command.account);
  if (!wallet.has_value()) return std::unexpected(Refused{.why = Refusal::unknown_account});
  ledger::Charge charge;
  charge.wallet = *wallet;
  charge.amount = command.amount;
  charge.at = place.received;
  charge.origin = command_id("settle", command.id);
  charge.cause = {place.sequence, 0};
  charge.item = command.item;
  charge.hold = hold_id(command.hold);
  charge.ends_hold = command.ends;
  auto charged = ledger_.settle(charge);
  if (!charged.has_value()) return std::unexpected(charged.error());
  charged->drawn = {};
  if (!charged->is_repeat) {
    tenant(place.tenant)
        .usage.add_settlement(command.account, command.amount, currency_.code(), place.received,
                              place.sequence);
  }
  Answer answer = answer_of(charged->is_repeat);
  answer.charged = *charged;
  return with_balance(std::move(answer), *wallet, place);
}

ledger::Answer<Answer> Core::carry_out(const ReleaseHold& command, const Place& place) {
  const auto released = ledger_.release({.tenant = place.tenant,
                                         .hold = hold_id(command.hold),
                                         .at = place.received,
                                         .origin = command_id("release", command.id),
                                         .cause = {place.sequence, 0}});
  if (!released.has_value()) return std::unexpected(released.error());
  return answer_of(released->is_repeat);
}

ledger::Answer<Answer> Core::carry_out(const SetBudget& command, const Place& place) {
  // Those of the rater come into force with a rater.
  if (command.zone_rules != nullptr && zones_.lacks(command.zone) &&
      !is_zone_of_rater(command.zone)) {
    take_zone_rules(command.zone_rules);
  }
  ledger::BudgetId parent = ledger::no_budget;
  if (!command.parent.empty()) {
    const auto found = ledger_.find_budget(place.tenant, command.parent);
    if (!found.has_value()) return std::unexpected(Refused{.why = Refusal::unknown_budget});
    parent = *found;
  }
  const auto set = ledger_.set_budget({.tenant = place.tenant,
                                       .name = command.name,
                                       .parent = parent,
                                       .currency = currency_,
                                       .limit = command.limit,
                                       .is_hard = command.is_hard,
                                       .period = command.period,
                                       .zone = command.zone,
                                       .thresholds = command.thresholds});
  if (!set.has_value()) return std::unexpected(set.error());
  return Answer{};
}

ledger::Answer<Answer> Core::carry_out(const SetKey& command, const Place&, std::string_view by) {
  if (!by.empty() && !keys_.contains(command.key) &&
      key_makers_.try_emplace(command.key, by).second) {
    new_key_makers_.insert(command.key);
  }
  changed_keys_.insert(command.key);
  if (command.record.empty()) {
    keys_.erase(command.key);
  } else {
    keys_[command.key] = command.record;
  }
  return Answer{};
}

ledger::Answer<Answer> Core::carry_out(const Correct&, const Place&) { return Answer{}; }

ledger::Answer<Answer> Core::carry_out(const PublishPrices& command, const Place& place) {
  published_.push_back(
      std::make_shared<PublishedPrices>(PublishedPrices{place.sequence, place.received, command}));
  return Answer{};
}

ledger::Id hold_id(std::string_view hold) { return ledger::id_of({"hold", hold}); }

ledger::Id command_id(std::string_view command, std::string_view id) {
  return ledger::id_of({command, id});
}

}  // namespace steelyard::core
