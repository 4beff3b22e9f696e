// Any sequence of commands against a naive ledger of maps and plain sums, written from the rules
// (decision 0010 and the comments of ledger.h) and not from the code.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "steelyard/ledger/books_for_tests.h"
#include "steelyard/ledger/ledger.h"

namespace steelyard::ledger {
namespace {

using money::Decimal;
using Number = std::int64_t;  // Of 10^-12.

constexpr std::int64_t day = 86'400;
constexpr std::int64_t first_second = 1'795'000'000 / day * day;
constexpr Number key_limit = 30;
constexpr Number organisation_limit = 50;
const std::vector<std::uint16_t> percents = {50, 100};
const Options options{.hold_memory_micros = 30 * day * 1'000'000};

Decimal amount_of(Number number) { return Decimal::from_scaled(number); }
Number number_of(Decimal amount) { return static_cast<Number>(amount.scaled()); }

enum class Step {
  top_up,
  grant,
  charge,
  fall,
  authorise,
  settle,
  settle_part,
  late_usage,
  release,
  refund_top_up,
  refund_charge,
  pay,
  limit,
  tick,
  again,
  count
};

/// One step, made of numbers from 0 to 255 so that it can be shrunk.
struct Command {
  Step step;
  std::size_t who;
  Number amount;
  int name;  // Of a hold, or which earlier command is meant.
  int more;
  std::int64_t second;
  std::size_t number;   // Makes its origin.
  std::size_t arrival;  // Makes its cause.
};

// The naive ledger.

struct ModelGrant {
  Number left;
  int priority;
  std::int64_t from;
  std::int64_t to;
  std::string scope;
  bool is_gone = false;
};
struct ModelHold {
  std::string state = "open";
  Number asked = 0;
  Number left = 0;
  std::int64_t expires = 0;
  std::set<std::size_t> endings = {};
  bool is_settled_late = false;
};
struct ModelOriginal {
  Number amount;
  Number given_back = 0;
};
struct ModelCustomer {
  Number prepaid = 0;
  Number receivable = 0;
  Number limit = 0;
  std::map<Id, ModelGrant> grants;
  std::map<int, ModelHold> holds;
  std::map<std::size_t, ModelOriginal> top_ups;
  std::map<std::size_t, ModelOriginal> charges;
  std::map<std::int64_t, Number> spent_by_key;
  std::set<std::tuple<bool, std::int64_t, int>> crossed;  // Of its key.

  Number reserved() const {
    Number sum = 0;
    for (const auto& [name, hold] : holds) sum += hold.left;
    return sum;
  }
  Number usable(std::int64_t at, const std::string& item) const {
    Number sum = 0;
    for (const auto& [id, grant] : grants) sum += is_usable(grant, at, item) ? grant.left : 0;
    return sum;
  }
  static bool is_usable(const ModelGrant& grant, std::int64_t at, const std::string& item) {
    return grant.from <= at && at < grant.to &&
           item.compare(0, grant.scope.size(), grant.scope) == 0;
  }
  Number available(std::int64_t at, const std::string& item) const {
    return prepaid + usable(at, item) + limit - receivable - reserved();
  }
  void use(Number amount, std::int64_t at, const std::string& item) {
    std::vector<std::tuple<int, std::int64_t, Id>> order;
    for (const auto& [id, grant] : grants) {
      if (is_usable(grant, at, item)) order.emplace_back(grant.priority, grant.to, id);
    }
    std::sort(order.begin(), order.end());
    for (const auto& [priority, to, id] : order) {
      const Number part = std::min(amount, grants[id].left);
      grants[id].left -= part;
      amount -= part;
    }
    const Number paid = std::min(amount, prepaid);
    prepaid -= paid;
    receivable += amount - paid;
  }
  void give_back(Number amount) {
    const Number settled = std::min(amount, std::max<Number>(receivable, 0));
    receivable -= settled;
    prepaid += amount - settled;
  }
};

std::int64_t day_of(std::int64_t second) { return second / day; }

/// The customers, each a key below the organisation of its tenant: 0 and 1 are of tenant 0.
struct Model {
  std::vector<ModelCustomer> customers = std::vector<ModelCustomer>(3);
  std::int64_t last_tick = 0;

