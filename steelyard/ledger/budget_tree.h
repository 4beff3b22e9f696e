#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/base/calendar.h"
#include "steelyard/base/result.h"
#include "steelyard/ledger/bytes.h"
#include "steelyard/ledger/command.h"
#include "steelyard/ledger/name_index.h"
#include "steelyard/ledger/refusal.h"
#include "steelyard/ledger/shelf.h"

namespace steelyard::ledger {

/// What was spent from one boundary of a budget's period to the next.
struct BudgetWindow {
  std::int64_t from = std::numeric_limits<std::int64_t>::min();  ///< Seconds since 1970.
  std::int64_t to = std::numeric_limits<std::int64_t>::min();    ///< Exclusive. At first: empty.
  money::Decimal spent = {};  ///< Below zero where corrections outweigh.
  std::uint8_t crossed = 0;   ///< A bit for each threshold that was reported.

  bool contains(std::int64_t second) const { return from <= second && second < to; }
  bool operator==(const BudgetWindow&) const = default;
};

/// A budget's spending reached a threshold, for the first time in that window.
struct Crossing {
  std::uint32_t tenant;
  BudgetId budget;
  std::uint16_t percent;
  money::Decimal limit;
  money::Decimal spent;
  std::int64_t window_from;
  std::int64_t window_to;
  base::Instant at;  ///< Of the fact that crossed it.
  Cause cause;
};

struct BudgetView {
  std::uint32_t tenant;
  std::string_view name;
  BudgetId parent;
  money::Currency currency;
  std::optional<money::Decimal> limit;
  bool is_hard;
  Period period;
  std::string_view zone;
  std::vector<std::uint16_t> thresholds;
  money::Decimal reserved;  ///< By open holds, of whatever time.
  BudgetWindow current;     ///< The latest window that a fact fell into.
  BudgetWindow previous;    ///< The one before it; older ones are not known.
};

/// Budgets of organisations, projects and keys: what is spent or held at a node counts on it and
/// on each node above it.
///
/// Spending falls into the window that contains the time of its fact, and into that one only. Two
/// windows of a node are remembered: the latest that a fact fell into, and the one before; older
/// facts count no more. An open hold counts against whatever window is asked about.
class BudgetTree {
 public:
  /// By which days and months begin in a zone from now on; windows that were opened stay. Of a zone
  /// that nothing was said about, they are the machine's.
  void set_zone_rules(base::SharedZoneRules rules);

  /// The zones of budgets, and those that rules were set for.
  std::vector<std::string> zones() const;

  Answer<BudgetId> set(const SetBudget& command);
  std::optional<BudgetId> find(std::uint32_t tenant, std::string_view name) const;
  bool contains(BudgetId budget) const { return index(budget) < nodes_.size(); }
  std::size_t size() const { return nodes_.size(); }
  BudgetView view(BudgetId budget) const;

  /// Whether a wallet's spending may name the node; `budget` may be none.
  std::optional<Refusal> check(BudgetId budget, std::uint32_t tenant,
                               const money::Currency& currency) const;

  /// The first node, from below, whose hard limit does not leave room for a hold.
  std::optional<Refused> refuses_hold(BudgetId budget, money::Decimal amount,
                                      std::int64_t second) const;

  /// Brings the node into the cache.
  void prefetch(BudgetId budget) const;

  /// Whether `amount` more, held or spent, overflows no node.
  bool has_room(BudgetId budget, money::Decimal amount) const;

  /// Counts an open hold; below zero: takes it off again.
  void reserve(BudgetId budget, money::Decimal amount);

  /// Counts what a fact costs. Returns false if it is too old for some node.
  bool spend(BudgetId budget, money::Decimal amount, base::Instant at, const Cause& cause,
             const std::function<void(const Crossing&)>& crossing);

  /// A text if the reservations of the nodes are not what `reserved_at` says.
  std::optional<std::string> imbalance(const std::vector<money::Decimal>& reserved_at) const;
  /// Adds to each node from `budget` up.
  void add_up(BudgetId budget, money::Decimal amount, std::vector<money::Decimal>& sums) const;

  using Keep = std::function<void(std::string_view key, std::optional<std::string_view> value)>;
  void take_changed(const Keep& keep);
  void snapshot(const Keep& keep) const;
  /// The value behind the kind of the key. Returns false if it is damaged.
  [[nodiscard]] bool restore(ByteReader& key, ByteReader& value);
  [[nodiscard]] bool finish_restore();

  static constexpr char key_kind = 'B';

 private:
  /// What a hold reads comes first.
  struct alignas(64) Node {
    std::uint32_t number = 0;
    std::uint32_t tenant = 0;
    BudgetId parent = no_budget;
    money::Currency currency{"XXX"};
    bool has_limit = false;
    money::Decimal limit;
    money::Decimal reserved;
    bool is_hard = false;
    bool is_dirty = false;
    bool is_set = false;
    Period period = Period::total;
    std::uint8_t depth = 1;
    std::uint8_t threshold_count = 0;
    BudgetWindow current;
    std::array<money::Decimal, thresholds_max> thresholds{};  // Parts of the limit.
    BudgetWindow previous;
    std::array<std::uint16_t, thresholds_max> percents{};
    std::uint32_t zone = 0;
    std::string name;
  };
  struct Zone {
    std::string name;
    base::Calendar calendar;
  };

  static constexpr std::uint32_t index(BudgetId budget) {
    return static_cast<std::uint32_t>(budget);
  }
  static void set_thresholds(Node& node, const SetBudget& command);
  static money::Decimal spent_at(const Node& node, std::int64_t second);
  std::optional<std::uint32_t> zone_of(std::string_view name);
  BudgetWindow* window_at(Node& node, std::int64_t second);
  BudgetWindow new_window(const Node& node, std::int64_t second);
  static void cross(const Node& node, BudgetWindow& window, base::Instant at, const Cause& cause,
                    const std::function<void(const Crossing&)>& crossing);
  void write(const Node& node, const Keep& keep, std::string& key, std::string& value) const;

  Shelf<Node> nodes_;
  NameIndex names_;
  std::vector<Zone> zones_;
};

}  // namespace steelyard::ledger
