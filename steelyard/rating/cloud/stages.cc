#include "steelyard/rating/cloud/stages.h"

#include <algorithm>

#include "steelyard/charge_model/fee.h"

namespace steelyard::rating::cloud {
namespace {

using metering::PlainStep;
using money::Rational;
using Kind = metering::PlainStep::Kind;

std::unexpected<Error> too_large(const PreparedItem& item) {
  return failure(ErrorCode::invalid_quantity,
                 item.rule->name + ": the quantity does not fit into 128 bits");
}

bool is_combine(Kind kind) { return kind >= Kind::combine_max; }

/// The slot whose steps shape a leaf: all slots of it agree on them, but for dates.
const Slot& first_slot(const Leaf& leaf, const SlotTable& slots) {
  const Slot* first = &slots.at(leaf.slots.front().slot);
  if (leaf.slots.size() == 1) return *first;
  for (const SlotCount& each : leaf.slots) {
    const Slot& slot = slots.at(each.slot);
    if (slot.order < first->order) first = &slot;
  }
  return *first;
}

/// Where the dims of a pipeline begin in the lists of a slot.
std::size_t first_dim(const PreparedItem& item, std::size_t pipeline) {
  std::size_t first = 0;
  for (std::size_t i = 0; i < pipeline; ++i) first += item.pipelines[i].dims.size();
  return first;
}

/// What a quantity costs at a slot; slots are compared by it. Nothing above the last bracket.
Rational fee_at(const Slot& slot, const Rational& quantity) {
  const pricebook::CloudPriceTable& table = slot.item->rule->price;
  const auto slices = charge_model::slices(table.kernel, slot.price, {}, quantity);
  Rational fee;
  if (!slices.has_value()) return fee;
  for (const charge_model::Slice& slice : *slices) {
    const Rational per = slice.is_flat ? Rational::whole(1) : Rational::of(table.per);
    fee += slice.quantity * Rational::of(slice.price) / per;
  }
  return fee;
}

/// The dearest of the slots that are present; of all, where none is.
std::uint32_t dearest(const Leaf& leaf, const Rational& quantity, const SlotTable& slots) {
  const Slot* best = nullptr;
  Rational best_fee;
  const bool is_any_present =
      std::ranges::any_of(leaf.slots, [](const SlotCount& each) { return each.present > 0; });
  for (const SlotCount& each : leaf.slots) {
    if (is_any_present && each.present == 0) continue;
    const Slot& slot = slots.at(each.slot);
    const Rational fee = fee_at(slot, quantity);
    const bool wins = best == nullptr || (!fee.is_too_large() && best_fee < fee) ||
                      (fee == best_fee && slot.order < best->order);
    if (!wins) continue;
    best = &slot;
    best_fee = fee;
  }
  return best->index;
}

std::vector<Rational> allowances_of(const PreparedItem& item, const Allowances* allowances,
                                    const Slot& slot, metering::Nanoseconds length) {
  std::vector<Rational> result;
  const std::size_t first = first_dim(item, item.pipelines.size());
  for (std::size_t i = 0; i < item.allowances.size(); ++i) {
    Rational q;
    if (allowances != nullptr) {
      q = allowances->measured[i].quantity(*item.allowances[i].rule, length);
    }
    for (const PlainStep& step : slot.dims[first + i]) q = metering::apply(step, q, result);
    result.push_back(q);
  }
  return result;
}

void note(const PlainStep& step, std::optional<std::size_t> dim,
          const std::pair<Rational, Rational>& change, const std::vector<Rational>& allowances,
          StepLog& log) {
  log.steps.push_back({dim, step, change.first, change.second, {}});
  if (step.kind == Kind::less_measured) log.steps.back().allowance = allowances[step.allowance];
}

metering::Nanoseconds length_of(const base::Slot& window) {
  return (window.to - window.from) * 1'000'000'000;
}

/// The first row of the table with every capacity at least its dim; that row's slot.
Result<Part> covering(const Leaf& leaf, const Slot& slot, const std::vector<Rational>& dims) {
  const metering::CoverTable* table = nullptr;
  for (const metering::Step* step : leaf.item->pipelines.front().stages.front().steps) {
    const auto* combine = std::get_if<metering::Combine>(step);
    if (combine != nullptr) table = &combine->cover;
  }
  for (std::size_t row = 0; row < table->rows.size(); ++row) {
    bool is_enough = true;
    for (std::size_t i = 0; i < dims.size(); ++i) {
      is_enough &= !(table->rows[row].capacities[i] < dims[i]);
    }
    if (!is_enough) continue;
    return Part{slot.cover_slots[row], Rational::whole(1)};
  }
  return failure(ErrorCode::above_top_tier,
                 leaf.item->rule->name + ": no " + table->attribute + " is large enough");
}

}  // namespace

void sort_parts(Parts& parts, const SlotTable& slots) {
  if (parts.size() < 2) return;
  std::sort(parts.begin(), parts.end(), [&](const Part& a, const Part& b) {
    return slots.at(a.slot).order < slots.at(b.slot).order;
  });
}

Result<Parts> output_of(const Leaf& leaf, const SlotTable& slots, StepLog* log) {
  if (leaf.slots.empty()) return Parts{};
  const PreparedItem& item = *leaf.item;
  const Pipeline& pipeline = item.pipelines[leaf.pipeline];
  const Slot& slot = first_slot(leaf, slots);
  const metering::Nanoseconds length = length_of(leaf.window);
  std::vector<Rational> allowances;
  if (!item.allowances.empty()) allowances = allowances_of(item, leaf.allowances, slot, length);

  boost::container::small_vector<Rational, 4> scratch;
  const std::size_t first = first_dim(item, leaf.pipeline);
  for (std::size_t i = 0; i < pipeline.dims.size(); ++i) {
    Rational q = leaf.measured[i].quantity(*pipeline.dims[i].rule, length);
    if (log != nullptr) log->measured.push_back(q);
    for (const PlainStep& step : slot.dims[first + i]) {
      const Rational before = q;
      q = metering::apply(step, q, allowances);
      if (log != nullptr) note(step, i, {before, q}, allowances, *log);
    }
    scratch.push_back(q);
  }
  std::optional<Part> covered;
  for (const PlainStep& step : slot.stages[leaf.pipeline].front()) {
    const Rational before = scratch.front();
    if (step.kind == Kind::combine_cover) {
      for (const Rational& q : scratch) {
        if (q.is_too_large()) return too_large(item);
      }
      STEELYARD_TRY(part, covering(leaf, slot, {scratch.begin(), scratch.end()}));
      covered = part;
      scratch.assign(1, part.quantity);
    } else if (is_combine(step.kind)) {
      const Rational q = metering::combined(step.kind, {scratch.begin(), scratch.end()});
      scratch.assign(1, q);
    } else {
      for (Rational& q : scratch) q = metering::apply(step, q, allowances);
    }
    if (log != nullptr) note(step, std::nullopt, {before, scratch.front()}, allowances, *log);
  }
  if (scratch.front().is_too_large()) return too_large(item);
  if (covered.has_value()) return Parts(Part{covered->slot, scratch.front()});
  const bool fits_every_slot = item.is_dearest || item.has_cover;
  if (!fits_every_slot) return Parts(Part{slot.index, scratch.front()});
  if (leaf.pipeline > 0) return Parts(Part{no_slot, scratch.front()});
  return Parts(Part{dearest(leaf, scratch.front(), slots), scratch.front()});
}

namespace {

Rational total_of(const Parts& parts) {
  Rational total;
  for (const Part& part : parts) total += part.quantity;
  return total;
}

/// Makes the parts add up to a new total: an allowance takes from the earliest, everything
/// else changes the latest first.
void set_total(Parts& parts, const Rational& total, bool from_the_front) {
  Rational difference = total - total_of(parts);
  if (difference.is_too_large()) {
    parts.back().quantity = difference;
    return;
  }
  if (!difference.is_negative()) {
    parts.back().quantity += difference;
    return;
  }
  const auto take = [&](Part& part) {
    const Rational taken = money::min(part.quantity, -difference);
    part.quantity += -taken;
    difference += taken;
  };
  if (from_the_front) {
    for (Part& part : parts) take(part);
  } else {
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) take(*part);
  }
}

void apply_to_parts(const PlainStep& step, const std::vector<Rational>& allowances, Parts& parts) {
  if (step.kind == Kind::scale) {
    for (Part& part : parts) part.quantity = part.quantity * step.number;
    return;
  }
  const Rational total = total_of(parts);
  if (total.is_too_large()) return;
  set_total(parts, metering::apply(step, total, allowances), step.kind == Kind::less);
}

/// The largest member, or the mean of the largest ones.
Parts top_of(const Pooled& pooled, const metering::Pool& pool, const SlotTable& slots) {
  std::vector<Part> members = pooled.members;
  std::ranges::sort(members, [&](const Part& a, const Part& b) {
    if (a.quantity != b.quantity) return b.quantity < a.quantity;
    return slots.at(a.slot).order < slots.at(b.slot).order;
  });
  if (members.empty()) return {};
  const std::size_t count =
      pool.operation == metering::Pool::Operation::max
          ? 1
          : std::min<std::size_t>(members.size(), std::max<std::size_t>(1, pool.top));
  Rational sum;
  for (std::size_t i = 0; i < count; ++i) sum += members[i].quantity;
  return Parts{{members.front().slot, sum * Rational::ratio(1, static_cast<std::int64_t>(count))}};
}

}  // namespace