  std::vector<std::size_t> of_tenant(std::size_t who) const {
    return who == 2 ? std::vector<std::size_t>{2} : std::vector<std::size_t>{0, 1};
  }
  Number organisation_spent(std::size_t who, std::int64_t at) {
    Number sum = 0;
    for (const std::size_t each : of_tenant(who)) sum += customers[each].spent_by_key[day_of(at)];
    return sum;
  }
  Number organisation_reserved(std::size_t who) const {
    Number sum = 0;
    for (const std::size_t each : of_tenant(who)) sum += customers[each].reserved();
    return sum;
  }
};

/// The ledger under test, what it told, and how commands reach it.
struct Real {
  struct Told {
    std::map<std::tuple<std::uint32_t, Account, Layer>, Number> sums;  // Debits less credits.
    std::map<std::pair<std::uint32_t, Id>, int> opened;
    std::set<std::tuple<std::string, std::int64_t, int>> crossings;
    std::size_t crossing_count = 0;
    bool is_balanced = true;
  };
  std::shared_ptr<Told> told = std::make_shared<Told>();
  std::unique_ptr<Ledger> ledger;
  std::vector<WalletId> wallets;
  std::vector<BudgetId> keys;
  std::map<std::string, std::string> kept;

  static std::uint32_t tenant_of(std::size_t who) { return who == 2 ? 1 : 0; }
  static std::string name_of_customer(std::size_t who) { return who == 1 ? "other" : "acme"; }

  std::unique_ptr<Ledger> make() {
    return std::make_unique<Ledger>(
        options, Observer{.entry = [told = told](const Entry& entry) { note(*told, entry); },
                          .crossing =
                              [this](const Crossing& crossing) {
                                ++told->crossing_count;
                                told->crossings.emplace(ledger->budget(crossing.budget).name,
                                                        crossing.window_from, crossing.percent);
                              }});
  }
  static void note(Told& told, const Entry& entry) {
    std::map<Layer, Number> sums;
    for (const Posting& posting : entry.postings) {
      const Number debit = number_of(posting.amount) * (posting.side == Side::debit ? 1 : -1);
      sums[posting.layer] += debit;
      const std::uint32_t owner = is_of_house(posting.account)
                                      ? 1'000 + entry.tenant
                                      : static_cast<std::uint32_t>(entry.wallet);
      told.sums[{owner, posting.account, posting.layer}] += debit;
      told.is_balanced &= posting.amount > Decimal();
    }
    for (const auto& [layer, sum] : sums) told.is_balanced &= sum == 0;
    if (entry.kind == EntryKind::hold_open) ++told.opened[{entry.tenant, entry.origin}];
  }

  explicit Real(const std::vector<std::size_t>& present = {0, 1, 2}) : wallets(3), keys(3) {
    ledger = make();
    for (const std::size_t who : present) {
      const std::uint32_t tenant = tenant_of(who);
      const auto node = [&](const std::string& name, BudgetId parent, Number limit) {
        return ledger
            ->set_budget({.tenant = tenant,
                          .name = name,
                          .parent = parent,
                          .currency = cny,
                          .limit = amount_of(limit),
                          .period = Period::day,
                          .thresholds = percents})
            .value();
      };
      const BudgetId organisation =
          node("organisation-" + std::to_string(tenant), no_budget, organisation_limit);
      keys[who] = node("key-" + std::to_string(who), organisation, key_limit);
      wallets[who] = ledger->open_wallet(tenant, name_of_customer(who), cny, {}).value();
    }
  }

