#include "steelyard/billing/subscriptions.h"

#include <algorithm>

#include "steelyard/rating/cloud/window_fee.h"

namespace steelyard::billing {

using rating::cloud::Charge;
using rating::cloud::Line;

Subscriptions::Subscriptions(const rating::cloud::Catalog& catalog, rating::cloud::RowTable& rows)
    : book_(catalog),
      calendar_(catalog.calendar()),
      pricing_{nullptr, nullptr, &rows,
               std::string(catalog.book().versions.front().currency.code())} {}

Charge Subscriptions::apply(const Order& order) {
  Subscription& subscription = subscriptions_[{order.account, order.code, order.resource}];
  std::vector<Order>& orders = subscription.orders;
  orders.insert(std::ranges::upper_bound(orders, order, happens_before), order);
  return change(subscription, &order.event);
}

Charge Subscriptions::take_back(const Order& order) {
  const auto found = subscriptions_.find({order.account, order.code, order.resource});
  STEELYARD_CHECK(found != subscriptions_.end());
  const auto erased = std::erase_if(found->second.orders,
                                    [&](const Order& each) { return each.event == order.event; });
  STEELYARD_CHECK(erased == 1);
  Charge charge = change(found->second, nullptr);
  if (found->second.orders.empty()) subscriptions_.erase(found);
  return charge;
}

Charge Subscriptions::change(Subscription& subscription, const EventName* applied) {
  Pricing pricing = pricing_;
  pricing.book = &book_;
  pricing.calendar = &calendar_;
  SubscriptionFee fee = fee_of(subscription.orders, pricing);
  Charge charge;
  if (applied != nullptr) {
    const auto problem = fee.set_aside.find(*applied);
    if (problem != fee.set_aside.end()) {
      charge.reason = problem->second.code;
      charge.detail = problem->second.detail;
      return charge;
    }
  }
  for (const Line& line : subscription.lines) {
    charge.lines.push_back({line.row, -line.quantity, -line.amount});
  }
  charge.lines.insert(charge.lines.end(), fee.lines.begin(), fee.lines.end());
  rating::cloud::settle(charge.lines, *pricing.rows);
  for (const Line& line : charge.lines) charge.amount += line.amount;
  charge.is_rated = true;
  subscription.lines = std::move(fee.lines);
  return charge;
}

}  // namespace steelyard::billing
