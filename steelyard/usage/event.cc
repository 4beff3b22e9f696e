#include "steelyard/usage/event.h"

#include "steelyard/usage/event_fields.h"
#include "steelyard/usage/model_void.h"
#include "steelyard/usage/text_rules.h"

namespace steelyard::usage {
namespace {

using json::Node;
using json::Type;
using json::word;

/// The members of an event that mean something here; null is missing.
struct Envelope {
  const Node* specversion = nullptr;
  const Node* id = nullptr;
  const Node* source = nullptr;
  const Node* type = nullptr;
  const Node* subject = nullptr;
  const Node* time = nullptr;
  const Node* data = nullptr;
};

Envelope envelope_of(const json::Object& event) {
  Envelope fields;
  event.each([&](const Node& member) {
    if (member.type == Type::null) return;
    switch (member.word) {
      case word("specversion"): fields.specversion = &member; break;
      case word("id"): fields.id = &member; break;
      case word("source"): fields.source = &member; break;
      case word("type"): fields.type = &member; break;
      case word("subject"): fields.subject = &member; break;
      case word("time"): fields.time = &member; break;
      case word("data"): fields.data = &member; break;
      default: break;
    }
  });
  return fields;
}

std::string_view name_or_empty(const json::Document& document, const Node* node) {
  if (node == nullptr || node->type != Type::string) return {};
  const std::string_view text = document.text(*node);
  return is_printable_name(text) ? text : std::string_view{};
}

Result<void> check_name(const json::Document& document, const Node* node, std::string_view name,
                        const char* pointer) {
  if (!name.empty()) [[likely]]
    return {};
  if (node == nullptr) return missing(pointer);
  return invalid(document, *node, pointer, "a string of 1 to 128 printable characters");
}

Result<void> check_specversion(const json::Document& document, const Node* node) {
  if (node == nullptr) return missing("/specversion");
  if (node->type != Type::string || document.text(*node) != "1.0") {
    return invalid(document, *node, "/specversion", "\"1.0\"");
  }
  return {};
}

Result<EventType> type_of(const json::Document& document, const Node* node) {
  if (node == nullptr) return missing("/type");
  if (node->type != Type::string) return invalid(document, *node, "/type", "a string");
  const std::string_view text = document.text(*node);
  if (text == "ai.model.call") return EventType::model_call;
  if (text == "ai.model.void") return EventType::model_void;
  if (text == "cloud.resource.usage") return EventType::resource_usage;
  if (text == "cloud.resource.order") return EventType::resource_order;
  if (text == "cloud.plan.purchase") return EventType::plan_purchase;
  if (text == "cloud.resource.void") return EventType::resource_void;
  return failure(ErrorCode::unknown_type,
                 "/type: " + shown(document, *node) +
                     " is none of ai.model.call, cloud.resource.usage, cloud.resource.order, "
                     "cloud.plan.purchase, cloud.resource.void");
}

/// All of it is read again where it is applied; here it is only checked.
Result<void> check_model_void(const json::Object& data, UsageEvent& event) {
  STEELYARD_TRY(read, read_model_void(data));
  event.voids = read.voids;
  event.corrects = read.sequence;
  event.voids_unrated = read.is_unrated;
  event.call.model = read.model;
  event.call.api_key = read.api_key;
  event.call.project = read.project;
  event.call.hold_budget = read.hold_budget;
  return {};
}

}  // namespace

Result<void> read_event(const json::Document& document, UsageEvent& event) {
  const Node& root = document.root();
  if (root.type != Type::object) {
    return failure(ErrorCode::malformed_json,
                   "an event is a JSON object, not " + std::string(name_of(root.type)));
  }
  const Envelope fields = envelope_of(json::Object(document, root));
  event.id = name_or_empty(document, fields.id);
  event.source = name_or_empty(document, fields.source);
  event.account = name_or_empty(document, fields.subject);

  STEELYARD_PASS(check_specversion(document, fields.specversion));
  STEELYARD_PASS(check_name(document, fields.id, event.id, "/id"));
  STEELYARD_PASS(check_name(document, fields.source, event.source, "/source"));
  STEELYARD_TRY(type, type_of(document, fields.type));
  event.type = type;
  STEELYARD_PASS(check_name(document, fields.subject, event.account, "/subject"));
  if (fields.time == nullptr) return missing("/time");
  STEELYARD_PASS(read_time(document, *fields.time, "/time", event.time));
  event.priced_at = event.time;
  if (fields.data == nullptr) return missing("/data");
  if (fields.data->type != Type::object) {
    return invalid(document, *fields.data, "/data", "an object");
  }
  const json::Object data(document, *fields.data);
  switch (type) {
    case EventType::model_call: return read_model_call(data, event);
    case EventType::model_void: return check_model_void(data, event);
    case EventType::resource_usage: return read_resource_usage(data, event);
    case EventType::resource_order: return read_resource_order(data, event);
    case EventType::plan_purchase: return read_plan_purchase(data, event);
    case EventType::resource_void:
      return read_named_event(data, word("voids"), "/data/voids", event.voids);
  }
  return {};
}

}  // namespace steelyard::usage
