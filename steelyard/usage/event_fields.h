#pragma once

#include <string>

#include "steelyard/base/result.h"
#include "steelyard/base/time.h"
#include "steelyard/json/document.h"
#include "steelyard/usage/event.h"

/// What the readers of the kinds of events share. Every error begins with a JSON pointer.
namespace steelyard::usage {

[[nodiscard]] std::unexpected<Error> missing(const char* pointer);

/// "/data/model: 7 is not a string".
[[nodiscard]] std::unexpected<Error> invalid(const json::Document& document, const json::Node& node,
                                             const char* pointer, const char* expected,
                                             ErrorCode code = ErrorCode::invalid_field);

/// The value as it stands in the text, cut where it is long.
std::string shown(const json::Document& document, const json::Node& node);

/// A member that is no string, which tags have to be; null: there is none.
const json::Node* not_a_tag(const json::Document& document, const json::Node& object);

/// Errors: invalid_time.
[[nodiscard]] Result<void> read_time(const json::Document& document, const json::Node& node,
                                     const char* pointer, base::Instant& instant);

/// Reads `data` of an ai.model.call into `event.call` and `event.priced_at`.
[[nodiscard]] Result<void> read_model_call(const json::Object& data, UsageEvent& event);

/// Reads `data` of a cloud.resource.usage into `event.resource`.
[[nodiscard]] Result<void> read_resource_usage(const json::Object& data, UsageEvent& event);

/// Reads `data` of a cloud.resource.order into `event.order`.
[[nodiscard]] Result<void> read_resource_order(const json::Object& data, UsageEvent& event);

/// Reads `data` of a cloud.plan.purchase into `event.plan`.
[[nodiscard]] Result<void> read_plan_purchase(const json::Object& data, UsageEvent& event);

/// Reads a member of `data` that names another event: {"source": …, "id": …}.
[[nodiscard]] Result<void> read_named_event(const json::Object& data, std::uint64_t member,
                                            const char* pointer, NamedEvent& named);

}  // namespace steelyard::usage
