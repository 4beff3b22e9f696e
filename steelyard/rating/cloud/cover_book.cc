#include "steelyard/rating/cloud/cover_book.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "steelyard/base/limits.h"
#include "steelyard/rating/cloud/stages.h"

namespace steelyard::rating::cloud {
namespace {

using money::Rational;

constexpr std::int64_t for_ever = std::numeric_limits<std::int64_t>::max();

Covering* covering_of(Tapped& tap, std::uint32_t plan, std::uint32_t slot) {
  for (Covering& each : tap.covers) {
    if (each.plan == plan && each.part.slot == slot) return &each;
  }
  return nullptr;
}

/// What of a slot's quantity the plans were offered before `in` changed: what they covered and
/// what was left.
Rational offered(const Tapped& tap, std::uint32_t slot) {
  Rational quantity;
  for (const Part& each : tap.out) {
    if (each.slot == slot) quantity += each.quantity;
  }
  for (const Covering& each : tap.covers) {
    if (each.part.slot == slot) quantity += each.part.quantity;
  }
  return quantity;
}

void list(Tapped& tap, std::vector<Tapped*>& changed) {
  if (tap.is_listed) return;
  tap.is_listed = true;
  changed.push_back(&tap);
}

}  // namespace

CoverBook::CoverBook(const Catalog& catalog, SlotTable& slots, Cutter& cutter)
    : slots_(&slots), cutter_(&cutter), catalog_(&catalog), groups_(catalog) {}

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
        result.plans.push_back({std::move(free), groups_.of_plan(plan)});
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
  owner.covers.clear();
  owner.is_covered.assign(catalog_->item_names().size(), false);
  for (const Plan& plan : owner.plans) {
    for (const std::uint32_t item : groups_.items_of(*plan.bought.rule)) {
      owner.is_covered[item] = true;
    }
  }
  std::erase_if(owner.uncovered, [&](Tapped* tap) {
    if (!owner.is_covered[tap->item->name_index]) return false;
    SharedUsage& usage = usage_of(owner, *tap);
    usage.taps.push_back(tap);
    usage.is_sorted = false;
    return true;
  });
}

SharedUsage& CoverBook::usage_of(Account& owner, Tapped& tap) const {
  auto& windows = owner.groups[groups_.of_item(tap.item->name_index)];
  tap.shared = &windows[{tap.window.from, tap.window.to}];
  return *tap.shared;
}

void CoverBook::insert(Account& owner, Tapped& tap) const {
  SharedUsage& usage = usage_of(owner, tap);
  sort(usage);
  const auto place =
      std::upper_bound(usage.taps.begin(), usage.taps.end(), &tap,
                       [&](const Tapped* a, const Tapped* b) { return is_served_before(*a, *b); });
  const auto index = static_cast<std::size_t>(place - usage.taps.begin());
  if (index < usage.covered_end) ++usage.covered_end;
  usage.taps.insert(place, &tap);
}

bool CoverBook::is_served_before(const Tapped& a, const Tapped& b) const {
  const auto slot_order = [&](const Tapped& each) {
    return each.slot == no_slot ? std::string_view()
                                : std::string_view(slots_->at(each.slot).order);
  };
  if (const int order = a.resource.compare(b.resource); order != 0) return order < 0;
  if (a.item != b.item) {
    return std::tie(a.item->rule->name, a.item->index) <
           std::tie(b.item->rule->name, b.item->index);
  }
  if (const int order = a.scope.compare(b.scope); order != 0) return order < 0;
  if (const int order = slot_order(a).compare(slot_order(b)); order != 0) return order < 0;
  return a.number < b.number;  // Of one second, where each fact has a window of its own.
}

void CoverBook::sort(SharedUsage& usage) const {
  if (usage.is_sorted) return;
  std::ranges::stable_sort(
      usage.taps, [&](const Tapped* a, const Tapped* b) { return is_served_before(*a, *b); });
  usage.is_sorted = true;
  usage.covered_end = usage.taps.size();
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
  for (auto& [group, windows] : owner.groups) {
    for (auto& [window, usage] : windows) {
      for (Tapped* tap : usage.taps) tap->covers.clear();
    }
  }
  for (Plan& each : owner.plans) {
    std::erase_if(each.buckets, [](const auto& bucket) { return bucket.second.settled.is_zero(); });
    for (auto& [from, bucket] : each.buckets) bucket.taken = bucket.settled;
    each.bucket_now = nullptr;
  }
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
  owner.plans.push_back({plan, groups_.of_plan(*plan.rule)});
  plans_changed(owner);
}

