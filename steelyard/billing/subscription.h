#pragma once

#include <map>
#include <string>
#include <vector>

#include "steelyard/billing/order_book.h"

namespace steelyard::billing {

/// What the orders of one resource cost together.
struct SubscriptionFee {
  std::vector<rating::cloud::Line> lines;
  std::map<EventName, Error> set_aside;  ///< Orders that changed nothing, and why.
};

/// What pricing an order takes.
struct Pricing {
  const OrderBook* book = nullptr;
  base::Calendar* calendar = nullptr;
  rating::cloud::RowTable* rows = nullptr;
  std::string currency;
};

/// F(set of orders): each order is applied to what those before it have left. One that makes no
/// sense there, or has no price, is set aside and changes nothing.
/// Requires: sorted by happens_before, each event once, all of one account, code and resource.
SubscriptionFee fee_of(const std::vector<Order>& orders, const Pricing& pricing);

}  // namespace steelyard::billing