Result<Parts> output_of(const Pooled& pooled, const SlotTable& slots, StepLog* log) {
  const Pipeline::Stage& stage = pooled.item->pipelines[pooled.pipeline].stages[pooled.stage];
  Parts parts = stage.pool->operation == metering::Pool::Operation::sum
                    ? pooled.in
                    : top_of(pooled, *stage.pool, slots);
  if (parts.empty()) return parts;
  if (log != nullptr) log->measured.push_back(total_of(parts));
  if (parts.front().slot != no_slot) {
    sort_parts(parts, slots);
    const Slot& slot = slots.at(parts.front().slot);
    std::vector<Rational> allowances;
    if (!pooled.item->allowances.empty()) {
      allowances = allowances_of(*pooled.item, pooled.allowances, slot, length_of(pooled.window));
    }
    for (const PlainStep& step : slot.stages[pooled.pipeline][pooled.stage]) {
      const Rational before = log != nullptr ? total_of(parts) : Rational();
      apply_to_parts(step, allowances, parts);
      if (log != nullptr) note(step, std::nullopt, {before, total_of(parts)}, allowances, *log);
    }
  }
  for (const Part& part : parts) {
    if (part.quantity.is_too_large()) return too_large(*pooled.item);
  }
  return parts;
}

}  // namespace steelyard::rating::cloud
