#include "steelyard/rating/cloud/trace.h"

#include <algorithm>
#include <tuple>

namespace steelyard::rating::cloud {
namespace {

using metering::Dim;

/// Errors are those of the change itself, which says them.
template <class Cell>
Trace::Stage::State state_of(const Cell& cell, const SlotTable& slots) {
  Trace::Stage::State state;
  auto out = output_of(cell, slots, &state.log);
  if (out.has_value()) state.out = *std::move(out);
  return state;
}

Trace::Cover::State state_of(const Tapped& tap) {
  Trace::Cover::State state{tap.in, {}, tap.out};
  for (const Covering& each : tap.covers) state.covers.emplace_back(each.plan_name, each.part);
  return state;
}
Trace::Fee::State state_of(const Priced& fee) {
  return {{fee.quantities.begin(), fee.quantities.end()}, fee.lines};
}

constexpr const char* not_in_force = "not in force at that time";

std::string quoted(const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& each : values) text += (text.empty() ? "" : " or ") + each;
  return text;
}

/// The first condition of a dim that the fact does not meet, in words.
std::string unmet(const PreparedDim& dim, const Fact& fact, const Catalog::Code& code) {
  for (const PreparedCondition& each : dim.where) {
    const std::string_view value = fact.attributes[each.attribute];
    if (!value.empty() && holds(*each.condition, value)) continue;
    return "only with " + code.attributes[each.attribute].name + ' ' +
           (each.condition->is_negated ? "not " : "") + quoted(each.condition->values) +
           (value.empty() ? "; the fact says none" : "; the fact has " + std::string(value));
  }
  return {};
}

}  // namespace

void Trace::begin(const Catalog& catalog, const SlotTable& slots, const Fact& fact,
                  bool is_taken_back) {
  catalog_ = &catalog;
  slots_ = &slots;
  fact_ = &fact;
  is_open_ = true;
  Change& change = changes_.emplace_back();
  change.is_taken_back = is_taken_back;
  change.resource = fact.resource;
  change.start = fact.start;
  change.end = fact.end;
}

void Trace::begin_plans(const Catalog& catalog, const SlotTable& slots) {
  catalog_ = &catalog;
  slots_ = &slots;
  fact_ = nullptr;
  is_open_ = true;
  changes_.emplace_back().is_of_plans = true;
}

Trace::Item& Trace::item_of(const PreparedItem& item) {
  std::vector<Item>& items = changes_.back().items;
  const auto found = std::ranges::find(items, &item, &Item::item);
  if (found != items.end()) return *found;
  Item& added = items.emplace_back();
  added.item = &item;
  return added;
}

/// Whose a cell is shown as: of the version that reads the fact, also where an earlier one made it.
Trace::Item& Trace::reader_of(const PreparedItem& item) {
  for (Item& each : changes_.back().items) {
    if (each.item->accumulator == item.accumulator && !each.readings.empty()) return each;
  }
  return item_of(item);
}

void Trace::add_item(const PreparedItem& item, bool is_read) {
  Item& added = item_of(item);
  if (!is_read) added.why_not = why_not(item);
}

void Trace::add_reading(const PreparedItem& item, Reading reading) {
  std::vector<Reading>& readings = item_of(item).readings;
  const auto found = std::ranges::find_if(readings, [&](const Reading& each) {
    return each.dim == reading.dim && each.pipeline == reading.pipeline &&
           each.is_allowance == reading.is_allowance;
  });
  if (found == readings.end()) return readings.push_back(std::move(reading));
  found->pieces += reading.pieces;
}

std::string Trace::why_not(const PreparedItem& item) const {
  const base::Validity& validity = item.validity;
  if ((validity.to && *validity.to <= fact_->start) ||
      (validity.from && *validity.from > fact_->end)) {
    return not_in_force;
  }
  const Catalog::Code& code = catalog_->code(fact_->code);
  std::string meters;
  std::string condition;
  for (const Pipeline& pipeline : item.pipelines) {
    for (const PreparedDim& dim : pipeline.dims) {
      if (dim.rule->aggregate == Dim::Aggregate::attribute) continue;
      if (fact_->meter(dim.source) == nullptr) {
        if (meters.find(dim.rule->meter) != std::string::npos) continue;
        meters += (meters.empty() ? "" : " or ") + dim.rule->meter;
      } else if (condition.empty()) {
        condition = unmet(dim, *fact_, code);
      }
    }
  }
  return condition.empty() ? "no meter " + meters : condition;
}

std::string Trace::scope_of(const PreparedItem& item, std::size_t pipeline,
                            std::size_t stage) const {
  if (fact_ == nullptr) return {};
  const Pipeline::Stage& rule = item.pipelines[pipeline].stages[stage];
  std::string text(rule.has_resource ? fact_->resource : "all of " + std::string(fact_->account));
  for (const std::uint16_t attribute : rule.scope) {
    text += ", " + catalog_->code(fact_->code).attributes[attribute].name + ' ' +
            std::string(fact_->attributes[attribute]);
  }
  return text;
}

