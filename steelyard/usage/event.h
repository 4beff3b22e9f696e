#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "steelyard/base/result.h"
#include "steelyard/base/time.h"
#include "steelyard/json/document.h"
#include "steelyard/money/decimal.h"
#include "steelyard/usage/token_counts.h"

namespace steelyard::usage {

enum class EventType : std::uint8_t {
  model_call,      ///< ai.model.call
  model_void,      ///< ai.model.void
  resource_usage,  ///< cloud.resource.usage
  resource_order,  ///< cloud.resource.order
  plan_purchase,   ///< cloud.plan.purchase
  resource_void,   ///< cloud.resource.void
};

/// `data` of an ai.model.call.
struct ModelCall {
  std::string_view model;  ///< Trimmed; otherwise exactly as it was sent.
  TokenCounts tokens;
  std::optional<bool> thinking;  ///< What the caller says; a reported count outranks it.
  std::string_view api_key;      ///< Whose call it was; empty: not said. Also the next two.
  std::string_view project;
  std::string_view hold;  ///< What was held for it, and is settled by it.
  /// Of a correction: the budget that what it corrects counted on because its hold did.
  std::string_view hold_budget;
  bool is_batch = false;
  bool is_failed_without_usage = false;  ///< Status of 400 or more: costs nothing.
};

/// The identity of another event.
struct NamedEvent {
  std::string_view source;
  std::string_view id;
};

/// `data` of a cloud.resource.usage. Its meters stay in the document.
struct ResourceUsage {
  std::string_view product;
  std::string_view resource;
  json::Object meters;
  json::Object attributes;
  base::Instant start;
  base::Instant end;
  std::optional<NamedEvent> replaces;  ///< The event that this one corrects.
};

enum class OrderAction : std::uint8_t { buy, renew, upgrade, downgrade, refund, convert };

/// The word of an action: "new", "renew", ….
std::string_view name_of(OrderAction action);
std::optional<OrderAction> order_action(std::string_view word);

/// `data` of a cloud.resource.order: something about a subscription, at the event's time.
struct ResourceOrder {
  std::string_view product;
  std::string_view resource;
  OrderAction action = OrderAction::buy;
  std::uint32_t months = 0;  ///< 0: not said.
  json::Object config;       ///< What is bought, or what it becomes.
};

/// `data` of a cloud.plan.purchase, at the event's time.
struct PlanPurchase {
  std::string_view plan;  ///< "polardb/storage_plan"
  std::string_view id;
  money::Decimal quota;
  std::uint32_t months = 1;
  std::uint32_t count = 1;
  json::Object attributes;
};

/// One fact. Its views point into the document it was read from.
struct UsageEvent {
  std::string_view source;
  std::string_view id;
  std::string_view account;  ///< `subject`: who pays.
  EventType type = EventType::model_call;
  base::Instant time;          ///< When the fact was complete: decides the billing period.
  base::Instant priced_at;     ///< `started`, else `time`: decides the price version.
  ModelCall call;              ///< If `type` is model_call; of model_void, whose call it was.
  ResourceUsage resource;      ///< If `type` is resource_usage.
  ResourceOrder order;         ///< If `type` is resource_order.
  PlanPurchase plan;           ///< If `type` is plan_purchase.
  std::string_view tags;       ///< `data.tags`, JSON: an object of strings; empty: none.
  NamedEvent voids;            ///< If `type` is resource_void or model_void.
  std::uint64_t corrects = 0;  ///< If `type` is model_void: where that stands in the log.
  bool voids_unrated = false;  ///< The same: whether it had no price.
};

/// Reads the envelope, the data and the usage of one event, checked in that order.
/// Requires: `event` is new. On an error, it holds what of source, id and account was valid before
/// it. Errors: the reasons of status `rejected`, each with a JSON pointer and the value.
[[nodiscard]] Result<void> read_event(const json::Document& document, UsageEvent& event);

}  // namespace steelyard::usage
