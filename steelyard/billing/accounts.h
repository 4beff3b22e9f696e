#pragma once

#include <map>
#include <variant>

#include "steelyard/billing/plans.h"
#include "steelyard/billing/subscriptions.h"
#include "steelyard/rating/cloud/engine.h"

namespace steelyard::billing {

/// What accounts have bought: subscriptions, and the plans that an engine covers usage with.
/// The sum of all charges, of usage and of what is bought, does not depend on the order in
/// which events come.
class Accounts {
 public:
  /// The engine must outlive it; plans are given to it.
  explicit Accounts(rating::cloud::Engine& engine);

  /// A cloud.resource.order or cloud.plan.purchase. Keeps nothing of the event's document.
  /// The same as reading it (billing/order.h) and applying what was read.
  /// Requires: no event of that name was applied before.
  rating::cloud::Charge apply(const usage::UsageEvent& event);

  /// Lines of what the order changes; see Subscriptions.
  rating::cloud::Charge apply(const Order& order);

  /// Lines of what the plan costs, and negative ones of earlier usage that it covers.
  ///
  /// A plan whose price is not known is unrated, but covers: its charge then still has the
  /// lines and the amount of earlier usage that it covers, which belong into the totals.
  rating::cloud::Charge apply(const Purchase& purchase);

  /// Whether an event of that name was applied, rated or kept unrated.
  bool knows(const EventName& name) const { return applied_.contains(name); }

  /// Whether settled usage took of the plan of that event.
  bool has_settled_usage(const EventName& name);

  /// What a plan costs that has covered usage without a price since it was applied; none: there is
  /// no such plan of that event, or it has no price yet.
  std::optional<rating::cloud::Charge> price_late(const Purchase& purchase);

  /// A plan that was applied goes on to cover as if it had no price.
  void forget_price(const EventName& name);

  /// A correction: takes back what an event has changed, which may then be applied again.
  /// Errors: unknown_event (none of that name, or of another account).
  rating::cloud::Charge take_back(const EventName& name, std::string_view account);

 private:
  using Applied = std::variant<Order, PricedPlan>;

  PricedPlan* plan_of(const EventName& name);

  rating::cloud::Engine* engine_;
  Subscriptions subscriptions_;
  Plans plans_;
  std::map<EventName, Applied> applied_;
};

}  // namespace steelyard::billing