template <class Cell>
void Trace::keep_stage(const Cell& cell, std::size_t stage) {
  std::vector<Stage>& stages = (stage == 0 ? item_of(*cell.item) : reader_of(*cell.item)).stages;
  if (std::ranges::find(stages, &cell, &Stage::cell) != stages.end()) return;
  Stage added;
  added.cell = &cell;
  added.item = cell.item;
  added.pipeline = cell.pipeline;
  added.stage = stage;
  added.window = cell.window;
  added.scope = scope_of(*cell.item, cell.pipeline, stage);
  added.before = state_of(cell, *slots_);
  stages.push_back(std::move(added));
}

void Trace::keep(const Leaf& leaf) { keep_stage(leaf, 0); }
void Trace::keep(const Pooled& pool) { keep_stage(pool, pool.stage); }

void Trace::keep(const Allowances& allowances) {
  for (const Leaf* leaf : allowances.leaves) keep(*leaf);
  for (const Pooled* pool : allowances.pools) keep(*pool);
}

void Trace::keep(const Tapped& tap) {
  std::vector<Cover>& covers = reader_of(*tap.item).covers;
  if (std::ranges::find(covers, &tap, &Cover::cell) != covers.end()) return;
  covers.push_back({&tap, tap.item, tap.window, tap.resource, state_of(tap), {}});
}

void Trace::keep(const Priced& fee) {
  std::vector<Fee>& fees = reader_of(*fee.item).fees;
  if (std::ranges::find(fees, &fee, &Fee::cell) != fees.end()) return;
  fees.push_back({&fee, fee.item, fee.window, state_of(fee), {}, {}});
}

/// Those that no meter of the fact leads to.
void Trace::add_other_items() {
  for (const std::uint32_t index : catalog_->code(fact_->code).items) {
    Item& item = item_of(catalog_->items()[index]);
    const bool is_shown = !item.readings.empty() || !item.stages.empty() || !item.covers.empty() ||
                          !item.fees.empty();
    if (item.why_not.empty() && !is_shown) {
      item.why_not = why_not(*item.item);
    }
  }
  std::ranges::sort(changes_.back().items, {}, [](const Item& each) { return each.item->index; });
}

void Trace::end(bool is_rated) {
  if (!is_open_) return;
  is_open_ = false;
  Change& change = changes_.back();
  change.is_rated = is_rated;
  for (Item& item : change.items) {
    for (Stage& each : item.stages) {
      each.after = each.stage == 0 ? state_of(*static_cast<const Leaf*>(each.cell), *slots_)
                                   : state_of(*static_cast<const Pooled*>(each.cell), *slots_);
    }
    std::ranges::sort(item.stages, [](const Stage& a, const Stage& b) {
      return std::tie(a.pipeline, a.stage, a.window.from, a.scope) <
             std::tie(b.pipeline, b.stage, b.window.from, b.scope);
    });
    for (Cover& each : item.covers) each.after = state_of(*each.cell);
    std::erase_if(item.covers, [](const Cover& each) {
      const bool is_same = each.before.in == each.after.in &&
                           each.before.covers == each.after.covers &&
                           each.before.out == each.after.out;
      return is_same || (each.before.covers.empty() && each.after.covers.empty());
    });
    std::ranges::sort(item.covers, {}, [](const Cover& each) { return each.window.from; });
    for (Fee& each : item.fees) {
      each.after = state_of(*each.cell);
      for (const Fee::State* state : {&each.after, &each.before}) {
        for (const Part& part : state->quantities.front()) {
          const Slot* const slot = &slots_->at(part.slot);
          if (std::ranges::find(each.slots, slot) == each.slots.end()) each.slots.push_back(slot);
        }
      }
    }
    std::ranges::sort(item.fees, {}, [](const Fee& each) { return each.window.from; });
    const bool was_measured = !item.stages.empty() || !item.readings.empty();
    if (fact_ == nullptr || !item.why_not.empty()) continue;
    item.is_failed = !is_rated && &item == &change.items.back();
    if (item.is_failed || was_measured || !item.covers.empty()) continue;
    // Items of other products can have been looked at on the way.
    const auto& own = catalog_->code(fact_->code).items;
    if (std::ranges::find(own, item.item->index) != own.end()) item.why_not = not_in_force;
  }
  if (fact_ != nullptr && is_rated) add_other_items();
  // Of an item with several versions, the one in force says why.
  std::vector<std::string> told;
  for (const Item& item : change.items) {
    if (item.why_not != not_in_force) told.push_back(item.item->rule->name);
  }
  std::erase_if(change.items, [&](const Item& item) {
    if (item.why_not == not_in_force) {
      return std::ranges::find(told, item.item->rule->name) != told.end();
    }
    return item.why_not.empty() && !item.is_failed && item.readings.empty() &&
           item.stages.empty() && item.covers.empty() && item.fees.empty();
  });
  fact_ = nullptr;
}

}  // namespace steelyard::rating::cloud
