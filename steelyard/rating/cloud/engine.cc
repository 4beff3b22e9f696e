#include "steelyard/rating/cloud/engine.h"

#include <algorithm>

#include "steelyard/base/limits.h"
#include "steelyard/rating/cloud/stages.h"
#include "steelyard/rating/cloud/window_fee.h"

namespace steelyard::rating::cloud {
namespace {

using metering::Dim;
using money::Rational;

bool is_counter(const Dim& dim) {
  return dim.aggregate == Dim::Aggregate::sum || dim.aggregate == Dim::Aggregate::attribute;
}

}  // namespace

Engine::Engine(const Catalog& catalog, std::uint32_t first_item, const std::string& currency)
    : catalog_(&catalog),
      cutter_(catalog.calendar()),
      slots_(catalog),
      readings_(catalog),
      rows_(first_item, currency),
      cells_(catalog, cutter_),
      covers_(catalog, slots_, cutter_) {}

Charge Engine::change(const Fact& fact, Direction direction) {
  if (fact.start.seconds < limits::usage_second_min ||
      fact.end.seconds > limits::usage_second_max) {
    return finish(0, failure(ErrorCode::invalid_time, "/data/start: usage lies in 1970 to 2200"),
                  direction);
  }
  if (trace_ != nullptr) trace_->begin(*catalog_, slots_, fact, direction == Direction::take_back);
  cells_.begin(fact);
  FactReadings& readings = readings_.find(fact);
  attributes_ = readings.attributes;
  Result<void> result;
  for (ItemReadings& each : readings.items) {
    result = change_item(each, fact, direction);
    if (!result.has_value()) break;
  }
  if (result.has_value()) result = cover();
  return finish(cells_.account_number(), std::move(result), direction);
}

void Engine::settle(std::int64_t second) {
  settled_ = std::max(settled_, second);
  covers_.settle(settled_);
  cells_.settle(settled_);
}

bool Engine::is_settled(const Fact& fact) {
  if (fact.start.seconds >= settled_) return false;
  const FactReadings& all = readings_.find(fact);
  bool has_pieces = false;
  const bool is_refused = std::ranges::any_of(all.items, [&](const ItemReadings& each) {
    if (each.problem.has_value()) return false;
    return std::ranges::any_of(each.readings, [&](const Reading& reading) {
      if (!cut(*each.item, fact, reading).has_value() || pieces_.empty()) return false;
      has_pieces = true;
      return is_over(pieces_.front().window, settled_);
    });
  });
  notes_ = 0;  // Nothing was rated.
  return is_refused || (!has_pieces && fact.end.seconds < settled_);
}

Charge Engine::add_plan(const BoughtPlan& plan) {
  const std::uint32_t account = cells_.account_number(plan.account);
  trace_plans();
  covers_.note(account, plan);
  return plans_changed(account);
}

Charge Engine::take_back_plan(const BoughtPlan& plan) {
  const std::uint32_t account = cells_.account_number(plan.account);
  trace_plans();
  covers_.forget(account, plan);
  return plans_changed(account);
}

Charge Engine::plans_changed(std::uint32_t account) {
  covers_.allocate_all(account, listed_);
  return finish(account, pass_on_what_is_left(), Direction::add);
}

Charge Engine::finish(std::uint32_t account, Result<void> result, Direction direction) {
  Charge charge;
  if (result.has_value()) result = collect(account, charge.lines, direction);
  if (trace_ != nullptr) trace_->end(result.has_value());
  if (result.has_value()) {
    for (const Line& line : charge.lines) charge.amount += line.amount;
    charge.is_rated = true;
    charge.notes = notes_;
  } else {
    undo();
    charge.lines.clear();
    charge.reason = result.error().code;
    charge.detail = std::move(result.error().detail);
  }
  for (Priced* fee : dirty_) fee->is_dirty = false;
  for (Tapped* tap : listed_) tap->is_listed = false;
  dirty_.clear();
  tapped_.clear();
  listed_.clear();
  are_covers_changed_ = false;
  touched_.clear();
  undo_.clear();
  undo_measured_.clear();
  undo_members_.clear();
  cells_.drop_passing();
  notes_ = 0;
  return charge;
}

Result<void> Engine::change_item(ItemReadings& readings, const Fact& fact, Direction direction) {
  if (readings.problem.has_value()) return std::unexpected(*readings.problem);
  if (trace_ != nullptr) trace_->add_item(*readings.item, !readings.readings.empty());
  if (readings.readings.empty()) return {};
  touched_.clear();
  touched_pools_.clear();
  for (const Reading& reading : readings.readings) {
    STEELYARD_PASS(measure(readings, fact, reading, direction));
  }
  for (Leaf* leaf : touched_) STEELYARD_PASS(leaf_changed(*leaf, direction));
  for (Pooled* pool : touched_pools_) STEELYARD_PASS(pool_changed(*pool));
  return {};
}

/// Into `pieces_`, by rising time.
Result<void> Engine::cut(const PreparedItem& item, const Fact& fact, const Reading& reading) {
  const Dim& dim = *reading.rule->rule;
  const metering::WindowKind window =
      reading.is_allowance()
          ? item.pipelines.front().stages[item.allowance_stages[reading.dim]].window
          : item.pipelines[reading.pipeline].window;
  pieces_.clear();
  if (is_counter(dim)) {
    bool straddles = false;
    cutter_.cut_counter(item, window, fact, pieces_, straddles);
    if (straddles) notes_ |= static_cast<std::uint8_t>(Note::straddles_window);
  } else {
    STEELYARD_PASS(cutter_.cut_gauge(item, window, fact, pieces_));
  }
  return {};
}

Result<void> Engine::measure(ItemReadings& readings, const Fact& fact, const Reading& reading,
                             Direction direction) {
  const PreparedItem& item = *readings.item;
  STEELYARD_PASS(cut(item, fact, reading));
  if (leaves_out_settled_) {
    std::erase_if(pieces_, [&](const Piece& piece) { return is_over(piece.window, settled_); });
  }
  if (!pieces_.empty() && is_over(pieces_.front().window, settled_)) {
    return failure(ErrorCode::window_is_settled,
                   item.rule->name + ": the window that ended at " +
                       base::to_rfc3339({pieces_.front().window.to, 0}) + " is settled");
  }
  for (const Piece& piece : pieces_) {
    STEELYARD_PASS(measure_piece(readings, fact, reading, piece, direction));
  }
  return {};
}

Result<void> Engine::measure_piece(ItemReadings& readings, const Fact& fact, const Reading& reading,
                                   const Piece& piece, Direction direction) {
  const PreparedItem& item = *readings.item;
  const Dim& dim = *reading.rule->rule;
  const bool is_allowance = reading.is_allowance();
  const Slot& slot = slots_.find(item, fact, piece.moment, readings.slot);
  const std::size_t number = reading.slot_dim;
  if (!is_allowance) {
    if (slot.problem.has_value()) return std::unexpected(*slot.problem);
    for (const std::uint32_t cover : slot.cover_slots) {
      if (slots_.at(cover).problem.has_value()) return std::unexpected(*slots_.at(cover).problem);
    }
    if (item.bid != PreparedItem::no_attribute && !fact.attributes[item.bid].empty() &&
        number_of(fact.attributes[item.bid]) < Rational::of(slot.price.brackets.front().unit)) {
      notes_ |= static_cast<std::uint8_t>(Note::above_bid);
      return {};
    }
  }
  const auto is_unknown = [](const metering::PlainStep& step) { return step.is_unknown; };
  if (std::ranges::any_of(slot.dims[number], is_unknown)) {
    return std::unexpected(*slot.dim_problems[number]);
  }
  Rational value = reading.value_in(fact);
  if (!slot.each[number].empty()) {
    STEELYARD_TRY(stepped, value_of(reading, fact, slot.each[number], slot.dim_problems[number]));
    value = stepped;
  }
  if (!slot.limits[number].admits(value)) {
    return failure(ErrorCode::invalid_quantity, item.rule->name + ": " + value.to_text() +
                                                    " of meter " + dim.meter + " is more than " +
                                                    slot.limits[number].largest.to_text() +
                                                    ", or finer than twelve decimals");
  }
  const metering::Sample sample{piece.from, piece.to, value};

  Leaf* leaf = nullptr;
  metering::Measured* measured = nullptr;
  if (is_allowance) {
    Allowances& allowances =
        cells_.allowances(item, item.allowance_stages[reading.dim], fact, piece.window, slot.epoch);
    measured = &allowances.measured[reading.dim];
    if (trace_ != nullptr) trace_->keep(allowances);
    for (Leaf* reader : allowances.leaves) touch(*reader);
    for (Pooled* reader : allowances.pools) touched_pools_.push_back(reader);
  } else {
    STEELYARD_TRY(found, cells_.leaf(item, reading.pipeline, fact, piece, slot));
    leaf = found;
    measured = &leaf->measured[reading.dim];
    if (trace_ != nullptr) trace_->keep(*leaf);
    touch(*leaf);
  }
  if (trace_ != nullptr) trace_reading(item, fact, reading, slot.each[number]);
  const bool adds =
      direction == Direction::add || (leaf != nullptr && is_by_fact(item, reading.pipeline));
  if (adds) {
    const auto added = measured->add(dim, sample);
    if (added == metering::Measured::Added::too_large) {
      return failure(ErrorCode::invalid_quantity,
                     item.rule->name + ": the quantity does not fit into 128 bits");
    }
    if (added == metering::Measured::Added::overlapping && !is_allowance) {
      notes_ |= static_cast<std::uint8_t>(Note::overlapping_gauge);
    }
  } else {
    measured->remove(dim, sample);
  }
  undo_measured_.emplace_back(measured, &dim, sample, adds, leaf, slot.index);
  if (leaf != nullptr) count_sample(*leaf, undo_measured_.back(), adds ? 1 : -1);
  return {};
}

void Engine::count_sample(Leaf& leaf, const UndoMeasured& measured, int by) {
  auto found = std::ranges::find(leaf.slots, measured.slot, &SlotCount::slot);
  if (found == leaf.slots.end()) {
    leaf.slots.push_back({measured.slot, 0, 0});
    found = leaf.slots.end() - 1;
  }
  const metering::Sample& sample = measured.sample;
  const bool holds = is_counter(*measured.rule) || sample.from < sample.to;
  found->samples += static_cast<std::uint32_t>(by);
  if (holds && sample.value.is_positive()) found->present += static_cast<std::uint32_t>(by);
  if (found->samples == 0) leaf.slots.erase(found);
}

Result<Rational> Engine::value_of(const Reading& reading, const Fact& fact,
                                  const std::vector<metering::PlainStep>& steps,
                                  const std::optional<Error>& problem) {
  const Catalog::Code& code = catalog_->code(fact.code);
  Rational value = reading.value_in(fact);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const PreparedDim::Each& each = reading.rule->each[i];
    if (const auto* times = std::get_if<metering::TimesOf>(each.step)) {
      if (times->is_attribute) {
        const std::string_view text = fact.attributes[each.source];
        if (text.empty()) {
          return missing_attribute(times->name, std::string("meter ") + reading.rule->rule->meter);
        }
        value = value * number_of(text);
        continue;
      }
      const money::Decimal* const other = fact.meter(each.source);
      if (other == nullptr) {
        return failure(ErrorCode::unknown_meter, "/data/meters/" + times->name + " is missing: '" +
                                                     reading.rule->rule->meter +
                                                     "' is multiplied by it");
      }
      value = value * Rational::of(*other);
    } else if (std::get_if<metering::MaxWith>(each.step) != nullptr) {
      const money::Decimal* const other = fact.meter(each.source);
      if (other != nullptr) value = money::max(value, Rational::of(*other));
    } else if (const auto* states = std::get_if<metering::States>(each.step)) {
      const std::string_view word = fact.attributes[each.source];
      if (word.empty()) {
        return missing_attribute(code.attributes[each.source].name,
                                 std::string("meter ") + reading.rule->rule->meter);
      }
      const auto state = std::ranges::find(states->states, word, &metering::States::State::word);
      if (state != states->states.end() && state->value.has_value()) value = *state->value;
    } else if (steps[i].is_unknown) {
      if (!value.is_zero()) return std::unexpected(*problem);
    } else {
      value = metering::apply(steps[i], value, {});
    }
    if (value.is_too_large()) return value;
  }
  return value;
}