const std::vector<CoverAt>& CoverBook::covers_at(Account& owner, std::uint32_t index) const {
  const auto [found, is_new] = owner.covers.try_emplace(index);
  if (!is_new) return found->second;
  for (std::uint32_t i = 0; i < owner.plans.size(); ++i) {
    auto at = cover_at(owner.plans[i].bought, slots_->at(index));
    if (!at.has_value()) continue;
    at->plan = i;
    found->second.push_back(*std::move(at));
  }
  return found->second;
}

Bucket& CoverBook::bucket_of(Plan& plan, std::int64_t second) {
  const bool is_now = plan.bucket_now != nullptr && plan.now.from <= second && second < plan.now.to;
  if (!is_now) {
    plan.now = plan.bought.rule->reset == metering::WindowKind::life
                   ? base::Slot{0, for_ever}
                   : cutter_->window(plan.bought.rule->reset, second);
    plan.bucket_now = &plan.buckets[plan.now.from];
  }
  return *plan.bucket_now;
}

/// Whether the plan covers usage of the window at all, whatever is left of it.
bool CoverBook::is_drawn_in(const Account& owner, const Plan& plan,
                            const base::Slot& window) const {
  if (!is_in_time(plan.bought, window)) return false;
  if (!plan.bought.rule->is_stackable && std::ranges::any_of(owner.plans, [&](const Plan& other) {
        return stands_before(other.bought, plan.bought) && is_in_time(other.bought, window);
      })) {
    return false;
  }
  const std::vector<std::string>& unless = plan.bought.rule->unless;
  return unless.empty() || std::ranges::none_of(owner.plans, [&](const Plan& other) {
           return std::ranges::find(unless, other.bought.rule->name) != unless.end() &&
                  other.bought.from < window.to && window.from < other.bought.to;
         });
}

/// Whether a part could be covered without a look at other usage. `covers` and the totals of
/// plans agree with each other also where it could not.
bool CoverBook::cover_part_alone(Account& owner, Tapped& tap, const Part& part) {
  const Window window{tap.window.from, tap.window.to};
  const Slot& slot = slots_->at(part.slot);
  Rational rest = part.quantity;
  if (rest.is_too_large() || rest.is_negative()) return false;
  Rational lacked = offered(tap, part.slot);
  for (const CoverAt& at : covers_at(owner, part.slot)) {
    Plan& plan = owner.plans[at.plan];
    Covering* const had = covering_of(tap, at.plan, part.slot);
    if (had != nullptr) lacked += -had->part.quantity;  // Now: what it lacked behind this plan.
    if (had == nullptr && rest.is_zero()) continue;
    if (!is_drawn_in(owner, plan, tap.window)) continue;
    const auto units = units_at(at, slot, tap.window.from);
    if (!units.has_value()) continue;
    Bucket& bucket = bucket_of(plan, tap.window.from);
    const Rational left = plan.bought.quota - bucket.taken;
    const Rational wanted = rest * *units;
    const Rational change = had == nullptr ? wanted : wanted - had->units;
    if (left.is_too_large() || left.is_negative() || change.is_too_large()) return false;
    if (left.is_zero()) {
      // Used up in earlier windows, or before it was this one's turn to get all: however much
      // it wants, it gets what it got.
      const bool is_behind = had == nullptr && bucket.last < window;
      const bool is_short = lacked.is_positive() && !change.is_negative();
      if (is_behind || is_short) {
        if (had != nullptr) rest += -had->part.quantity;
        continue;
      }
      const bool is_only = covers_at(owner, part.slot).size() == 1 && lacked.is_zero();
      return is_only && cover_before_others(owner, tap, at, *units, change);
    }
    // Something is left: all that wanted of the plan have got it, and this may grow as far.
    if (left < change) return false;
    const Rational taken = bucket.taken + change;
    if (taken.is_too_large()) return false;
    bucket.taken = taken;
    if (rest.is_zero()) {
      tap.covers.erase(tap.covers.begin() + (had - tap.covers.data()));
      continue;
    }
    bucket.last = std::max(bucket.last, window);
    if (had == nullptr) {
      tap.covers.push_back({&plan.bought.rule->name, {part.slot, rest}, at.plan, wanted, &bucket});
      tap.shared->covered_end = tap.shared->taps.size();
    } else {
      had->part.quantity = rest;
      had->units = wanted;
    }
    rest = Rational();
  }
  return true;
}

