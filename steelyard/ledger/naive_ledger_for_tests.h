#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "steelyard/ledger/ledger.h"

/// A naive ledger of maps and plain sums, written from the rules (decision 0010 and the comments of
/// ledger.h) and not from the code.
namespace steelyard::ledger::model {

using money::Decimal;
using Number = std::int64_t;  // Of 10^-12.

inline constexpr std::int64_t day = 86'400;
inline constexpr std::int64_t first_second = 1'795'000'000 / day * day;
inline constexpr Number key_limit = 30;
inline constexpr Number organisation_limit = 50;
inline const std::vector<std::uint16_t> percents = {50, 100};
inline const Options options{.hold_memory_micros = 30 * day * 1'000'000};

inline Decimal amount_of(Number number) { return Decimal::from_scaled(number); }
inline Number number_of(Decimal amount) { return static_cast<Number>(amount.scaled()); }

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

inline Id origin_of(std::size_t number) { return {77, number + 1}; }
inline Id hold_id(std::size_t who, int name) {
  return {88, static_cast<std::uint64_t>(name) * 3 + who + 1};
}
inline std::string item_of(int more) { return more % 2 == 0 ? "a/input" : "b/input"; }

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

inline std::int64_t day_of(std::int64_t second) { return second / day; }

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

inline void spend(Model& model, const Command& command, Number amount) {
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

inline std::string settle(Model& model, const Command& command) {
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

inline std::string authorise(Model& model, const Command& command) {
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

inline std::string refund(Model& model, const Command& command) {
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
inline std::string carry_out(Model& model, const Command& command) {
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

}  // namespace steelyard::ledger::model
