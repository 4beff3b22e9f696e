#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_map.hpp>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <vector>

#include "steelyard/rating/cloud/cells.h"
#include "steelyard/rating/cloud/cover_rules.h"
#include "steelyard/rating/cloud/pieces.h"

namespace steelyard::rating::cloud {

/// What was taken of a plan in one reset window, and the last window that took of it.
struct Bucket {
  money::Rational taken;
  money::Rational settled;  ///< Of it, by windows that are settled.
  std::pair<std::int64_t, std::int64_t> last{std::numeric_limits<std::int64_t>::min(), 0};
};

/// In the order in which a plan serves it: by resource, item, scope and price.
struct SharedUsage {
  std::vector<Tapped*> taps;
  bool is_sorted = true;
  std::size_t covered_end = 0;  ///< No plan covers anything of the taps from here on, if of these.
};

/// Which usage is covered by which plan, for all accounts: a function of the sets of plans and
/// of quantities, whatever order they came in. In each settlement window, by rising time, the
/// plans by priority, then earliest expiry, then earliest order, then id, each take what is
/// left of their quota from the usage that they cover, in the order that they serve.
/// Source: charge-models, section 5.
///
/// Usage that finds its plans not used up, or used up by earlier windows, changes nothing for
/// other usage: it is covered alone, from the plans' running totals. Otherwise its window, and
/// later ones as far as quotas reach, are allocated anew, but only for items that share plans.
/// Where one plan alone is shared and this is the last window that took of it, usage that wants
/// more gets it from that which is served last.
class CoverBook {
 public:
  CoverBook(const Catalog& catalog, SlotTable& slots, Cutter& cutter);

  /// Puts usage or a plan in. They are found again by `allocate`.
  void note(Tapped& tap);
  void note(std::uint32_t account, const BoughtPlan& plan);

  /// Requires: an equal plan was noted.
  void forget(std::uint32_t account, const BoughtPlan& plan);

  /// Whether one of the account's plans covers the item.
  bool covers(std::uint32_t account, const PreparedItem& item) {
    return this->account(account).is_covered[item.name_index];
  }

  /// Covers usage whose `in` has changed, and lists each tap once whose `in` or `covers` is
  /// not what it was; marked with `is_listed`. Its output is left to the caller.
  /// Requires: the taps are noted, and covered by a plan of their account; their `out` is what
  /// was left of them when they were covered last.
  void allocate(std::span<Tapped* const> taps, std::vector<Tapped*>& changed);

  /// The same whatever their `out` is: to take `allocate` back.
  void allocate_anew(std::span<Tapped* const> taps, std::vector<Tapped*>& changed);

  /// The same for all usage of an account.
  void allocate_all(std::uint32_t account, std::vector<Tapped*>& changed);

  /// Forgets usage of windows that are over at a second. What it took of plans stays taken,
  /// whatever is bought or used later.
  void settle(std::int64_t second);

  /// Whether such usage has taken of the plan. Requires: an equal plan was noted.
  bool has_settled_usage(std::uint32_t account, const BoughtPlan& plan);

 private:
  using Rational = money::Rational;

  /// By start, then end.
  using Window = std::pair<std::int64_t, std::int64_t>;

  struct Plan {
    BoughtPlan bought;
    std::uint32_t group = CoverGroups::none;
    std::map<std::int64_t, Bucket> buckets{};  ///< By start of the reset window.
    base::Slot now{};                          ///< The reset window that was asked for last.
    Bucket* bucket_now = nullptr;
    bool has_settled_usage = false;
  };
  struct Account {
    std::vector<Plan> plans;  ///< In the order in which they are drawn.
    std::map<std::uint32_t, std::map<Window, SharedUsage>> groups;  ///< Of items that share plans.
    boost::unordered_flat_map<std::uint32_t, std::vector<CoverAt>> covers;  ///< By slot.
    std::vector<bool> is_covered;    ///< By PreparedItem::name_index: by one of the plans.
    std::vector<Tapped*> uncovered;  ///< What plans that are bought later may cover.
  };
  /// Windows of one group that must be allocated anew: those that begin in [from, to), and
  /// later ones as far as quotas reach.
  struct Range {
    Account* account = nullptr;
    std::uint32_t group = 0;
    std::int64_t from = 0;
    std::int64_t to = 0;
  };

  Account& account(std::uint32_t number);
  static void give_everything_back(Account& account);
  void plans_changed(Account& account);
  SharedUsage& usage_of(Account& account, Tapped& tap) const;
  void insert(Account& account, Tapped& tap) const;
  bool is_served_before(const Tapped& a, const Tapped& b) const;
  void sort(SharedUsage& usage) const;
  const std::vector<CoverAt>& covers_at(Account& account, std::uint32_t slot) const;
  Bucket& bucket_of(Plan& plan, std::int64_t second);
  bool is_drawn_in(const Account& account, const Plan& plan, const base::Slot& window) const;

  bool cover_alone(Account& account, Tapped& tap);
  bool cover_part_alone(Account& account, Tapped& tap, const Part& part);
  bool cover_before_others(Account& account, Tapped& tap, const CoverAt& at, const Rational& units,
                           const Rational& change);
  bool may_lose(Account& account, const Tapped& tap, std::uint32_t plan);
  void note_range(Account& account, const Tapped& tap);
  void allocate(const Range& range, std::vector<Tapped*>& changed);
  void allocate_window(Account& account, std::uint32_t group, SharedUsage& usage,
                       std::vector<Tapped*>& changed);
  void take(Account& account, const CoverAt& at, Tapped& tap, const Part& part);

  SlotTable* slots_;
  Cutter* cutter_;
  const Catalog* catalog_;
  CoverGroups groups_;
  boost::unordered_map<std::uint32_t, Account> accounts_;

  // Of the call that is being made.
  std::vector<Range> ranges_;
  std::span<Tapped* const> changing_;
  std::vector<Tapped*> losers_;  // What plans cover less of, for the sake of others.
};

}  // namespace steelyard::rating::cloud