void Engine::touch(Leaf& leaf) {
  // Most facts touch few leaves, and a leaf is touched by dims that follow each other.
  const std::size_t last = touched_.size();
  for (std::size_t i = last > 4 ? last - 4 : 0; i < last; ++i) {
    if (touched_[i] == &leaf) return;
  }
  touched_.push_back(&leaf);
}

Result<void> Engine::leaf_changed(Leaf& leaf, Direction direction) {
  auto output = output_of(leaf, slots_);
  if (!output.has_value()) return std::unexpected(std::move(output).error());
  Parts& out = *output;
  if (out == leaf.out) return {};
  // A leaf of one fact is made anew to take it back: what it gave is taken from what it fed.
  if (direction == Direction::take_back && is_by_fact(*leaf.item, leaf.pipeline) &&
      !is_passing(*leaf.item)) {
    leaf.out = out;
    return deliver(leaf.target, leaf.pipeline, out, {});
  }
  STEELYARD_PASS(deliver(leaf.target, leaf.pipeline, leaf.out, out));
  undo_.emplace_back(&leaf.out, std::move(leaf.out));
  leaf.out = std::move(out);
  return {};
}

Result<void> Engine::deliver(const Target& target, std::size_t pipeline, const Parts& before,
                             const Parts& after) {
  if (target.pooled != nullptr) return deliver_pooled(*target.pooled, before, after);
  if (target.tapped != nullptr) {
    Tapped& tap = *target.tapped;
    if (trace_ != nullptr) trace_->keep(tap);
    undo_.emplace_back(&tap.in, tap.in);
    tap.in = after;
    tapped_.push_back(&tap);
    return {};
  }
  Priced& fee = *target.priced;
  if (trace_ != nullptr) trace_->keep(fee);
  undo_.emplace_back(&fee.quantities[pipeline], fee.quantities[pipeline]);
  fee.quantities[pipeline] = after;
  if (!fee.is_dirty) dirty_.push_back(&fee);
  fee.is_dirty = true;
  return {};
}

