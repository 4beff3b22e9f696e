#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "steelyard/billing/subscription.h"
#include "steelyard/rating/cloud/charge.h"

namespace steelyard::billing {

/// The subscriptions of all accounts. What the orders of one resource cost is a function of
/// their set, whatever order they came in; what one order is charged is the fee after it minus
/// the fee before it, so a late order also moves what later ones cost.
class Subscriptions {
 public:
  Subscriptions(const rating::cloud::Catalog& catalog, rating::cloud::RowTable& rows);

  /// Unrated where the order makes no sense after those before it, or has no price: it changes
  /// nothing then, but is kept, and counts once an earlier order that it needs has come.
  /// Requires: no order of that event is here.
  rating::cloud::Charge apply(const Order& order);

  /// Forgets an order. Nothing changes where it was set aside.
  /// Requires: the order was applied.
  rating::cloud::Charge take_back(const Order& order);

 private:
  using Key = std::tuple<std::string, std::string, std::string>;  // Account, code, resource.
  struct Subscription {
    std::vector<Order> orders;  // By happens_before.
    std::vector<rating::cloud::Line> lines;
  };

  rating::cloud::Charge change(Subscription& subscription, const EventName* applied);

  OrderBook book_;
  base::Calendar calendar_;
  Pricing pricing_;
  std::map<Key, Subscription> subscriptions_;
};

}  // namespace steelyard::billing
