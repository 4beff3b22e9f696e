#include "steelyard/rating/cloud/cell_store.h"

#include <algorithm>

namespace steelyard::rating::cloud {
namespace {

/// Numbers that an item needs beside those of its stages.
constexpr std::uint32_t fee_stage = 0;
constexpr std::uint32_t tap_stage = 1;
constexpr std::uint32_t allowance_stage = 2;
constexpr std::uint32_t own_stages = 3;

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
  std::size_t number = first_stage_[item.index] + own_stages;
  for (std::size_t i = 0; i < pipeline; ++i) number += item.pipelines[i].stages.size();
  return static_cast<std::uint32_t>(number + stage);
}

std::uint32_t CellStore::intern(std::string_view text) {
  const auto found = scopes_.find(text);
  if (found != scopes_.end()) return found->second;
  const auto number = static_cast<std::uint32_t>(texts_.size());
  texts_.emplace_back(text);
  scopes_.emplace(std::string(text), number);
  return number;
}

std::uint32_t CellStore::account_number(std::string_view account) {
  key_ = "account:";
  key_ += account;
  return intern(key_);
}

Result<std::uint32_t> CellStore::scope_of(const Pipeline::Stage& stage, const Fact& fact,
                                          const PreparedItem& item) {
  key_.assign(fact.account);
  key_ += '\0';
  if (stage.has_resource) key_ += fact.resource;
  for (const std::uint16_t attribute : stage.scope) {
    if (fact.attributes[attribute].empty()) {
      return missing_attribute(catalog_->code(fact.code).attributes[attribute].name,
                               item.rule->name);
    }
    key_ += '\0';
    key_ += fact.attributes[attribute];
  }
  return intern(key_);
}

std::int64_t CellStore::window_key(metering::WindowKind kind, const Fact& fact,
                                   const base::Slot& window) {
  return kind == metering::WindowKind::fact ? static_cast<std::int64_t>(fact.sequence)
                                            : window.from;
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
          (item.is_dearest || each.slots.front().first == slot.index)) {
        return &each;
      }
    }
  }
  Leaf** place = nullptr;
  if (is_kept) {
    const Key key{stage_number(item, pipeline, 0), scope, own_slot,
                  window_key(rule.window, fact, piece.window)};
    place = &leaf_at_.try_emplace(key, nullptr).first->second;
    if (*place != nullptr) return *place;
  }
  Leaf& leaf = is_kept ? leaves_.emplace_back() : passing_leaves_.emplace_back();
  if (place != nullptr) *place = &leaf;
  leaf.item = &item;
  leaf.pipeline = static_cast<std::uint8_t>(pipeline);
  leaf.window = piece.window;
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
  key_.assign(fact.account);
  key_ += '\0';
  key_ += fact.resource;
  const metering::WindowKind kind = item.pipelines.front().stages[stage].window;
  const std::uint32_t part = stage == 0 ? epoch : no_slot - static_cast<std::uint32_t>(stage);
  const Key key{first_stage_[item.index] + allowance_stage, intern(key_), part,
                window_key(kind, fact, window)};
  Allowances*& place = allowances_at_.try_emplace(key, nullptr).first->second;
  if (place == nullptr) {
    place = &allowances_.emplace_back();
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
    const Key key{first_stage_[item.index] + tap_stage, scope, stage == 0 ? slot : no_slot,
                  window_key(here.window, fact, window)};
    Tapped*& place = tap_at_.try_emplace(key, nullptr).first->second;
    if (place != nullptr) return Target{place, nullptr, nullptr};
    Tapped& tap = taps_.emplace_back();
    place = &tap;
    tap.item = &item;
    tap.window = window;
    tap.resource = here.has_resource ? std::string(fact.resource) : std::string();
    tap.scope = text_of(scope);
    tap.slot = stage == 0 ? slot : no_slot;
    tap.account = account_number(fact.account);
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
  Pooled** place = nullptr;
  const bool is_kept = !is_passing(item);
  if (is_kept) {
    const Key key{stage_number(item, pipeline, stage), scope, own_slot,
                  window_key(rule.window, fact, wide)};
    place = &pool_at_.try_emplace(key, nullptr).first->second;
    if (*place != nullptr) return Target{nullptr, *place, nullptr};
  } else {
    for (Pooled& each : passing_pools_) {
      if (each.item == &item && each.pipeline == pipeline && each.stage == stage) {
        return Target{nullptr, &each, nullptr};
      }
    }
  }
  Pooled& pool = is_kept ? pools_.emplace_back() : passing_pools_.emplace_back();
  if (place != nullptr) *place = &pool;
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
  Priced** place = nullptr;
  const bool is_kept = !is_passing(item);
  if (is_kept) {
    const Key key{first_stage_[item.index] + fee_stage, scope, own_slot,
                  window_key(last.window, fact, window)};
    place = &fee_at_.try_emplace(key, nullptr).first->second;
    if (*place != nullptr) return Target{nullptr, nullptr, *place};
  } else {
    for (Priced& each : passing_fees_) {
      if (each.item == &item && each.slot == own_slot) return Target{nullptr, nullptr, &each};
    }
  }
  Priced& fee = is_kept ? fees_.emplace_back() : passing_fees_.emplace_back();
  if (place != nullptr) *place = &fee;
  fee.item = &item;
  fee.window = window;
  fee.slot = own_slot;
  fee.quantities.resize(item.pipelines.size());
  return Target{nullptr, nullptr, &fee};
}

std::size_t CellStore::bytes() const {
  std::size_t bytes = leaves_.size() * sizeof(Leaf) + pools_.size() * sizeof(Pooled) +
                      fees_.size() * sizeof(Priced) + taps_.size() * sizeof(Tapped);
  for (const Leaf& leaf : leaves_) {
    for (const metering::Measured& each : leaf.measured) bytes += each.bytes();
  }
  return bytes;
}

}  // namespace steelyard::rating::cloud
