// Any sequence of commands against a naive ledger.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "steelyard/ledger/naive_ledger_for_tests.h"
#include "steelyard/ledger/told_ledger_for_tests.h"

namespace steelyard::ledger::model {
namespace {

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
}  // namespace steelyard::ledger::model
