#include "steelyard/rating/cloud/cell_store.h"

#include <algorithm>

namespace steelyard::rating::cloud {
namespace {

/// Numbers that an item needs beside those of its stages.
constexpr std::uint32_t fee_stage = 0;
constexpr std::uint32_t tap_stage = 1;
constexpr std::uint32_t allowance_stage = 2;
constexpr std::uint32_t own_stages = 3;

/// What a name is, above the number of what it is within; accounts are within nothing.
constexpr std::uint64_t resources_within = std::uint64_t{1} << 32;
constexpr std::uint64_t attributes_within = std::uint64_t{2} << 32;

/// Into the cache, all lines of it at once.
template <class Cell>
void prefetch(const Cell* cell) {
  if (cell == nullptr) return;
  const auto* const first = reinterpret_cast<const char*>(cell);
  for (std::size_t at = 0; at < sizeof(Cell); at += 64) __builtin_prefetch(first + at, 1);
  __builtin_prefetch(first + sizeof(Cell) - 1, 1);
}

void prefetch(const Target& target) {
  prefetch(target.priced);
  prefetch(target.pooled);
  prefetch(target.tapped);
}

bool reads_allowances(const PreparedItem& item, std::size_t stage) {
  return std::ranges::find(item.allowance_stages, stage) != item.allowance_stages.end();
}

}  // namespace

CellStore::CellStore(const Catalog& catalog, Cutter& cutter)
    : catalog_(&catalog), cutter_(&cutter) {
  std::uint32_t next = 0;
  for (const PreparedItem& item : catalog.items()) {
    first_stage_.push_back(next);
    next += own_stages;
    for (const Pipeline& pipeline : item.pipelines) {
      next += static_cast<std::uint32_t>(pipeline.stages.size());
    }
  }
}

std::uint32_t CellStore::stage_number(const PreparedItem& item, std::size_t pipeline,
                                      std::size_t stage) {
  const std::uint32_t owner = item.gathers_at(pipeline, stage) ? item.accumulator : item.index;
  std::size_t number = first_stage_[owner] + own_stages;
  for (std::size_t i = 0; i < pipeline; ++i) number += item.pipelines[i].stages.size();
  return static_cast<std::uint32_t>(number + stage);
}

std::uint32_t CellStore::find_name(std::uint64_t hash, std::uint64_t outer,
                                   std::string_view name) const {
  return name_at_.find(hash, [&](std::uint32_t index) { return is_name(index, outer, name); });
}

/// The index of a name, which may stand at `hint`.
std::uint32_t CellStore::find_or_add_name(std::uint64_t outer, std::string_view name,
                                          std::uint32_t hint) {
  if (hint < names_.size() && is_name(hint, outer, name)) return hint;
  const std::uint64_t hash = hash_of(outer, name);
  const std::uint32_t known = find_name(hash, outer, name);
  if (known != base::NumberTable::none) return known;
  const auto added = static_cast<std::uint32_t>(names_.size());
  STEELYARD_CHECK(next_name_ < UINT32_MAX);  // Numbers are never given twice.
  names_.push_back({outer, std::string(name), next_name_++, nullptr});
  name_at_.add(hash, added);
  return added;
}

void CellStore::begin(const Fact& fact) {
  account_ = names_[find_or_add_name(0, fact.account, fact.hint.account)].number;
  resource_name_ = find_or_add_name(resources_within | account_, fact.resource, fact.hint.resource);
  resource_ = names_[resource_name_].number;
}

void CellStore::look_for_names(Fact& fact) const {
  Fact::Hint& hint = fact.hint;
  hint.account = find_name(hash_of(0, fact.account), 0, fact.account);
  if (hint.account == base::NumberTable::none) return;
  hint.resource_hash = hash_of(resources_within | names_[hint.account].number, fact.resource);
  name_at_.prefetch(hint.resource_hash);
}

void CellStore::look_ahead(Fact& fact, std::size_t facts_before) const {
  if (facts_before == look_ahead_facts) return look_for_names(fact);
  Fact::Hint& hint = fact.hint;
  if (hint.account == base::NumberTable::none) return;
  if (facts_before == 4) {
    // Another name that shares 32 bits of the hash does no harm.
    hint.resource = name_at_.find(hint.resource_hash, [](auto) { return true; });
    if (hint.resource != base::NumberTable::none) prefetch(&names_[hint.resource]);
    return;
  }
  if (hint.resource >= names_.size()) return;
  const Leaf* leaf = names_[hint.resource].latest;
  if (leaf == nullptr) return;
  if (facts_before == 3) return prefetch(leaf);
  if (facts_before == 2) {
    for (const metering::Measured& each : leaf->measured) each.prefetch();
    return prefetch(leaf->target);
  }
  if (leaf->target.pooled != nullptr) prefetch(leaf->target.pooled->target);
  if (leaf->target.tapped != nullptr) prefetch(leaf->target.tapped->target);
}

Result<std::uint32_t> CellStore::scope_of(const Pipeline::Stage& stage, const Fact& fact,
                                          const PreparedItem& item) {
  const std::uint32_t outer = stage.has_resource ? resource_ : account_;
  key_.clear();
  if (stage.scope.empty()) return outer;
  for (const std::uint16_t attribute : stage.scope) {
    if (fact.attributes[attribute].empty()) {
      return missing_attribute(catalog_->code(fact.code).attributes[attribute].name,
                               item.rule->name);
    }
    key_ += '\0';
    key_ += fact.attributes[attribute];
  }
  return number_of(attributes_within | outer, key_);
}

std::int64_t CellStore::window_key(metering::WindowKind kind, const Fact& fact,
                                   const base::Slot& window) {
  return kind == metering::WindowKind::fact ? static_cast<std::int64_t>(fact.sequence)
                                            : window.from;
}

/// The leaf that is asked for, if it is one of those that the resource got last.
Leaf* CellStore::recent_leaf(const PreparedItem& item, std::size_t pipeline, std::uint32_t scope,
                             std::uint32_t slot, std::int64_t window_from) const {
  Leaf* leaf = names_[resource_name_].latest;
  for (int i = 0; i < 4 && leaf != nullptr; ++i, leaf = leaf->earlier) {
    if (leaf->item == &item && leaf->pipeline == pipeline && leaf->scope == scope &&
        leaf->slot == slot && leaf->window.from == window_from) {
      return leaf;
    }
  }
  return nullptr;
}

Result<Leaf*> CellStore::leaf(const PreparedItem& item, std::size_t pipeline, const Fact& fact,
                              const Piece& piece, const Slot& slot) {
  const Pipeline& rule = item.pipelines[pipeline];
  STEELYARD_TRY(scope, scope_of(rule.stages.front(), fact, item));
  const std::uint32_t own_slot = item.is_dearest ? no_slot : slot.index;
  const bool is_kept = rule.window != metering::WindowKind::fact;
  if (!is_kept) {
    for (Leaf& each : passing_leaves_) {
      if (each.item == &item && each.pipeline == pipeline &&
          (item.is_dearest || each.slots.front().slot == slot.index)) {
        return &each;
      }
    }
  }
  std::unique_ptr<Leaf>* place = nullptr;
  if (is_kept) {
    Leaf* const recent = recent_leaf(item, pipeline, scope, own_slot, piece.window.from);
    if (recent != nullptr) return recent;
    const Key key{stage_number(item, pipeline, 0), scope, own_slot,
                  window_key(rule.window, fact, piece.window)};
    place = &leaf_at_[key];
    if (*place != nullptr) {
      return place->get();
    }
    *place = std::make_unique<Leaf>();
  }
  Leaf& leaf = is_kept ? **place : passing_leaves_.emplace_back();
  leaf.item = &item;
  leaf.scope = scope;
  leaf.slot = own_slot;
  leaf.pipeline = static_cast<std::uint8_t>(pipeline);
  leaf.window = piece.window;
  if (is_kept) leaf.earlier = std::exchange(names_[resource_name_].latest, &leaf);
  leaf.measured.resize(rule.dims.size());
  if (pipeline == 0 && reads_allowances(item, 0)) {
    leaf.allowances = &allowances(item, 0, fact, piece.window, slot.epoch);
    leaf.allowances->leaves.push_back(&leaf);
  }
  STEELYARD_TRY(target, target_behind(item, pipeline, 0, fact, piece.window, own_slot));
  leaf.target = target;
  return &leaf;
}

Allowances& CellStore::allowances(const PreparedItem& item, std::size_t stage, const Fact& fact,
                                  const base::Slot& window, std::uint32_t epoch) {
  const metering::WindowKind kind = item.pipelines.front().stages[stage].window;
  const std::uint32_t part = stage == 0 ? epoch : no_slot - static_cast<std::uint32_t>(stage);
  const Key key{first_stage_[item.index] + allowance_stage, resource_, part,
                window_key(kind, fact, window)};
  std::unique_ptr<Allowances>& place = allowances_at_[key];
  if (place == nullptr) {
    place = std::make_unique<Allowances>();
    place->window = window;
    place->measured.resize(item.allowances.size());
  }
  return *place;
}

Result<Target> CellStore::target_behind(const PreparedItem& item, std::size_t pipeline,
                                        std::size_t stage, const Fact& fact,
                                        const base::Slot& window, std::uint32_t slot) {
  const Pipeline& rule = item.pipelines[pipeline];
  const bool is_last = stage + 1 == rule.stages.size();
  if (pipeline == 0 && stage == item.cover_stage && item.is_coverable) {
    const Pipeline::Stage& here = rule.stages[stage];
    STEELYARD_TRY(scope, scope_of(here, fact, item));
    const std::uint32_t owner = item.gathers_at(pipeline, stage) ? item.accumulator : item.index;
    const Key key{first_stage_[owner] + tap_stage, scope, stage == 0 ? slot : no_slot,
                  window_key(here.window, fact, window)};
    std::unique_ptr<Tapped>& place = tap_at_[key];
    if (place != nullptr) return Target{place.get(), nullptr, nullptr};
    place = std::make_unique<Tapped>();
    Tapped& tap = *place;
    tap.item = &item;
    tap.number = next_tap_++;
    tap.window = window;
    tap.resource = here.has_resource ? std::string(fact.resource) : std::string();
    tap.scope = key_;  // What was asked for last.
    tap.slot = stage == 0 ? slot : no_slot;
    tap.account = account_;
    STEELYARD_TRY(behind, is_last ? priced(item, fact, window, slot)
                                  : pooled(item, pipeline, stage + 1, fact, window, slot));
    tap.target = behind;
    return Target{&tap, nullptr, nullptr};
  }
  return is_last ? priced(item, fact, window, slot)
                 : pooled(item, pipeline, stage + 1, fact, window, slot);
}

Result<Target> CellStore::pooled(const PreparedItem& item, std::size_t pipeline, std::size_t stage,
                                 const Fact& fact, const base::Slot& window, std::uint32_t slot) {
  const Pipeline::Stage& rule = item.pipelines[pipeline].stages[stage];
  STEELYARD_TRY(scope, scope_of(rule, fact, item));
  const base::Slot wide = rule.window == metering::WindowKind::fact
                              ? window
                              : cutter_->window(rule.window, window.from);
  // The sums of a measured quantity keep their slots as parts; a factor follows its quantity.
  const bool has_pools = item.pipelines.front().stages.size() > 1;
  const std::uint32_t own_slot = pipeline == 0 || has_pools ? no_slot : slot;
  std::unique_ptr<Pooled>* place = nullptr;
  const bool is_kept = !is_passing(item);
  if (is_kept) {
    const Key key{stage_number(item, pipeline, stage), scope, own_slot,
                  window_key(rule.window, fact, wide)};
    place = &pool_at_[key];
    if (*place != nullptr) return Target{nullptr, place->get(), nullptr};
    *place = std::make_unique<Pooled>();
  } else {
    for (Pooled& each : passing_pools_) {
      if (each.item == &item && each.pipeline == pipeline && each.stage == stage) {
        return Target{nullptr, &each, nullptr};
      }
    }
  }
  Pooled& pool = is_kept ? **place : passing_pools_.emplace_back();
  pool.item = &item;
  pool.pipeline = static_cast<std::uint8_t>(pipeline);
  pool.stage = static_cast<std::uint8_t>(stage);
  pool.window = wide;
  if (pipeline == 0 && reads_allowances(item, stage)) {
    pool.allowances = &allowances(item, stage, fact, wide, 0);
    pool.allowances->pools.push_back(&pool);
  }
  STEELYARD_TRY(target, target_behind(item, pipeline, stage, fact, wide, own_slot));
  pool.target = target;
  return Target{nullptr, &pool, nullptr};
}

Result<Target> CellStore::priced(const PreparedItem& item, const Fact& fact,
                                 const base::Slot& window, std::uint32_t slot) {
  const Pipeline::Stage& last = item.pipelines.front().stages.back();
  STEELYARD_TRY(scope, scope_of(last, fact, item));
  const bool has_pools = item.pipelines.front().stages.size() > 1;
  const std::uint32_t own_slot = has_pools ? no_slot : slot;
  std::unique_ptr<Priced>* place = nullptr;
  const bool is_kept = !is_passing(item);
  if (is_kept) {
    const bool is_gathered = item.gathering_stage != PreparedItem::no_stage;
    const Key key{first_stage_[is_gathered ? item.accumulator : item.index] + fee_stage, scope,
                  own_slot, window_key(last.window, fact, window)};
    place = &fee_at_[key];
    if (*place != nullptr) return Target{nullptr, nullptr, place->get()};
    *place = std::make_unique<Priced>();
  } else {
    for (Priced& each : passing_fees_) {
      if (each.item == &item && each.slot == own_slot) return Target{nullptr, nullptr, &each};
    }
  }
  Priced& fee = is_kept ? **place : passing_fees_.emplace_back();
  fee.item = &item;
  fee.window = window;
  fee.slot = own_slot;
  fee.quantities.resize(item.pipelines.size());
  return Target{nullptr, nullptr, &fee};
}

std::vector<Tapped*> CellStore::taps() const {
  std::vector<Tapped*> taps;
  for (const auto& [key, tap] : tap_at_) taps.push_back(tap.get());
  std::ranges::sort(taps, {}, &Tapped::number);
  return taps;
}

template <class Visit>
void CellStore::each_table(Visit visit) {
  visit(leaf_at_);
  visit(pool_at_);
  visit(fee_at_);
  visit(tap_at_);
  visit(allowances_at_);
}

void CellStore::settle(std::int64_t second) {
  for (Name& name : names_) {
    for (Leaf** leaf = &name.latest; *leaf != nullptr;) {
      if (is_over((*leaf)->window, second)) {
        *leaf = (*leaf)->earlier;
      } else {
        leaf = &(*leaf)->earlier;
      }
    }
  }
  boost::unordered_flat_set<std::uint32_t> used;
  each_table([&](auto& table) {
    erase_if(table, [&](const auto& each) { return is_over(each.second->window, second); });
    table.rehash(0);
    for (const auto& [key, cell] : table) used.insert(key.scope);
  });
  drop_names(used);
}

/// But those of accounts, and of what is used or has something used within it.
void CellStore::drop_names(boost::unordered_flat_set<std::uint32_t>& used) {
  for (const Name& name : names_) {
    const bool is_scope = (name.outer & attributes_within) != 0 && used.contains(name.number);
    if (is_scope) used.insert(static_cast<std::uint32_t>(name.outer));
  }
  std::erase_if(names_,
                [&](const Name& name) { return name.outer != 0 && !used.contains(name.number); });
  names_.shrink_to_fit();
  name_at_ = {};
  for (std::uint32_t i = 0; i < names_.size(); ++i) {
    name_at_.add(hash_of(names_[i].outer, names_[i].text), i);
  }
}

std::size_t CellStore::bytes() const {
  std::size_t bytes = 0;
  const auto add = [&](const auto& table, std::size_t cell_bytes) {
    bytes += table.size() * (sizeof(*table.begin()) + cell_bytes);
  };
  add(leaf_at_, sizeof(Leaf));
  add(pool_at_, sizeof(Pooled));
  add(fee_at_, sizeof(Priced));
  add(tap_at_, sizeof(Tapped));
  add(allowances_at_, sizeof(Allowances));
  for (const auto& [key, leaf] : leaf_at_) {
    bytes += leaf->out.bytes_outside();
    for (const metering::Measured& each : leaf->measured) bytes += each.bytes();
  }
  for (const auto& [key, pool] : pool_at_) {
    bytes += pool->in.bytes_outside() + pool->out.bytes_outside() +
             pool->members.capacity() * sizeof(Part);
  }
  for (const auto& [key, tap] : tap_at_) {
    bytes += tap->in.bytes_outside() + tap->out.bytes_outside() +
             tap->covers.capacity() * sizeof(Covering) + tap->resource.capacity();
  }
  for (const auto& [key, fee] : fee_at_) {
    for (const Parts& each : fee->quantities) bytes += each.bytes_outside();
  }
  for (const auto& [key, allowances] : allowances_at_) {
    for (const metering::Measured& each : allowances->measured) {
      bytes += sizeof each + each.bytes();
    }
  }
  for (const Name& each : names_) bytes += sizeof each + each.text.capacity();
  return bytes + name_at_.bytes();
}

}  // namespace steelyard::rating::cloud
