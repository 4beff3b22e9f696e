#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "steelyard/base/result.h"
#include "steelyard/base/time.h"
#include "steelyard/json/document.h"
#include "steelyard/usage/token_counts.h"

namespace steelyard::usage {

enum class EventType : std::uint8_t { model_call, resource_usage };

/// `data` of an ai.model.call.
struct ModelCall {
  std::string_view model;  ///< Trimmed; otherwise exactly as it was sent.
  TokenCounts tokens;
  std::optional<bool> thinking;  ///< What the caller says; a reported count outranks it.
  bool is_batch = false;
  bool is_failed_without_usage = false;  ///< Status of 400 or more: costs nothing.
};

/// `data` of a cloud.resource.usage. Its meters stay in the document.
struct ResourceUsage {
  std::string_view product;
  std::string_view resource;
  json::Object meters;
  json::Object attributes;
  base::Instant start;
  base::Instant end;
};

/// One fact. Its views point into the document it was read from.
struct UsageEvent {
  std::string_view source;
  std::string_view id;
  std::string_view account;  ///< `subject`: who pays.
  EventType type = EventType::model_call;
  base::Instant time;       ///< When the fact was complete: decides the billing period.
  base::Instant priced_at;  ///< `started`, else `time`: decides the price version.
  ModelCall call;           ///< If `type` is model_call.
  ResourceUsage resource;   ///< If `type` is resource_usage.
};

/// Reads the envelope, the data and the usage of one event, checked in that order.
/// On an error, `event` holds what of source, id and account was valid before it.
/// Errors: the reasons of status `rejected`, each with a JSON pointer and the value.
[[nodiscard]] Result<void> read_event(const json::Document& document, UsageEvent& event);

}  // namespace steelyard::usage
