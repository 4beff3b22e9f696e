#include "steelyard/billing/accounts.h"

#include "steelyard/rating/cloud/window_fee.h"

namespace steelyard::billing {
namespace {

using rating::cloud::Charge;
using rating::cloud::Line;

Charge unrated(Error error) {
  Charge charge;
  charge.reason = error.code;
  charge.detail = std::move(error.detail);
  return charge;
}

Charge with_lines(Charge charge, const std::vector<Line>& lines, rating::cloud::RowTable& rows) {
  charge.lines.insert(charge.lines.end(), lines.begin(), lines.end());
  rating::cloud::settle(charge.lines, rows);
  charge.amount = {};
  for (const Line& line : charge.lines) charge.amount += line.amount;
  return charge;
}

std::vector<Line> negative(std::vector<Line> lines) {
  for (Line& line : lines) line = {line.row, -line.quantity, -line.amount};
  return lines;
}

}  // namespace

Accounts::Accounts(rating::cloud::Engine& engine)
    : engine_(&engine),
      subscriptions_(engine.catalog(), engine.rows()),
      plans_(engine.catalog(), engine.rows()) {}

Charge Accounts::apply(const usage::UsageEvent& event) {
  if (event.type == usage::EventType::resource_order) {
    auto order = read_order(event, engine_->catalog());
    return order.has_value() ? apply(*order) : unrated(std::move(order).error());
  }
  STEELYARD_CHECK(event.type == usage::EventType::plan_purchase);
  auto purchase = read_purchase(event, engine_->catalog());
  return purchase.has_value() ? apply(*purchase) : unrated(std::move(purchase).error());
}

Charge Accounts::apply(const Order& order) {
  STEELYARD_CHECK(applied_.try_emplace(order.event, order).second);
  Charge charge = subscriptions_.apply(order);
  // What is rejected never came, and may be sent again, corrected.
  if (!charge.is_rated && charge.reason < ErrorCode::unknown_model) {
    subscriptions_.take_back(order);
    applied_.erase(order.event);
  }
  return charge;
}

Charge Accounts::apply(const Purchase& purchase) {
  STEELYARD_CHECK(!knows(purchase.event));
  auto priced = plans_.price(purchase);
  if (!priced.has_value()) return unrated(std::move(priced).error());
  Charge charge = engine_->add_plan(priced->bought);
  if (!charge.is_rated) return charge;
  charge = with_lines(std::move(charge), priced->lines, engine_->rows());
  if (priced->problem.has_value()) {
    charge.is_rated = false;
    charge.reason = priced->problem->code;
    charge.detail = priced->problem->detail + "; the plan covers usage all the same";
  }
  applied_.try_emplace(purchase.event, *std::move(priced));
  return charge;
}

PricedPlan* Accounts::plan_of(const EventName& name) {
  const auto found = applied_.find(name);
  return found == applied_.end() ? nullptr : std::get_if<PricedPlan>(&found->second);
}

bool Accounts::has_settled_usage(const EventName& name) {
  const PricedPlan* const plan = plan_of(name);
  return plan != nullptr && engine_->has_settled_usage(plan->bought);
}

std::optional<Charge> Accounts::price_late(const Purchase& purchase) {
  PricedPlan* const plan = plan_of(purchase.event);
  if (plan == nullptr || !plan->problem.has_value()) return std::nullopt;
  auto priced = plans_.price(purchase);
  if (!priced.has_value() || priced->problem.has_value() || priced->bought != plan->bought) {
    return std::nullopt;
  }
  *plan = *std::move(priced);
  Charge charge;
  charge.is_rated = true;
  return with_lines(std::move(charge), plan->lines, engine_->rows());
}

void Accounts::forget_price(const EventName& name) {
  PricedPlan* const plan = plan_of(name);
  STEELYARD_CHECK(plan != nullptr);
  plan->lines.clear();
  plan->problem = Error{ErrorCode::no_price_at_that_time, "it had no price when it came"};
}

Charge Accounts::take_back(const EventName& name, std::string_view account) {
  const auto found = applied_.find(name);
  const auto account_of = [](const Applied& applied) {
    const auto* const order = std::get_if<Order>(&applied);
    return order != nullptr ? order->account : std::get<PricedPlan>(applied).bought.account;
  };
  if (found == applied_.end() || account_of(found->second) != account) {
    return unrated({ErrorCode::unknown_event, "no order or plan of source '" + name.source +
                                                  "' and id '" + name.id + "' came before"});
  }
  Charge charge;
  if (const auto* const order = std::get_if<Order>(&found->second)) {
    charge = subscriptions_.take_back(*order);
  } else {
    const PricedPlan& plan = std::get<PricedPlan>(found->second);
    charge = engine_->take_back_plan(plan.bought);
    if (!charge.is_rated) return charge;
    charge = with_lines(std::move(charge), negative(plan.lines), engine_->rows());
  }
  applied_.erase(found);
  return charge;
}

}  // namespace steelyard::billing