/// Whether a plan can take back what it covers of a tap, and no other plan could step in.
bool CoverBook::may_lose(Account& owner, const Tapped& tap, std::uint32_t plan) {
  return tap.covers.size() == 1 && tap.covers.front().plan == plan &&
         tap.covers.front().units.is_positive() && tap.in.size() == 1 &&
         tap.in.front().slot == tap.covers.front().part.slot &&
         covers_at(owner, tap.in.front().slot).size() == 1 &&
         std::ranges::find(changing_, &tap) == changing_.end();
}

/// A plan that is used up covers more of a tap, and less of those that it serves last. False,
/// and nothing is covered otherwise, where other plans or windows have a part in it.
/// Requires: this plan alone can cover the tap, and has covered all of what it was.
bool CoverBook::cover_before_others(Account& owner, Tapped& tap, const CoverAt& at,
                                    const Rational& units, const Rational& change) {
  const Plan& plan = owner.plans[at.plan];
  Bucket& bucket = *plan.bucket_now;
  if (bucket.last != Window{tap.window.from, tap.window.to} || change.is_negative() ||
      plan.bought.rule->serves_deepest_discount_first || tap.in.size() != 1 ||
      tap.covers.size() > 1) {
    return false;
  }
  SharedUsage& usage = *tap.shared;
  sort(usage);
  std::size_t end = usage.covered_end;
  if (end == 0 || is_served_before(*usage.taps[end - 1], tap)) return true;  // It comes too late.

  const std::size_t first = losers_.size();
  Rational got;
  while (got < change && usage.taps[end - 1] != &tap) {
    Tapped* const other = usage.taps[--end];
    if (other->covers.empty()) continue;
    const bool loses = may_lose(owner, *other, at.plan);
    if (loses) got += other->covers.front().units;
    if (!loses || got.is_too_large()) {
      losers_.resize(first);
      return false;
    }
    losers_.push_back(other);
  }
  const bool is_all = !(got < change);
  const Rational taken = is_all ? change : got;
  const Rational covered = tap.covers.empty() ? taken : tap.covers.front().units + taken;
  const Rational quantity = is_all ? tap.in.front().quantity : covered / units;
  Rational kept = got - taken;  // By the one that lost last.
  Rational kept_quantity;
  if (kept.is_positive()) {
    const Covering& last = losers_.back()->covers.front();
    kept_quantity = kept * (last.part.quantity / last.units);
  }
  if (covered.is_too_large() || quantity.is_too_large() || kept_quantity.is_too_large()) {
    losers_.resize(first);
    return false;
  }
  for (std::size_t i = first; i < losers_.size(); ++i) {
    const bool keeps = i + 1 == losers_.size() && kept.is_positive();
    if (keeps) {
      losers_[i]->covers.front().part.quantity = kept_quantity;
      losers_[i]->covers.front().units = kept;
      ++end;
    } else {
      losers_[i]->covers.clear();
    }
  }
  usage.covered_end = end;
  if (taken.is_zero()) return true;
  if (tap.covers.empty()) {
    tap.covers.push_back(
        {&plan.bought.rule->name, {tap.in.front().slot, quantity}, at.plan, covered, &bucket});
  } else {
    tap.covers.front().part.quantity = quantity;
    tap.covers.front().units = covered;
  }
  return true;
}