Result<void> Engine::deliver_pooled(Pooled& pool, const Parts& before, const Parts& after) {
  if (trace_ != nullptr) trace_->keep(pool);
  const metering::Pool& rule = *pool.item->pipelines[pool.pipeline].stages[pool.stage].pool;
  if (rule.operation == metering::Pool::Operation::sum) {
    undo_.emplace_back(&pool.in, pool.in);
    const auto add = [&](const Part& part, bool is_less) {
      auto found = std::find_if(pool.in.begin(), pool.in.end(),
                                [&](const Part& each) { return each.slot == part.slot; });
      if (found == pool.in.end()) {
        pool.in.push_back({part.slot, {}});
        found = pool.in.end() - 1;
      }
      found->quantity += is_less ? -part.quantity : part.quantity;
    };
    for (const Part& part : before) add(part, true);
    for (const Part& part : after) add(part, false);
  } else {
    undo_members_.push_back({&pool.members, pool.members});
    for (const Part& part : before) {
      const auto found = std::ranges::find(pool.members, part);
      STEELYARD_CHECK(found != pool.members.end());
      pool.members.erase(found);
    }
    pool.members.insert(pool.members.end(), after.begin(), after.end());
  }
  return pool_changed(pool);
}

Result<void> Engine::pool_changed(Pooled& pool) {
  auto output = output_of(pool, slots_);
  if (!output.has_value()) return std::unexpected(std::move(output).error());
  Parts& out = *output;
  if (out == pool.out) return {};
  STEELYARD_PASS(deliver(pool.target, pool.pipeline, pool.out, out));
  undo_.emplace_back(&pool.out, std::move(pool.out));
  pool.out = std::move(out);
  return {};
}