  void keep() {
    ledger->for_each_changed([&](std::string_view key, std::optional<std::string_view> value) {
      if (value) {
        kept[std::string(key)] = *value;
      } else {
        kept.erase(std::string(key));
      }
    });
  }
  std::map<std::string, std::string> snapshot() const {
    std::map<std::string, std::string> all;
    ledger->snapshot([&](std::string_view key, std::optional<std::string_view> value) {
      all[std::string(key)] = *value;
    });
    return all;
  }
  void restart() {
    keep();
    RC_ASSERT(kept == snapshot());
    ledger = make();
    for (const auto& [key, value] : kept) RC_ASSERT(ledger->restore(key, value).has_value());
    const auto finished = ledger->finish_restore();
    if (!finished) RC_FAIL(finished.error().detail);
    RC_ASSERT(kept == snapshot());
    ledger->for_each_changed([](std::string_view, std::optional<std::string_view>) {
      RC_FAIL("what was restored did not change");
    });
  }
};

Id origin_of(std::size_t number) { return {77, number + 1}; }
Id hold_id(std::size_t who, int name) {
  return {88, static_cast<std::uint64_t>(name) * 3 + who + 1};
}
std::string item_of(int more) { return more % 2 == 0 ? "a/input" : "b/input"; }

/// What a command answered: its refusal, or that it did something or nothing.
struct Said {
  std::string refusal = "none";
  bool is_repeat = false;
  bool operator==(const Said&) const = default;
};

template <class T>
Said said(const Answer<T>& answer) {
  if (!answer) return {std::string(name_of(answer.error().why)), false};
  return {"none", answer->is_repeat};
}

Charge charge_for(const Real& real, const Command& command, Number amount) {
  Charge charge{.wallet = real.wallets[command.who],
                .amount = amount_of(amount),
                .at = {command.second, 0},
                .origin = origin_of(command.number),
                .cause = {command.arrival, 0}};
  charge.budget = real.keys[command.who];
  return charge;
}

/// `command.name` of a refund says which origin is meant.
Said carry_out(Real& real, const Command& command) {
  Ledger& ledger = *real.ledger;
  const WalletId wallet = real.wallets[command.who];
  const base::Instant at{command.second, 0};
  const Id origin = origin_of(command.number);
  const Cause cause{command.arrival, 0};
  switch (command.step) {
    case Step::top_up:
      return said(ledger.top_up({wallet, amount_of(command.amount), at, origin, cause}));
    case Step::grant: {
      Grant grant{.wallet = wallet,
                  .amount = amount_of(command.amount),
                  .effective_at = {first_second + command.more % 3 * day / 2, 0},
                  .expires_at = {first_second + command.more % 5 * day / 2 + 2 * day, 0},
                  .at = at,
                  .origin = origin,
                  .cause = cause};
      grant.priority = static_cast<std::uint16_t>(command.more % 2);
      grant.scope = command.more % 4 == 0 ? "a/" : "";
      return said(ledger.grant(grant));
    }
    case Step::charge:
    case Step::fall: {
      Charge charge =
          charge_for(real, command, command.step == Step::fall ? -command.amount : command.amount);
      const std::string item = item_of(command.more);
      charge.item = item;
      return said(ledger.charge(charge));
    }
    case Step::authorise: {
      Authorise hold{.wallet = wallet,
                     .amount = amount_of(command.amount),
                     .ttl_micros = std::int64_t{command.more + 1} * 600 * 1'000'000,
                     .at = at,
                     .hold = hold_id(command.who, command.name),
                     .cause = cause,
                     .budget = real.keys[command.who]};
      const std::string item = item_of(command.more);
      hold.item = item;
      return said(ledger.authorise(hold));
    }
    case Step::settle:
    case Step::settle_part:
    case Step::late_usage: {
      Charge charge = charge_for(real, command, command.amount);
      charge.hold = hold_id(command.who, command.name);
      charge.ends_hold = command.step != Step::settle_part;
      return said(command.step == Step::late_usage ? ledger.charge(charge) : ledger.settle(charge));
    }
    case Step::release:
      return said(ledger.release(
          {Real::tenant_of(command.who), hold_id(command.who, command.name), at, origin, cause}));
    case Step::refund_top_up:
    case Step::refund_charge: {
      Refund refund{.wallet = wallet,
                    .amount = amount_of(command.amount),
                    .original = origin_of(static_cast<std::size_t>(command.name)),
                    .at = at,
                    .origin = origin,
                    .cause = cause};
      if (command.step == Step::refund_charge) refund.original_amount = amount_of(command.more);
      return said(ledger.refund(refund));
    }
    case Step::pay: {
      const std::vector<Posting> postings = {{.account = Account::cash_clearing,
                                              .side = Side::debit,
                                              .amount = amount_of(command.amount)},
                                             {.account = Account::receivable,
                                              .side = Side::credit,
                                              .amount = amount_of(command.amount)}};
      return said(ledger.adjust(
          {.wallet = wallet, .postings = postings, .at = at, .origin = origin, .cause = cause}));
    }
    case Step::limit: {
      const auto set =
          ledger.open_wallet(Real::tenant_of(command.who), Real::name_of_customer(command.who), cny,
                             {.postpaid_limit = amount_of(command.more % 100)});
      RC_ASSERT(set.value() == wallet);
      return {};
    }
    case Step::tick: ledger.tick({at, cause}); return {};
    case Step::again:
    case Step::count: break;
  }
  return {};
}

void spend(Model& model, const Command& command, Number amount) {
  ModelCustomer& customer = model.customers[command.who];
  const std::int64_t on = day_of(command.second);
  customer.spent_by_key[on] += amount;
  if (amount == 0) return;
  for (const std::uint16_t percent : percents) {
    if (customer.spent_by_key[on] * 100 >= key_limit * percent) {
      customer.crossed.emplace(true, on, percent);
    }
    if (model.organisation_spent(command.who, command.second) * 100 >=
        organisation_limit * percent) {
      model.customers[model.of_tenant(command.who)[0]].crossed.emplace(false, on, percent);
    }
  }
}

std::string settle(Model& model, const Command& command) {
  ModelCustomer& customer = model.customers[command.who];
  const auto found = customer.holds.find(command.name);
  const bool is_usage = command.step == Step::late_usage;
  if (found == customer.holds.end()) {
    if (!is_usage) return "unknown_hold";
    customer.use(command.amount, command.second, "");
    spend(model, command, command.amount);
    customer.charges[command.number] = {command.amount};
    return "none";
  }
  ModelHold& hold = found->second;
  const bool is_late = hold.state == "expired" && !hold.is_settled_late;
  if (!is_usage && hold.state != "open" && !is_late) return "hold_not_open";
  const bool ends = command.step != Step::settle_part;
  if (hold.state == "open") {
    hold.left -= ends ? hold.left : std::min(hold.left, command.amount);
    if (ends) hold.state = "captured";
    if (ends) hold.endings.insert(command.number);
  } else if (is_late && ends) {
    hold.is_settled_late = true;
  }
  customer.use(command.amount, command.second, "");
  spend(model, command, command.amount);
  customer.charges[command.number] = {command.amount};
  return "none";
}

std::string authorise(Model& model, const Command& command) {
  ModelCustomer& customer = model.customers[command.who];
  const std::string item = item_of(command.more);
  if (customer.available(command.second, item) < command.amount) return "insufficient_balance";
  const bool is_over_key =
      customer.spent_by_key[day_of(command.second)] + customer.reserved() + command.amount >
      key_limit;
  const bool is_over_all = model.organisation_spent(command.who, command.second) +
                               model.organisation_reserved(command.who) + command.amount >
                           organisation_limit;
  if (is_over_key || is_over_all) return "budget_exceeded";
  customer.holds[command.name] = {.asked = command.amount,
                                  .left = command.amount,
                                  .expires = command.second + (command.more + 1) * 600};
  return "none";
}

std::string refund(Model& model, const Command& command) {
  ModelCustomer& customer = model.customers[command.who];
  const bool is_top_up = command.step == Step::refund_top_up;
  auto& originals = is_top_up ? customer.top_ups : customer.charges;
  ModelOriginal& original = originals.at(static_cast<std::size_t>(command.name));
  if (original.given_back + command.amount > original.amount) return "refund_exceeds_original";
  if (is_top_up) {
    if (command.amount > std::min(customer.prepaid, customer.available(command.second, ""))) {
      return "insufficient_balance";
    }
    customer.prepaid -= command.amount;
  } else {
    customer.give_back(command.amount);
  }
  original.given_back += command.amount;
  return "none";
}

/// What the naive ledger answers to a command that it sees for the first time.
std::string carry_out(Model& model, const Command& command) {
  ModelCustomer& customer = model.customers[command.who];
  switch (command.step) {
    case Step::top_up:
      customer.prepaid += command.amount;
      customer.top_ups[command.number] = {command.amount};
      return "none";
    case Step::grant:
      customer.grants[origin_of(command.number)] = {
          .left = command.amount,
          .priority = command.more % 2,
          .from = first_second + command.more % 3 * day / 2,
          .to = first_second + command.more % 5 * day / 2 + 2 * day,
          .scope = command.more % 4 == 0 ? "a/" : ""};
      return "none";
    case Step::charge:
      customer.use(command.amount, command.second, item_of(command.more));
      spend(model, command, command.amount);
      customer.charges[command.number] = {command.amount};
      return "none";
    case Step::fall:
      customer.give_back(command.amount);
      spend(model, command, -command.amount);
      return "none";
    case Step::authorise: return authorise(model, command);
    case Step::settle:
    case Step::settle_part:
    case Step::late_usage: return settle(model, command);
    case Step::release: {
      const auto found = customer.holds.find(command.name);
      if (found == customer.holds.end()) return "unknown_hold";
      if (found->second.state != "open") return "hold_not_open";
      found->second.state = "released";
      found->second.left = 0;
      found->second.endings.insert(command.number);
      return "none";
    }
    case Step::refund_top_up:
    case Step::refund_charge: return refund(model, command);
    case Step::pay: customer.receivable -= command.amount; return "none";
    case Step::limit: customer.limit = command.more % 100; return "none";
    case Step::tick:
      if (command.second <= model.last_tick) return "none";
      model.last_tick = command.second;
      for (ModelCustomer& each : model.customers) {
        for (auto& [name, hold] : each.holds) {
          if (hold.state != "open" || hold.expires > command.second) continue;
          hold.state = "expired";
          hold.left = 0;
          hold.endings.insert(command.number);
        }
        for (auto& [id, grant] : each.grants) {
          if (grant.to <= command.second) grant.left = 0;
        }
      }
      return "none";
    case Step::again:
    case Step::count: break;
  }
  return "none";
}

void compare(const Real& real, Model& model, std::int64_t now,
             const std::vector<std::size_t>& present = {0, 1, 2}) {
  const Ledger& ledger = *real.ledger;
  RC_ASSERT(ledger.imbalance().value_or("") == "");
  RC_ASSERT(real.told->is_balanced);
  for (const std::size_t who : present) {
    const ModelCustomer& customer = model.customers[who];
    const Balance balance = ledger.balance(real.wallets[who], {now, 0});
    RC_ASSERT(number_of(balance.prepaid) == customer.prepaid);
    RC_ASSERT(number_of(balance.receivable) == customer.receivable);
    RC_ASSERT(number_of(balance.reserved) == customer.reserved());
    RC_ASSERT(number_of(balance.promo_usable) == customer.usable(now, ""));
    RC_ASSERT(number_of(balance.available) == customer.available(now, ""));
    for (const auto& [id, grant] : customer.grants) {
      RC_ASSERT(number_of(ledger.find_grant(Real::tenant_of(who), id)->remaining) == grant.left);
    }
    for (const auto& [name, hold] : customer.holds) {
      const auto view = ledger.hold(Real::tenant_of(who), hold_id(who, name));
      RC_ASSERT(view.has_value());
      RC_ASSERT(std::string(name_of(view->state)) == hold.state);
      RC_ASSERT(number_of(view->reserved) == hold.left);
      RC_ASSERT(hold.endings.size() == (hold.state == "open" ? 0U : 1U));
      RC_ASSERT((real.told->opened[{Real::tenant_of(who), hold_id(who, name)}]) == 1);
    }
    const BudgetView key = ledger.budget(real.keys[who]);
    RC_ASSERT(number_of(key.reserved) == customer.reserved());
    for (const BudgetWindow& window : {key.current, key.previous}) {
      if (window.from == window.to) continue;
      const auto spent = customer.spent_by_key.find(day_of(window.from));
      RC_ASSERT(number_of(window.spent) ==
                (spent == customer.spent_by_key.end() ? 0 : spent->second));
    }
    // The journal alone gives the balances, and so do the totals.
    const auto wallet = static_cast<std::uint32_t>(real.wallets[who]);
    auto& sums = real.told->sums;
    RC_ASSERT((sums[{wallet, Account::prepaid, Layer::posted}]) == -customer.prepaid);
    RC_ASSERT((sums[{wallet, Account::receivable, Layer::posted}]) == customer.receivable);
    RC_ASSERT((sums[{wallet, Account::reserved, Layer::pending}]) == -customer.reserved());
    for (int each = 4; each < 12; ++each) {
      const auto account = static_cast<Account>(each);
      RC_ASSERT((sums[{1'000 + Real::tenant_of(who), account, Layer::posted}]) ==
                number_of(ledger.totals(real.wallets[who], account).debit_balance()));
    }
  }
  std::size_t crossing_count = 0;
  for (const std::size_t who : present) crossing_count += model.customers[who].crossed.size();
  RC_ASSERT(real.told->crossing_count == crossing_count);
  RC_ASSERT(real.told->crossings.size() == crossing_count);
}

/// A command from six numbers, after those that were carried out before.
Command command_of(const int* numbers, std::size_t number, std::int64_t& now, Model& model) {
  Command command{};
  // Holds are the most that happens.
  constexpr int plain_steps = static_cast<int>(Step::count);
  const int step = numbers[0] % (plain_steps + 9);
  command.step = static_cast<Step>(step);
  if (step >= plain_steps) command.step = step % 2 == 0 ? Step::authorise : Step::settle_part;
  if (step >= plain_steps + 5) command.step = step % 2 == 0 ? Step::settle : Step::release;
  command.who = static_cast<std::size_t>(numbers[1] % 3);
  const bool is_small = command.step == Step::authorise || command.step == Step::settle_part;
  command.amount = 1 + numbers[2] % (is_small ? 12 : command.step == Step::top_up ? 120 : 40);
  command.name = numbers[3] % 16;
  command.more = numbers[4];
  command.number = number;
  command.arrival = number + 1;
  now += numbers[5] % 4 == 0 ? numbers[5] * 60 : numbers[5] % 16;
  command.second = now;
  // Facts come late by up to half a day.
  const bool may_be_late = command.step == Step::charge || command.step == Step::fall;
  if (may_be_late && numbers[5] % 5 == 0) command.second -= numbers[4] * 160;
  const auto choose = [&](const std::map<std::size_t, ModelOriginal>& originals) {
    if (originals.empty()) {
      command.step = Step::top_up;
      return originals.end();
    }
    return std::next(originals.begin(), numbers[3] % static_cast<int>(originals.size()));
  };
  const ModelCustomer& customer = model.customers[command.who];
  const bool names_hold = command.step == Step::settle || command.step == Step::settle_part ||
                          command.step == Step::late_usage || command.step == Step::release;
  if (names_hold && !customer.holds.empty() && numbers[3] % 8 != 0) {
    const int at = numbers[3] / 8 % static_cast<int>(customer.holds.size());
    command.name = std::next(customer.holds.begin(), at)->first;
  }
  if (command.step == Step::refund_top_up) {
    const auto original = choose(customer.top_ups);
    if (original != customer.top_ups.end()) command.name = static_cast<int>(original->first);
  }
  if (command.step == Step::refund_charge) {
    const auto original = choose(customer.charges);
    if (original != customer.charges.end()) {
      command.name = static_cast<int>(original->first);
      command.more = static_cast<int>(original->second.amount);
    }
  }
  return command;
}

constexpr int numbers_of_a_step = 6;
std::vector<int> any_steps() {
  const auto count = *rc::gen::inRange<std::size_t>(1, 80);
  return *rc::gen::container<std::vector<int>>(count * numbers_of_a_step, rc::gen::inRange(0, 256));
}

/// A hold's id is taken: a new one with it is a repeat or a conflict, which `again` looks at.
bool is_taken(const Model& model, const Command& command) {
  return command.step == Step::authorise &&
         model.customers[command.who].holds.contains(command.name);
}

RC_GTEST_PROP(LedgerModel, any_commands_give_what_plain_sums_give, ()) {
  const std::vector<int> steps = any_steps();
  Real real;
  Model model;
  std::int64_t now = first_second + day;
  std::vector<Command> done;
  for (std::size_t i = 0; i < steps.size(); i += numbers_of_a_step) {
    const Command command = command_of(&steps[i], i / numbers_of_a_step, now, model);
    if (command.step == Step::again) {
      if (done.empty()) continue;
      const auto before = real.snapshot();
      const Command& earlier = done[static_cast<std::size_t>(command.more) % done.size()];
      RC_ASSERT(carry_out(real, earlier) == (Said{"none", true}));
      RC_ASSERT(real.snapshot() == before);
    } else if (is_taken(model, command)) {
      const auto before = real.snapshot();
      const Said answer = carry_out(real, command);
      RC_ASSERT(answer.refusal == "hold_conflict" || answer.is_repeat);
      RC_ASSERT(real.snapshot() == before);
    } else {
      const auto before = real.snapshot();
      const Said answer = carry_out(real, command);
      RC_ASSERT(answer == (Said{carry_out(model, command), false}));
      if (answer.refusal != "none") RC_ASSERT(real.snapshot() == before);
      if (command.step == Step::authorise && answer.refusal == "none") {
        RC_ASSERT(model.customers[command.who].available(command.second, item_of(command.more)) >=
                  0);
      }
      const bool is_repeatable = command.step != Step::limit && command.step != Step::tick;
      if (answer.refusal == "none" && is_repeatable) done.push_back(command);
    }
    compare(real, model, now);
  }
}

RC_GTEST_PROP(LedgerModel, a_restart_at_any_point_changes_nothing, ()) {
  const std::vector<int> steps = any_steps();
  const auto restarts = *rc::gen::container<std::set<std::size_t>>(
      3, rc::gen::inRange<std::size_t>(0, steps.size() / numbers_of_a_step + 3));
  Real real;
  Real steady;
  Model model;
  std::vector<Command> done;
  std::int64_t now = first_second + day;
  for (std::size_t i = 0; i < steps.size(); i += numbers_of_a_step) {
    if (restarts.contains(i / numbers_of_a_step)) real.restart();
    const Command command = command_of(&steps[i], i / numbers_of_a_step, now, model);
    const bool is_again = command.step == Step::again && !done.empty();
    const Command& asked =
        is_again ? done[static_cast<std::size_t>(command.more) % done.size()] : command;
    const Said answer = carry_out(real, asked);
    RC_ASSERT(answer == carry_out(steady, asked));
    if (answer.refusal == "none" && !answer.is_repeat) {
      carry_out(model, asked);
      done.push_back(asked);
    }
    RC_ASSERT(real.snapshot() == steady.snapshot());
  }
  RC_ASSERT(real.told->sums == steady.told->sums);
  RC_ASSERT(real.told->crossings == steady.told->crossings);
  RC_ASSERT(real.told->crossing_count == steady.told->crossing_count);
}

/// The twins: customer 2 has a tenant of its own. With the others or without, it hears the same.
RC_GTEST_PROP(LedgerModel, a_tenant_does_not_notice_others, ()) {
  const std::vector<int> steps = any_steps();
  Real all;
  Real alone({2});
  Model model;
  std::int64_t now = first_second + day;
  for (std::size_t i = 0; i < steps.size(); i += numbers_of_a_step) {
    const Command command = command_of(&steps[i], i / numbers_of_a_step, now, model);
    const Said answer = carry_out(all, command);
    if (command.who == 2 || command.step == Step::tick) {
      RC_ASSERT(answer == carry_out(alone, command));
    }
    if (answer.refusal == "none" && !is_taken(model, command)) carry_out(model, command);
  }
  const Balance a = all.ledger->balance(all.wallets[2], {now, 0});
  const Balance b = alone.ledger->balance(alone.wallets[2], {now, 0});
  RC_ASSERT(a.prepaid == b.prepaid);
  RC_ASSERT(a.receivable == b.receivable);
  RC_ASSERT(a.available == b.available);
  RC_ASSERT(a.reserved == b.reserved);
  RC_ASSERT(all.ledger->budget(all.keys[2]).current == alone.ledger->budget(alone.keys[2]).current);
  compare(alone, model, now, {2});
}

/// Customers 0 and 2 have no budget in common: their commands may come in any order between each
/// other, with a tick behind all of them.
RC_GTEST_PROP(LedgerModel, the_order_of_two_customers_does_not_matter, ()) {
  const std::vector<int> steps = any_steps();
  Real mixed;
  Model model;
  std::int64_t now = first_second + day;
  std::vector<Command> of_one;
  std::vector<Command> of_two;
  for (std::size_t i = 0; i < steps.size(); i += numbers_of_a_step) {
    const Command command = command_of(&steps[i], i / numbers_of_a_step, now, model);
    if (command.step == Step::tick || command.who == 1) continue;
    (command.who == 0 ? of_one : of_two).push_back(command);
    const Said answer = carry_out(mixed, command);
    if (answer.refusal == "none" && !is_taken(model, command)) carry_out(model, command);
  }
  Real apart;
  std::size_t arrival = 0;
  for (std::vector<Command>* each : {&of_two, &of_one}) {
    for (Command& command : *each) {
      command.arrival = ++arrival;
      carry_out(apart, command);
    }
  }
  for (Real* each : {&mixed, &apart}) each->ledger->tick({{now + 1, 0}, {10'000, 0}});
  // But for the last cause, what they remember is the same to the byte.
  auto of_mixed = mixed.snapshot();
  auto of_apart = apart.snapshot();
  of_mixed.erase("C");
  of_apart.erase("C");
  RC_ASSERT(of_mixed == of_apart);
}

}  // namespace
}  // namespace steelyard::ledger
