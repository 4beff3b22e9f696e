#pragma once

#include <boost/unordered/unordered_map.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "steelyard/rating/cloud/cells.h"
#include "steelyard/rating/cloud/pieces.h"
#include "steelyard/rating/cloud/resolver.h"
#include "steelyard/rating/cloud/row_table.h"

namespace steelyard::rating::cloud {

/// A plan that an account has: bought, or free for everyone.
struct BoughtPlan {
  const pricebook::CloudPlan* rule = nullptr;
  std::string id;
  std::string account;
  std::int64_t from = 0;  ///< Seconds: usage before is never covered.
  std::int64_t to = 0;
  std::int64_t ordered = 0;
  money::Rational quota;  ///< Of each reset window, or of all.
  Attributes attributes;  ///< Usage that says otherwise is not covered.

  bool operator==(const BoughtPlan&) const = default;
};

/// Which usage is covered by which plan, for all accounts: a function of the sets of plans and
/// of quantities, whatever order they came in. In each settlement window, by rising time, the
/// plans by priority, then earliest expiry, then earliest order, then id, each take what is
/// left of their quota from the usage that they cover, in the order that they serve.
/// Source: charge-models, section 5.
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

  /// Allocates anew the windows that begin in [from, to), and later ones as far as quotas
  /// reach, and lists their taps. `Tapped::covered` and `covers` are new; the output is not.
  void allocate(std::uint32_t account, std::int64_t from, std::int64_t to,
                std::vector<Tapped*>& changed);

 private:
  struct Plan {
    BoughtPlan bought;
    std::map<std::int64_t, money::Rational> taken;  ///< By start of the reset window.
  };
  struct Taken {
    std::uint32_t plan = 0;
    std::int64_t bucket = 0;
    std::uint32_t slot = 0;
    money::Rational units;
    money::Rational quantity;
  };
  struct Entry {
    Tapped* tap = nullptr;
    std::vector<Taken> taken;
  };
  using Window = std::pair<std::int64_t, std::int64_t>;
  struct Account {
    std::vector<Plan> plans;  ///< In the order in which they are drawn.
    std::map<Window, std::vector<Entry>> windows;
    std::vector<bool> is_covered;    ///< By PreparedItem::name_index: by one of the plans.
    std::vector<Tapped*> uncovered;  ///< What plans that are bought later may cover.
  };

  Account& account(std::uint32_t number);
  static void give_everything_back(Account& account);
  void plans_changed(Account& account);
  void insert(Account& account, Tapped& tap) const;
  void allocate_window(Account& account, std::vector<Entry>& entries);
  void take(Account& account, std::uint32_t plan, Entry& entry, std::size_t part);
  bool is_lost(const Account& account, const Plan& plan, const base::Slot& window) const;
  const pricebook::CloudPlan::Cover* cover_of(const Plan& plan, const Tapped& tap,
                                              const Slot& slot) const;
  std::optional<money::Rational> units_per_quantity(const pricebook::CloudPlan::Cover& cover,
                                                    const Slot& slot, std::int64_t second) const;
  std::int64_t bucket_of(const Plan& plan, std::int64_t second);

  const Catalog* catalog_;
  SlotTable* slots_;
  Cutter* cutter_;
  boost::unordered_map<std::uint32_t, Account> accounts_;
};

}  // namespace steelyard::rating::cloud