/// Lets plans cover what was measured, and passes the rest on.
Result<void> Engine::cover() {
  if (tapped_.empty()) return {};
  if (trace_ != nullptr) trace_taps();
  std::erase_if(tapped_, [&](Tapped* tap) {
    covers_.note(*tap);
    if (covers_.covers(tap->account, *tap->item)) return false;
    if (!tap->is_listed) listed_.push_back(tap);
    tap->is_listed = true;
    return true;
  });
  are_covers_changed_ = true;
  covers_.allocate(tapped_, listed_);
  return pass_on_what_is_left();
}

Result<void> Engine::pass_on_what_is_left() {
  for (Tapped* tap : listed_) {
    Parts out = tap->in;
    for (const Covering& each : tap->covers) {
      const auto part = std::find_if(out.begin(), out.end(),
                                     [&](const Part& of) { return of.slot == each.part.slot; });
      STEELYARD_CHECK(part != out.end());
      part->quantity += -each.part.quantity;
    }
    if (out == tap->out) continue;
    STEELYARD_PASS(deliver(tap->target, 0, tap->out, out));
    undo_.emplace_back(&tap->out, std::move(tap->out));
    tap->out = std::move(out);
  }
  return {};
}

/// The differences of all fees that changed. Nothing is kept if one can not be told.
Result<void> Engine::collect(std::uint32_t account, Lines& lines, Direction direction) {
  changes_.clear();
  covers_lines_.clear();
  if (fees_.size() < dirty_.size()) fees_.resize(dirty_.size());
  for (std::size_t i = 0; i < dirty_.size(); ++i) {
    const Priced& fee = *dirty_[i];
    FeeLines& fee_lines = fees_[i];
    STEELYARD_PASS(window_fee(fee, slots_, rows_, fee_lines));
    const bool is_given_back = direction == Direction::take_back && is_passing(*fee.item);
    if (is_given_back) {
      add_difference(fee_lines, {}, changes_);
    } else {
      add_difference(fee.lines, fee_lines, changes_);
    }
  }
  for (const Tapped* tap : listed_) {
    FeeLines covered;
    for (const Covering& each : tap->covers) {
      const Row& row = rows_.of_plan(slots_.at(each.part.slot), *each.plan_name);
      covered.push_back({&row, false, each.part.quantity});
    }
    add_difference(tap->lines, covered, changes_);
    covers_lines_.push_back(std::move(covered));
  }
  STEELYARD_PASS(sums_.add(account, changes_, rows_, lines));
  for (std::size_t i = 0; i < dirty_.size(); ++i) dirty_[i]->lines = fees_[i];
  for (std::size_t i = 0; i < listed_.size(); ++i) listed_[i]->lines = std::move(covers_lines_[i]);
  return {};
}

/// As if the fact had never come.
void Engine::undo() {
  for (auto at = undo_measured_.rbegin(); at != undo_measured_.rend(); ++at) {
    if (at->leaf != nullptr) count_sample(*at->leaf, *at, at->was_added ? -1 : 1);
    if (at->was_added) {
      at->measured->remove(*at->rule, at->sample);
    } else {
      STEELYARD_CHECK(at->measured->add(*at->rule, at->sample) !=
                      metering::Measured::Added::too_large);
    }
  }
  for (auto at = undo_members_.rbegin(); at != undo_members_.rend(); ++at) {
    *at->members = std::move(at->before);
  }
  for (auto at = undo_.rbegin(); at != undo_.rend(); ++at) *at->parts = std::move(at->before);
  if (are_covers_changed_) covers_.allocate_anew(tapped_, listed_);
}

}  // namespace steelyard::rating::cloud
