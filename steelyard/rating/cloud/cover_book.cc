#include "steelyard/rating/cloud/cover_book.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "steelyard/rating/cloud/stages.h"

namespace steelyard::rating::cloud {
namespace {

using money::Rational;
using Cover = pricebook::CloudPlan::Cover;

constexpr std::int64_t for_ever = std::numeric_limits<std::int64_t>::max();

bool is_drawn_before(const BoughtPlan& a, const BoughtPlan& b) {
  return std::tie(a.rule->priority, a.to, a.ordered, a.id) <
         std::tie(b.rule->priority, b.to, b.ordered, b.id);
}

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

/// Plans of hours and days take whole windows; longer windows are covered while a plan runs.
bool is_in_time(const BoughtPlan& plan, const base::Slot& window) {
  constexpr std::int64_t day_and_change = 90'000;
  const bool is_long = window.to - window.from > day_and_change;
  return window.from < plan.to && (is_long ? plan.from < window.to : plan.from <= window.from);
}

}  // namespace

CoverBook::CoverBook(const Catalog& catalog, SlotTable& slots, Cutter& cutter)
    : catalog_(&catalog), slots_(&slots), cutter_(&cutter) {}

CoverBook::Account& CoverBook::account(std::uint32_t number) {
  const auto [found, is_new] = accounts_.try_emplace(number);
  Account& result = found->second;
  if (!is_new) return result;
  for (const pricebook::PriceBook& version : catalog_->book().versions) {
    for (const pricebook::Product& product : version.products) {
      for (const pricebook::CloudPlan& plan : product.plans) {
        if (!plan.is_free || !plan.free_quota.has_value()) continue;
        BoughtPlan free;
        free.rule = &plan;
        free.id = plan.name;
        const auto seconds = [](const std::optional<base::Instant>& at, std::int64_t otherwise) {
          return at.has_value() ? at->seconds : otherwise;
        };
        free.from = std::max(seconds(plan.validity.from, 0), seconds(version.validity.from, 0));
        free.to =
            std::min(seconds(plan.validity.to, for_ever), seconds(version.validity.to, for_ever));
        free.quota = Rational::of(*plan.free_quota);
        result.plans.push_back({std::move(free), {}});
      }
    }
  }
  plans_changed(result);
  return result;
}

/// Puts the plans into the order in which they are drawn, and usage that they now cover beside
/// what they covered before.
void CoverBook::plans_changed(Account& owner) {
  std::ranges::stable_sort(owner.plans, [](const Plan& a, const Plan& b) {
    return is_drawn_before(a.bought, b.bought);
  });
  const std::vector<std::string>& names = catalog_->item_names();
  owner.is_covered.assign(names.size(), false);
  for (const Plan& plan : owner.plans) {
    for (const Cover& cover : plan.bought.rule->covers) {
      const auto name = std::ranges::find(names, cover.item);
      if (name != names.end()) {
        owner.is_covered[static_cast<std::size_t>(name - names.begin())] = true;
      }
    }
  }
  std::erase_if(owner.uncovered, [&](Tapped* tap) {
    if (!owner.is_covered[tap->item->name_index]) return false;
    insert(owner, *tap);
    return true;
  });
}

/// The usage of a window stands by resource, item, scope and price, whatever order it came in.
void CoverBook::insert(Account& owner, Tapped& tap) const {
  std::vector<Entry>& entries = owner.windows[{tap.window.from, tap.window.to}];
  const auto slot_order = [&](const Tapped& each) {
    return each.slot == no_slot ? std::string_view()
                                : std::string_view(slots_->at(each.slot).order);
  };
  const auto key_of = [&](const Entry& entry) {
    const Tapped& each = *entry.tap;
    return std::tuple(std::string_view(each.resource), std::string_view(each.item->rule->name),
                      each.item->index, each.scope, slot_order(each));
  };
  const auto is_before = [&](const Entry& a, const Entry& b) { return key_of(a) < key_of(b); };
  Entry entry{&tap, {}};
  entries.insert(std::ranges::upper_bound(entries, entry, is_before), std::move(entry));
}

void CoverBook::note(Tapped& tap) {
  if (tap.is_noted) return;
  tap.is_noted = true;
  Account& owner = account(tap.account);
  if (owner.is_covered[tap.item->name_index]) {
    insert(owner, tap);
  } else {
    owner.uncovered.push_back(&tap);
  }
}

/// What was taken is known by the number of a plan, which changes with the plans.
void CoverBook::give_everything_back(Account& owner) {
  for (auto& [window, entries] : owner.windows) {
    for (Entry& entry : entries) entry.taken.clear();
  }
  for (Plan& each : owner.plans) each.taken.clear();
}

void CoverBook::forget(std::uint32_t number, const BoughtPlan& plan) {
  Account& owner = account(number);
  give_everything_back(owner);
  const auto found =
      std::ranges::find_if(owner.plans, [&](const Plan& each) { return each.bought == plan; });
  STEELYARD_CHECK(found != owner.plans.end());
  owner.plans.erase(found);
  plans_changed(owner);
}

void CoverBook::note(std::uint32_t number, const BoughtPlan& plan) {
  Account& owner = account(number);
  give_everything_back(owner);
  owner.plans.push_back({plan, {}});
  plans_changed(owner);
}

std::int64_t CoverBook::bucket_of(const Plan& plan, std::int64_t second) {
  return plan.bought.rule->reset == metering::WindowKind::life
             ? 0
             : cutter_->window(plan.bought.rule->reset, second).from;
}

bool CoverBook::is_lost(const Account& owner, const Plan& plan, const base::Slot& window) const {
  return std::ranges::any_of(owner.plans, [&](const Plan& other) {
    return std::ranges::find(plan.bought.rule->unless, other.bought.rule->name) !=
               plan.bought.rule->unless.end() &&
           other.bought.from < window.to && window.from < other.bought.to;
  });
}

const Cover* CoverBook::cover_of(const Plan& plan, const Tapped& tap, const Slot& slot) const {
  for (const Cover& cover : plan.bought.rule->covers) {
    if (cover.item != tap.item->rule->name) continue;
    if (fits(cover.where, slot.attributes) && agrees(plan.bought.attributes, slot.attributes)) {
      return &cover;
    }
  }
  return nullptr;
}

std::optional<Rational> CoverBook::units_per_quantity(const Cover& cover, const Slot& slot,
                                                      std::int64_t second) const {
  Rational factor = Rational::whole(1);
  if (cover.kind != Cover::Factor::list_price) {
    const auto number = looked_up(cover.factor, cover.item, slot.attributes, second);
    if (!number.has_value()) return std::nullopt;  // A placeholder covers nothing.
    factor = *number;
  }
  if (cover.kind == Cover::Factor::number) return factor;
  const Rational list =
      Rational::of(slot.price.brackets.front().unit) / Rational::of(slot.item->rule->price.per);
  return factor * list;
}

void CoverBook::take(Account& owner, std::uint32_t number, Entry& entry, std::size_t at) {
  Tapped& tap = *entry.tap;
  const Part& part = tap.in[at];
  const Slot& slot = slots_->at(part.slot);
  Plan& plan = owner.plans[number];
  const Cover* const cover = cover_of(plan, tap, slot);
  if (cover == nullptr) return;
  const auto units = units_per_quantity(*cover, slot, tap.window.from);
  if (!units.has_value() || units->is_too_large() || units->is_negative()) return;
  const Rational rest = part.quantity - tap.covered[at].quantity;
  if (!rest.is_positive()) return;
  const std::int64_t bucket = bucket_of(plan, tap.window.from);
  const Rational left = plan.bought.quota - plan.taken[bucket];
  const Rational wanted = rest * *units;
  if (left.is_too_large() || wanted.is_too_large() || !left.is_positive()) return;
  const bool is_all = wanted <= left;
  const Rational taken = is_all ? wanted : left;
  const Rational quantity = is_all ? rest : left / *units;
  if (quantity.is_too_large()) return;
  plan.taken[bucket] += taken;
  tap.covered[at].quantity += quantity;
  tap.covers.emplace_back(&plan.bought.rule->name, Part{part.slot, quantity});
  entry.taken.push_back({number, bucket, part.slot, taken, quantity});
}

void CoverBook::allocate_window(Account& owner, std::vector<Entry>& entries) {
  for (Entry& entry : entries) {
    sort_parts(entry.tap->in, *slots_);
    entry.tap->covered = entry.tap->in;
    for (Part& part : entry.tap->covered) part.quantity = Rational();
    entry.tap->covers.clear();
    entry.taken.clear();
  }
  const base::Slot& window = entries.front().tap->window;
  for (std::uint32_t number = 0; number < owner.plans.size(); ++number) {
    const Plan& plan = owner.plans[number];
    if (!is_in_time(plan.bought, window) || is_lost(owner, plan, window)) continue;
    struct Served {
      Entry* entry;
      std::size_t part;
      Rational ratio;
    };
    std::vector<Served> served;
    for (Entry& entry : entries) {
      for (std::size_t i = 0; i < entry.tap->in.size(); ++i) {
        const Slot& slot = slots_->at(entry.tap->in[i].slot);
        const Cover* const cover = cover_of(plan, *entry.tap, slot);
        if (cover == nullptr) continue;
        Rational ratio;
        if (plan.bought.rule->serves_deepest_discount_first &&
            cover->kind == Cover::Factor::multiplier) {
          const auto number_of =
              looked_up(cover->factor, cover->item, slot.attributes, window.from);
          if (number_of.has_value()) ratio = *number_of;
        }
        served.push_back({&entry, i, ratio});
      }
    }
    std::ranges::stable_sort(served,
                             [](const Served& a, const Served& b) { return a.ratio < b.ratio; });
    for (const Served& each : served) take(owner, number, *each.entry, each.part);
  }
}

void CoverBook::allocate(std::uint32_t number, std::int64_t from, std::int64_t to,
                         std::vector<Tapped*>& changed) {
  Account& owner = account(number);
  std::int64_t end = to;
  for (Plan& plan : owner.plans) {
    const bool is_aggregate = plan.bought.rule->reset == metering::WindowKind::life;
    end = std::max(end, is_aggregate
                            ? for_ever
                            : cutter_->window(plan.bought.rule->reset, std::max(from, to - 1)).to);
  }
  const auto first = owner.windows.lower_bound({from, 0});
  for (auto at = first; at != owner.windows.end() && at->first.first < end; ++at) {
    for (Entry& entry : at->second) {
      for (const Taken& taken : entry.taken) {
        owner.plans[taken.plan].taken[taken.bucket] += -taken.units;
      }
    }
  }
  for (auto at = first; at != owner.windows.end() && at->first.first < end; ++at) {
    allocate_window(owner, at->second);
    for (const Entry& entry : at->second) changed.push_back(entry.tap);
  }
}

}  // namespace steelyard::rating::cloud
