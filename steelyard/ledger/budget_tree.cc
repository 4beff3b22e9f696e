#include "steelyard/ledger/budget_tree.h"

#include <algorithm>

#include "steelyard/ledger/totals.h"

namespace steelyard::ledger {
namespace {

using money::Decimal;

constexpr Decimal sum_max = Decimal::from_scaled(static_cast<money::int128>(total_max));

Refused refused(Refusal why) { return {.why = why}; }

/// The least spending that is `percent` of the limit, in whole 10^-12.
Decimal part_of(Decimal limit, std::uint16_t percent) {
  return Decimal::from_scaled((limit.scaled() * percent + 99) / 100);
}

bool has_valid_thresholds(const SetBudget& command) {
  if (command.thresholds.size() > thresholds_max) return false;
  if (!command.thresholds.empty() && !command.limit) return false;
  std::uint16_t last = 0;
  for (const std::uint16_t percent : command.thresholds) {
    if (percent <= last || percent > threshold_percent_max) return false;
    last = percent;
  }
  return true;
}

}  // namespace

std::string_view name_of(Period period) {
  switch (period) {
    case Period::day: return "day";
    case Period::month: return "month";
    case Period::total: return "total";
  }
  base::check_failed("every period has a name", __FILE__, __LINE__);
}

std::optional<std::uint32_t> BudgetTree::zone_of(std::string_view name) {
  for (std::uint32_t i = 0; i < zones_.size(); ++i) {
    if (zones_[i].name == name) return i;
  }
  if (name.size() > NameIndex::bytes_max) return std::nullopt;
  std::string zone(name);
  if (!base::is_fixed_zone(zone) && !base::is_time_zone(zone)) return std::nullopt;
  zones_.push_back({zone, base::Calendar(zone)});
  return static_cast<std::uint32_t>(zones_.size() - 1);
}

void BudgetTree::set_zone_rules(base::SharedZoneRules rules) {
  const auto known = std::ranges::find(zones_, rules->zone, &Zone::name);
  if (known != zones_.end()) {
    known->calendar = base::Calendar(std::move(rules));
  } else {
    zones_.push_back({rules->zone, base::Calendar(rules)});
  }
}

std::vector<std::string> BudgetTree::zones() const {
  std::vector<std::string> names;
  for (const Zone& zone : zones_) names.push_back(zone.name);
  return names;
}

/// Those that were reported in a window stay reported.
void BudgetTree::set_thresholds(Node& node, const SetBudget& command) {
  const std::array<std::uint16_t, thresholds_max> old = node.percents;
  const int old_count = node.threshold_count;
  node.threshold_count = static_cast<std::uint8_t>(command.thresholds.size());
  node.percents = {};
  node.thresholds = {};
  for (std::size_t i = 0; i < command.thresholds.size(); ++i) {
    node.percents[i] = command.thresholds[i];
    node.thresholds[i] = part_of(node.limit, command.thresholds[i]);
  }
  for (BudgetWindow* window : {&node.current, &node.previous}) {
    std::uint8_t crossed = 0;
    for (int i = 0; i < old_count; ++i) {
      if ((window->crossed >> i & 1) == 0) continue;
      const auto begin = node.percents.begin();
      const auto found =
          std::find(begin, begin + node.threshold_count, old[static_cast<std::size_t>(i)]);
      if (found != begin + node.threshold_count) {
        crossed = static_cast<std::uint8_t>(crossed | 1U << (found - begin));
      }
    }
    window->crossed = crossed;
  }
}

Answer<BudgetId> BudgetTree::set(const SetBudget& command) {
  if (!NameIndex::is_valid(command.name)) {
    return std::unexpected(refused(Refusal::name_is_invalid));
  }
  if (command.limit && (*command.limit <= Decimal() || *command.limit > amount_max)) {
    return std::unexpected(refused(Refusal::amount_out_of_range));
  }
  if (!has_valid_thresholds(command)) {
    return std::unexpected(refused(Refusal::threshold_out_of_range));
  }
  if (const auto why = check(command.parent, command.tenant, command.currency)) {
    return std::unexpected(refused(*why));
  }
  const int depth = command.parent == no_budget ? 1 : nodes_[index(command.parent)].depth + 1;
  if (depth > budget_depth_max) return std::unexpected(refused(Refusal::budget_conflict));

  const std::optional<BudgetId> known = find(command.tenant, command.name);
  if (known) {
    const Node& node = nodes_[index(*known)];
    if (node.parent != command.parent || node.currency != command.currency) {
      return std::unexpected(refused(Refusal::budget_conflict));
    }
  }
  const std::optional<std::uint32_t> zone = zone_of(command.zone);
  if (!zone) return std::unexpected(refused(Refusal::unknown_time_zone));

  const std::uint32_t number = known ? index(*known) : nodes_.add();
  Node& node = nodes_[number];
  if (!known) {
    node.number = number;
    node.tenant = command.tenant;
    node.parent = command.parent;
    node.depth = static_cast<std::uint8_t>(depth);
    node.currency = command.currency;
    node.name = command.name;
    node.is_set = true;
    names_.add(command.tenant, {}, command.name, number);
  } else if (node.period != command.period || node.zone != *zone) {
    node.current = {};
    node.previous = {};
  }
  node.period = command.period;
  node.zone = *zone;
  node.has_limit = command.limit.has_value();
  node.limit = command.limit.value_or(Decimal());
  node.is_hard = command.is_hard;
  set_thresholds(node, command);
  nodes_.touch(number);
  return BudgetId{number};
}

std::optional<BudgetId> BudgetTree::find(std::uint32_t tenant, std::string_view name) const {
  const std::optional<std::uint32_t> number = names_.find(tenant, {}, name);
  if (!number) return std::nullopt;
  return BudgetId{*number};
}

BudgetView BudgetTree::view(BudgetId budget) const {
  STEELYARD_CHECK(contains(budget));
  const Node& node = nodes_[index(budget)];
  return {.tenant = node.tenant,
          .name = node.name,
          .parent = node.parent,
          .currency = node.currency,
          .limit = node.has_limit ? std::optional(node.limit) : std::nullopt,
          .is_hard = node.is_hard,
          .period = node.period,
          .zone = zones_[node.zone].name,
          .thresholds = {node.percents.begin(), node.percents.begin() + node.threshold_count},
          .reserved = node.reserved,
          .current = node.current,
          .previous = node.previous};
}

std::optional<Refusal> BudgetTree::check(BudgetId budget, std::uint32_t tenant,
                                         const money::Currency& currency) const {
  if (budget == no_budget) return std::nullopt;
  if (!contains(budget) || nodes_[index(budget)].tenant != tenant) return Refusal::unknown_budget;
  if (nodes_[index(budget)].currency != currency) return Refusal::currency_mismatch;
  return std::nullopt;
}

/// Without opening a window: one that no fact fell into yet has nothing spent. Of a time older
/// than is known, the current window decides.
Decimal BudgetTree::spent_at(const Node& node, std::int64_t second) {
  if (node.current.contains(second)) [[likely]]
    return node.current.spent;
  if (second >= node.current.to) return {};
  if (node.previous.contains(second)) return node.previous.spent;
  if (second >= node.previous.to) return {};
  return node.current.spent;
}

std::optional<Refused> BudgetTree::refuses_hold(BudgetId budget, Decimal amount,
                                                std::int64_t second) const {
  for (; budget != no_budget; budget = nodes_[index(budget)].parent) {
    const Node& node = nodes_[index(budget)];
    if (!node.has_limit || !node.is_hard) continue;
    const Decimal available = node.limit - spent_at(node, second) - node.reserved;
    if (available < amount) {
      return Refused{.why = Refusal::budget_exceeded,
                     .budget = budget,
                     .asked = amount,
                     .available = available};
    }
  }
  return std::nullopt;
}

/// The node alone: those above it are shared by many, and so in the cache already.
void BudgetTree::prefetch(BudgetId budget) const {
  if (!contains(budget)) return;
  const char* const node = reinterpret_cast<const char*>(&nodes_[index(budget)]);
  for (std::size_t i = 0; i < 256; i += 64) __builtin_prefetch(node + i, 1);
}

bool BudgetTree::has_room(BudgetId budget, Decimal amount) const {
  const auto fits = [&](Decimal sum) {
    return sum + amount <= sum_max && sum + amount >= -sum_max;
  };
  for (; budget != no_budget; budget = nodes_[index(budget)].parent) {
    const Node& node = nodes_[index(budget)];
    if (!fits(node.reserved) || !fits(node.current.spent) || !fits(node.previous.spent)) {
      return false;
    }
  }
  return true;
}

void BudgetTree::reserve(BudgetId budget, Decimal amount) {
  for (; budget != no_budget; budget = nodes_[index(budget)].parent) {
    Node& node = nodes_[index(budget)];
    node.reserved += amount;
    STEELYARD_CHECK(!node.reserved.is_negative());
    nodes_.touch(index(budget));
  }
}

BudgetWindow BudgetTree::new_window(const Node& node, std::int64_t second) {
  base::Slot slot{std::numeric_limits<std::int64_t>::min(),
                  std::numeric_limits<std::int64_t>::max()};
  base::Calendar& calendar = zones_[node.zone].calendar;
  if (node.period == Period::day) slot = calendar.day(second);
  if (node.period == Period::month) slot = calendar.month(second);
  BudgetWindow window;
  window.from = slot.from;
  window.to = slot.to;
  return window;
}

/// None: older than both windows.
BudgetWindow* BudgetTree::window_at(Node& node, std::int64_t second) {
  if (node.current.contains(second)) [[likely]]
    return &node.current;
  if (second >= node.current.to) {
    node.previous = node.current;
    node.current = new_window(node, second);
    return &node.current;
  }
  if (node.previous.contains(second)) return &node.previous;
  if (second >= node.previous.to) {
    node.previous = new_window(node, second);
    return &node.previous;
  }
  return nullptr;
}

void BudgetTree::cross(const Node& node, BudgetWindow& window, base::Instant at, const Cause& cause,
                       const std::function<void(const Crossing&)>& crossing) {
  for (std::size_t i = 0; i < node.threshold_count; ++i) {
    if (window.spent < node.thresholds[i]) return;
    if ((window.crossed >> i & 1) != 0) continue;
    window.crossed = static_cast<std::uint8_t>(window.crossed | 1U << i);
    if (!crossing) continue;
    crossing({.tenant = node.tenant,
              .budget = BudgetId{node.number},
              .percent = node.percents[i],
              .limit = node.limit,
              .spent = window.spent,
              .window_from = window.from,
              .window_to = window.to,
              .at = at,
              .cause = cause});
  }
}

bool BudgetTree::spend(BudgetId budget, Decimal amount, base::Instant at, const Cause& cause,
                       const std::function<void(const Crossing&)>& crossing) {
  bool is_placed = true;
  for (; budget != no_budget; budget = nodes_[index(budget)].parent) {
    Node& node = nodes_[index(budget)];
    BudgetWindow* const window = window_at(node, at.seconds);
    if (window == nullptr) {
      is_placed = false;
      continue;
    }
    window->spent += amount;
    nodes_.touch(index(budget));
    cross(node, *window, at, cause, crossing);
  }
  return is_placed;
}

std::optional<std::string> BudgetTree::imbalance(const std::vector<Decimal>& reserved_at) const {
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].reserved == reserved_at[i]) continue;
    return "budget " + nodes_[i].name + " has " + nodes_[i].reserved.to_text() +
           " reserved, its open holds are " + reserved_at[i].to_text();
  }
  return std::nullopt;
}

void BudgetTree::add_up(BudgetId budget, Decimal amount, std::vector<Decimal>& sums) const {
  for (; budget != no_budget; budget = nodes_[index(budget)].parent) sums[index(budget)] += amount;
}

}  // namespace steelyard::ledger
