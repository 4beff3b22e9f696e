#include "steelyard/batch/cloud_run.h"

#include <algorithm>
#include <type_traits>

#include "steelyard/base/check.h"
#include "steelyard/ledger/command.h"
#include "steelyard/rating/cloud/window_fee.h"

namespace steelyard::batch {
namespace {

using rating::cloud::Charge;
using rating::cloud::Fact;

Charge unknown_event(const CloudRequest& request, bool has_settled) {
  Charge charge;
  charge.reason = ErrorCode::unknown_event;
  charge.detail = "no rated usage of source '" + std::string(request.corrects_source) +
                  "' and id '" + std::string(request.corrects_id) + "' came before" +
                  (has_settled ? ", or its windows are settled" : "");
  return charge;
}

bool is_beyond_ledger(const Charge& charge) {
  return charge.is_rated && !ledger::is_bookable(charge.amount);
}

Charge beyond_ledger(money::Decimal amount) {
  Charge charge;
  charge.reason = ErrorCode::invalid_quantity;
  charge.detail = "it costs " + amount.to_text() + "; the limit is " +
                  ledger::amount_max.to_text() + " either way";
  return charge;
}

}  // namespace

Charge CloudRun::apply(CloudRequest& request, identity::IdentityKey key) {
  switch (request.type) {
    case usage::EventType::resource_void: return take_back(request);
    case usage::EventType::resource_order: return apply_bookable(*request.order);
    case usage::EventType::plan_purchase: return apply_bookable(*request.purchase);
    default: break;
  }
  return request.corrects.has_value() ? replace(request, key) : apply_usage(request, key);
}

/// What is known already had no price when it came: charged is what it counts now and did not
/// then.
template <class Bought>
Charge CloudRun::apply_account(const Bought& bought) {
  if constexpr (std::is_same_v<Bought, billing::Purchase>) {
    if (auto charge = accounts_.price_late(bought); charge.has_value()) return *std::move(charge);
  }
  Charge before;
  if (accounts_.knows(bought.event)) before = accounts_.take_back(bought.event, bought.account);
  Charge charge = accounts_.apply(bought);
  if (before.lines.empty()) return charge;
  charge.lines.insert(charge.lines.end(), before.lines.begin(), before.lines.end());
  rating::cloud::settle(charge.lines, engine_.rows());
  charge.amount = {};
  for (const rating::cloud::Line& line : charge.lines) charge.amount += line.amount;
  return charge;
}

template <class Bought>
Charge CloudRun::apply_bookable(const Bought& bought) {
  const bool was_known = accounts_.knows(bought.event);
  Charge charge = apply_account(bought);
  if (!is_beyond_ledger(charge)) return charge;
  if (!was_known) accounts_.take_back(bought.event, bought.account);
  // What was known and had no price covers usage already, and goes on to.
  if constexpr (std::is_same_v<Bought, billing::Purchase>) {
    if (was_known) accounts_.forget_price(bought.event);
  }
  return beyond_ledger(charge.amount);
}

void CloudRun::forget_price(const CloudRequest& request) {
  if (request.type == usage::EventType::resource_order) {
    accounts_.take_back(request.order->event, request.order->account);
  }
  if (request.type == usage::EventType::plan_purchase) {
    accounts_.forget_price(request.purchase->event);
  }
}

Charge CloudRun::apply_usage(CloudRequest& request, identity::IdentityKey key) {
  request.fact.sequence = next_sequence_++;
  Charge charge = engine_.apply(request.fact);
  if (is_beyond_ledger(charge)) {
    STEELYARD_CHECK(engine_.take_back(request.fact).is_rated);
    return beyond_ledger(charge.amount);
  }
  if (charge.is_rated) {
    facts_.keep(number_of(key), request.fact, engine_.text_numbers());
    note(request.fact);
  }
  return charge;
}

void CloudRun::settle(std::int64_t second) {
  engine_.settle(second);
  forget_settled();
}

/// What was in a longer window at older prices may have been corrected after it was settled by
/// these.
void CloudRun::forget_settled() {
  constexpr std::int64_t longest_window = std::int64_t{32} * 86'400;
  const std::int64_t since =
      engine_.leaves_out_settled() ? engine_.settled() - longest_window : engine_.settled();
  facts_.forget_if(
      [&](const Fact& fact) { return fact.start.seconds < since && engine_.is_settled(fact); });
}

void CloudRun::end_again() {
  engine_.leave_out_settled(false);
  if (engine_.settled() > 0) forget_settled();
}

/// Of a fact that was rated; one that is not must not hold others back.
void CloudRun::note(const Fact& fact) {
  watermark_.note(fact.start.seconds);
  if (!settle_after_.has_value() || kept() < kept_at_next_look_) return;
  const std::optional<std::int64_t> mark = watermark_.second();
  if (!mark.has_value()) return;
  settle(*mark - *settle_after_);
  constexpr std::size_t least = 2'000;
  kept_at_next_look_ = kept() + std::max(kept() / 2, least);
}

/// What settling looks at.
std::size_t CloudRun::kept() const {
  return engine_.cells().open_windows() + engine_.cells().names() + facts_.size();
}

Charge CloudRun::take_back(const CloudRequest& request) {
  const std::uint64_t number = number_of(*request.corrects);
  const std::optional<Fact> fact = facts_.find(number);
  if (!fact.has_value()) {
    const billing::EventName name{std::string(request.corrects_source),
                                  std::string(request.corrects_id)};
    const bool is_known = accounts_.knows(name);
    // What the plan has covered of settled usage can not be charged any more.
    return is_known && !accounts_.has_settled_usage(name)
               ? accounts_.take_back(name, request.fact.account)
               : unknown_event(request, engine_.settled() > 0);
  }
  if (fact->account != request.fact.account) return unknown_event(request, engine_.settled() > 0);
  Charge charge = engine_.take_back(*fact);
  if (is_beyond_ledger(charge)) {
    STEELYARD_CHECK(engine_.apply(*fact).is_rated);
    return beyond_ledger(charge.amount);
  }
  if (charge.is_rated) facts_.forget(number);
  return charge;
}

/// Both or nothing: where the new fact has no price, the old one stays.
Charge CloudRun::replace(CloudRequest& request, identity::IdentityKey key) {
  const std::uint64_t number = number_of(*request.corrects);
  const std::optional<Fact> old = facts_.find(number);
  if (!old.has_value() || old->account != request.fact.account)
    return unknown_event(request, engine_.settled() > 0);
  Charge back = engine_.take_back(*old);
  if (!back.is_rated) return back;
  request.fact.sequence = next_sequence_++;
  Charge charge = engine_.apply(request.fact);
  if (charge.is_rated && !ledger::is_bookable(charge.amount + back.amount)) {
    STEELYARD_CHECK(engine_.take_back(request.fact).is_rated);
    charge = beyond_ledger(charge.amount + back.amount);
  }
  if (!charge.is_rated) {
    STEELYARD_CHECK(engine_.apply(*old).is_rated);
    return charge;
  }
  facts_.forget(number);
  facts_.keep(number_of(key), request.fact, engine_.text_numbers());
  note(request.fact);
  charge.lines.insert(charge.lines.end(), back.lines.begin(), back.lines.end());
  rating::cloud::settle(charge.lines, engine_.rows());
  charge.amount += back.amount;
  return charge;
}

}  // namespace steelyard::batch
