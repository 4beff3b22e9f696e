#pragma once

#include <compare>
#include <string>
#include <tuple>

#include "steelyard/base/result.h"
#include "steelyard/base/time.h"
#include "steelyard/rating/cloud/catalog.h"
#include "steelyard/rating/cloud/resolver.h"
#include "steelyard/usage/event.h"

namespace steelyard::billing {

using rating::cloud::Attributes;

/// Which event something came from.
struct EventName {
  std::string source;
  std::string id;

  auto operator<=>(const EventName&) const = default;
};

/// A cloud.resource.order that has outlived its document.
struct Order {
  EventName event;
  std::string account;
  std::string code;  ///< "clb": aliases are resolved.
  std::string resource;
  base::Instant time;
  usage::OrderAction action = usage::OrderAction::buy;
  std::uint32_t months = 0;  ///< 0: not said.
  Attributes config;         ///< By name; numbers in their shortest form.
};

/// The order in which things happen: by time, then by name.
inline bool happens_before(const Order& a, const Order& b) {
  return std::tie(a.time, a.event) < std::tie(b.time, b.event);
}

/// A cloud.plan.purchase that has outlived its document.
struct Purchase {
  EventName event;
  std::string account;
  std::string plan;
  std::string id;
  base::Instant time;
  money::Decimal quota;
  std::uint32_t months = 1;
  std::uint32_t count = 1;
  Attributes attributes;
};

/// Errors: unknown_product, unknown_attribute (a value that a declared attribute can not have),
/// invalid_quantity, invalid_time (before 1970 or after 2200).
[[nodiscard]] Result<Order> read_order(const usage::UsageEvent& event,
                                       const rating::cloud::Catalog& catalog);
[[nodiscard]] Result<Purchase> read_purchase(const usage::UsageEvent& event,
                                             const rating::cloud::Catalog& catalog);

}  // namespace steelyard::billing
