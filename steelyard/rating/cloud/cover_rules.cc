#include "steelyard/rating/cloud/cover_rules.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace steelyard::rating::cloud {
namespace {

using money::Rational;
using Cover = pricebook::CloudPlan::Cover;

const std::string* value_of(const Attributes& attributes, const std::string& name) {
  const auto found = std::ranges::find(attributes, name, &Attributes::value_type::first);
  return found == attributes.end() ? nullptr : &found->second;
}

/// A condition on what the usage does not say does not hold.
bool fits(const metering::Conditions& where, const Attributes& attributes) {
  return std::ranges::all_of(where, [&](const metering::Condition& each) {
    const std::string* const value = value_of(attributes, each.attribute);
    return value != nullptr && holds(each, *value);
  });
}

bool agrees(const Attributes& plan, const Attributes& usage) {
  return std::ranges::all_of(plan, [&](const auto& each) {
    const std::string* const value = value_of(usage, each.first);
    return value == nullptr || *value == each.second;
  });
}

std::optional<Rational> units_per_quantity(const Cover& cover, const Slot& slot,
                                           std::int64_t second) {
  Rational factor = Rational::whole(1);
  if (cover.kind != Cover::Factor::list_price) {
    const auto number = looked_up(cover.factor, cover.item, slot.attributes, second);
    if (!number.has_value()) return std::nullopt;
    factor = *number;
  }
  if (cover.kind != Cover::Factor::number) {
    factor = factor * (Rational::of(slot.price.brackets.front().unit) /
                       Rational::of(slot.item->rule->price.per));
  }
  if (factor.is_too_large() || !factor.is_positive()) return std::nullopt;
  return factor;
}

}  // namespace

bool is_drawn_before(const BoughtPlan& a, const BoughtPlan& b) {
  return std::tie(a.rule->priority, a.to, a.ordered, a.id) <
         std::tie(b.rule->priority, b.to, b.ordered, b.id);
}

bool stands_before(const BoughtPlan& a, const BoughtPlan& b) {
  return a.rule->name == b.rule->name && a.attributes == b.attributes &&
         std::tie(a.ordered, a.id) < std::tie(b.ordered, b.id);
}

bool is_in_time(const BoughtPlan& plan, const base::Slot& window) {
  constexpr std::int64_t day_and_change = 90'000;
  const bool is_long = window.to - window.from > day_and_change;
  return window.from < plan.to && (is_long ? plan.from < window.to : plan.from <= window.from);
}

std::optional<CoverAt> cover_at(const BoughtPlan& plan, const Slot& slot) {
  for (const Cover& cover : plan.rule->covers) {
    if (cover.item != slot.item->rule->name) continue;
    if (!fits(cover.where, slot.attributes) || !agrees(plan.attributes, slot.attributes)) continue;
    CoverAt result;
    result.cover = &cover;
    result.is_dated = std::ranges::any_of(cover.factor.rows, [](const auto& row) {
      return row.validity.from.has_value() || row.validity.to.has_value();
    });
    if (!result.is_dated) result.units = units_per_quantity(cover, slot, 0);
    return result;
  }
  return std::nullopt;
}

std::optional<Rational> units_at(const CoverAt& at, const Slot& slot, std::int64_t second) {
  return at.is_dated ? units_per_quantity(*at.cover, slot, second) : at.units;
}

Rational rank_at(const BoughtPlan& plan, const CoverAt& at, const Slot& slot, std::int64_t second) {
  if (!plan.rule->serves_deepest_discount_first || at.cover->kind != Cover::Factor::multiplier) {
    return {};
  }
  const auto number = looked_up(at.cover->factor, at.cover->item, slot.attributes, second);
  return number.has_value() ? *number : Rational();
}

CoverGroups::CoverGroups(const Catalog& catalog)
    : catalog_(&catalog), groups_(catalog.item_names().size()) {
  std::iota(groups_.begin(), groups_.end(), 0U);
  for (const pricebook::PriceBook& version : catalog.book().versions) {
    for (const pricebook::Product& product : version.products) {
      for (const pricebook::CloudPlan& plan : product.plans) {
        const std::vector<std::uint32_t> items = items_of(plan);
        for (const std::uint32_t item : items) {
          const std::uint32_t joins = groups_[item];
          const std::uint32_t group = groups_[items.front()];
          std::ranges::replace(groups_, joins, group);
        }
      }
    }
  }
}

std::uint32_t CoverGroups::of_plan(const pricebook::CloudPlan& plan) const {
  const std::vector<std::uint32_t> items = items_of(plan);
  return items.empty() ? none : groups_[items.front()];
}

std::vector<std::uint32_t> CoverGroups::items_of(const pricebook::CloudPlan& plan) const {
  std::vector<std::uint32_t> items;
  for (const Cover& cover : plan.covers) {
    const auto& names = catalog_->item_names();
    const auto name = std::ranges::find(names, cover.item);
    if (name != names.end()) items.push_back(static_cast<std::uint32_t>(name - names.begin()));
  }
  return items;
}

}  // namespace steelyard::rating::cloud