/// The same for all parts, of now and of before.
bool CoverBook::cover_alone(Account& owner, Tapped& tap) {
  sort_parts(tap.in, *slots_);
  const auto is_in = [&](std::uint32_t slot) {
    return std::ranges::any_of(tap.in, [&](const Part& each) { return each.slot == slot; });
  };
  boost::container::small_vector<std::uint32_t, 4> gone;
  for (const Covering& each : tap.covers) {
    if (!is_in(each.part.slot)) gone.push_back(each.part.slot);
  }
  for (const std::uint32_t slot : gone) {
    if (!cover_part_alone(owner, tap, {slot, {}})) return false;
  }
  for (const Part& part : tap.in) {
    if (!cover_part_alone(owner, tap, part)) return false;
  }
  if (tap.covers.size() > 1) {
    const auto place = [&](const Covering& each) {
      const auto part = std::ranges::find(tap.in, each.part.slot, &Part::slot);
      return std::pair(each.plan, part - tap.in.begin());
    };
    std::ranges::sort(tap.covers, {}, place);
  }
  return true;
}

void CoverBook::take(Account& owner, const CoverAt& at, Tapped& tap, const Part& part) {
  Plan& plan = owner.plans[at.plan];
  const auto units = units_at(at, slots_->at(part.slot), tap.window.from);
  if (!units.has_value()) return;
  Rational rest = part.quantity;
  for (const Covering& each : tap.covers) {
    if (each.part.slot == part.slot) rest += -each.part.quantity;
  }
  if (!rest.is_positive()) return;
  Bucket& bucket = bucket_of(plan, tap.window.from);
  const Rational left = plan.bought.quota - bucket.taken;
  const Rational wanted = rest * *units;
  if (left.is_too_large() || wanted.is_too_large() || !left.is_positive()) return;
  const bool is_all = wanted <= left;
  const Rational taken = is_all ? wanted : left;
  const Rational quantity = is_all ? rest : left / *units;
  const Rational total = bucket.taken + taken;
  if (quantity.is_too_large() || total.is_too_large()) return;
  bucket.taken = total;
  bucket.last = std::max(bucket.last, {tap.window.from, tap.window.to});
  tap.covers.push_back({&plan.bought.rule->name, {part.slot, quantity}, at.plan, taken, &bucket});
}

void CoverBook::allocate_window(Account& owner, std::uint32_t group, SharedUsage& usage,
                                std::vector<Tapped*>& changed) {
  sort(usage);
  std::vector<std::vector<Covering>> before;
  before.reserve(usage.taps.size());
  for (Tapped* tap : usage.taps) {
    sort_parts(tap->in, *slots_);
    before.push_back(std::move(tap->covers));
    tap->covers.clear();
  }
  struct Served {
    Tapped* tap;
    const CoverAt* at;
    const Part* part;
    Rational rank;
  };
  std::vector<Served> served;
  const base::Slot& window = usage.taps.front()->window;
  for (std::uint32_t number = 0; number < owner.plans.size(); ++number) {
    const Plan& plan = owner.plans[number];
    if (plan.group != group || !is_drawn_in(owner, plan, window)) continue;
    served.clear();
    for (Tapped* tap : usage.taps) {
      for (const Part& part : tap->in) {
        for (const CoverAt& at : covers_at(owner, part.slot)) {
          if (at.plan != number) continue;
          const Slot& slot = slots_->at(part.slot);
          served.push_back({tap, &at, &part, rank_at(plan.bought, at, slot, window.from)});
        }
      }
    }
    if (plan.bought.rule->serves_deepest_discount_first) {
      std::ranges::stable_sort(served,
                               [](const Served& a, const Served& b) { return a.rank < b.rank; });
    }
    for (const Served& each : served) take(owner, *each.at, *each.tap, *each.part);
  }
  usage.covered_end = usage.taps.size();
  for (std::size_t i = 0; i < usage.taps.size(); ++i) {
    if (usage.taps[i]->covers != before[i]) list(*usage.taps[i], changed);
  }
}

