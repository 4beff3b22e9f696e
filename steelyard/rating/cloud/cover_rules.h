#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/rating/cloud/resolver.h"
#include "steelyard/rating/cloud/slot.h"

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

/// Whether plan `a` is drawn before `b`: by priority, expiry, order, id.
bool is_drawn_before(const BoughtPlan& a, const BoughtPlan& b);

/// Whether plan `a` keeps `b` from being drawn while both run: the same that can not be stacked,
/// ordered earlier.
bool stands_before(const BoughtPlan& a, const BoughtPlan& b);

/// Plans of hours and days take whole windows; longer windows are covered while a plan runs.
bool is_in_time(const BoughtPlan& plan, const base::Slot& window);

/// How one plan covers usage at one setting of its attributes.
struct CoverAt {
  std::uint32_t plan = 0;  ///< Of the account, in the order in which plans are drawn.
  const pricebook::CloudPlan::Cover* cover = nullptr;
  bool is_dated = false;                 ///< The factor depends on the second.
  std::optional<money::Rational> units;  ///< Of the plan for each of the quantity, unless dated.
};

/// The plan's first cover that fits the slot, looked up once; null: it does not cover it.
std::optional<CoverAt> cover_at(const BoughtPlan& plan, const Slot& slot);

/// Plan units for each unit of quantity at a second, above 0. None: a placeholder, or a price of 0
/// by which they are counted; the plan covers nothing of it.
std::optional<money::Rational> units_at(const CoverAt& at, const Slot& slot, std::int64_t second);

/// Who is served first under a plan with `serves_deepest_discount_first`: the smallest.
money::Rational rank_at(const BoughtPlan& plan, const CoverAt& at, const Slot& slot,
                        std::int64_t second);

/// Which items share plans: usage of one group never changes what plans cover in another.
class CoverGroups {
 public:
  explicit CoverGroups(const Catalog& catalog);

  static constexpr std::uint32_t none = UINT32_MAX;

  /// By PreparedItem::name_index.
  std::uint32_t of_item(std::uint32_t name_index) const { return groups_[name_index]; }
  std::uint32_t of_plan(const pricebook::CloudPlan& plan) const;

  /// The items that a plan names and the book has, by PreparedItem::name_index.
  std::vector<std::uint32_t> items_of(const pricebook::CloudPlan& plan) const;

 private:
  const Catalog* catalog_;
  std::vector<std::uint32_t> groups_;
};

}  // namespace steelyard::rating::cloud