void CoverBook::allocate(const Range& range, std::vector<Tapped*>& changed) {
  Account& owner = *range.account;
  std::int64_t end = range.to;
  for (const Plan& plan : owner.plans) {
    if (plan.group != range.group) continue;
    const bool is_aggregate = plan.bought.rule->reset == metering::WindowKind::life;
    const std::int64_t last = std::max(range.from, range.to - 1);
    end =
        std::max(end, is_aggregate ? for_ever : cutter_->window(plan.bought.rule->reset, last).to);
  }
  std::map<Window, SharedUsage>& windows = owner.groups[range.group];
  const auto first = windows.lower_bound({range.from, std::numeric_limits<std::int64_t>::min()});
  const Window behind_earlier{range.from - 1, for_ever};
  for (auto at = first; at != windows.end() && at->first.first < end; ++at) {
    for (const Tapped* tap : at->second.taps) {
      for (const Covering& each : tap->covers) {
        each.bucket->taken += -each.units;
        each.bucket->last = std::min(each.bucket->last, behind_earlier);
      }
    }
  }
  for (auto at = first; at != windows.end() && at->first.first < end; ++at) {
    allocate_window(owner, range.group, at->second, changed);
  }
}

void CoverBook::allocate(std::span<Tapped* const> taps, std::vector<Tapped*>& changed) {
  ranges_.clear();
  losers_.clear();
  changing_ = taps;
  for (Tapped* tap : taps) {
    if (tap->is_listed) continue;
    Account& owner = account(tap->account);
    list(*tap, changed);
    if (!cover_alone(owner, *tap)) note_range(owner, *tap);
  }
  for (Tapped* tap : losers_) list(*tap, changed);
  for (const Range& each : ranges_) allocate(each, changed);
}

void CoverBook::allocate_anew(std::span<Tapped* const> taps, std::vector<Tapped*>& changed) {
  ranges_.clear();
  for (Tapped* tap : taps) note_range(account(tap->account), *tap);
  for (const Range& each : ranges_) allocate(each, changed);
}

void CoverBook::note_range(Account& owner, const Tapped& tap) {
  const std::uint32_t group = groups_.of_item(tap.item->name_index);
  const auto known = std::ranges::find_if(
      ranges_, [&](const Range& each) { return each.account == &owner && each.group == group; });
  if (known == ranges_.end()) {
    ranges_.push_back({&owner, group, tap.window.from, tap.window.from + 1});
  } else {
    known->from = std::min(known->from, tap.window.from);
    known->to = std::max(known->to, tap.window.from + 1);
  }
}

void CoverBook::settle(std::int64_t second) {
  for (auto& [number, owner] : accounts_) {
    std::set<const Bucket*> used;
    for (auto& [group, windows] : owner.groups) {
      std::erase_if(windows, [&](const auto& each) {
        const bool is_settled = is_over({each.first.first, each.first.second}, second);
        for (const Tapped* tap : each.second.taps) {
          for (const Covering& covering : tap->covers) {
            if (is_settled) {
              covering.bucket->settled += covering.units;
              owner.plans[covering.plan].has_settled_usage = true;
            }
            if (!is_settled) used.insert(covering.bucket);
          }
        }
        return is_settled;
      });
    }
    std::erase_if(owner.uncovered, [&](const Tapped* tap) { return is_over(tap->window, second); });
    for (Plan& plan : owner.plans) {
      if (plan.bought.rule->reset == metering::WindowKind::life) continue;
      std::erase_if(plan.buckets, [&](const auto& each) {
        // What a month has measured draws on the bucket of its beginning, whenever it comes.
        const base::Slot month = cutter_->window(metering::WindowKind::month, each.first);
        const base::Slot window = cutter_->window(plan.bought.rule->reset, each.first);
        return is_over(window, second) && is_over(month, second) && !used.contains(&each.second);
      });
      plan.bucket_now = nullptr;
    }
  }
}

bool CoverBook::has_settled_usage(std::uint32_t number, const BoughtPlan& plan) {
  const Account& owner = account(number);
  const auto found =
      std::ranges::find_if(owner.plans, [&](const Plan& each) { return each.bought == plan; });
  STEELYARD_CHECK(found != owner.plans.end());
  return found->has_settled_usage;
}

void CoverBook::allocate_all(std::uint32_t number, std::vector<Tapped*>& changed) {
  Account& owner = account(number);
  for (auto& [group, windows] : owner.groups) {
    for (auto& [window, usage] : windows) {
      for (Tapped* tap : usage.taps) list(*tap, changed);
    }
    allocate({&owner, group, 0, limits::usage_second_max}, changed);
  }
}

}  // namespace steelyard::rating::cloud
