#include "steelyard/usage/event_fields.h"
#include "steelyard/usage/formats/format.h"
#include "steelyard/usage/text_rules.h"

namespace steelyard::usage {
namespace {

using json::Node;
using json::Type;
using json::word;

struct Fields {
  const Node* model = nullptr;
  const Node* protocol = nullptr;
  const Node* usage = nullptr;
  const Node* started = nullptr;
  const Node* thinking = nullptr;
  const Node* batch = nullptr;
  const Node* status = nullptr;
  const Node* tags = nullptr;
  const Node* api_key = nullptr;
  const Node* project = nullptr;
  const Node* hold = nullptr;
  const Node* hold_budget = nullptr;
  const Node* region = nullptr;
  const Node* service_tier = nullptr;
};

Fields fields_of(const json::Object& data) {
  Fields fields;
  data.each([&](const Node& member) {
    if (member.type == Type::null) return;
    switch (member.word) {
      case word("model"): fields.model = &member; break;
      case word("protocol"): fields.protocol = &member; break;
      case word("usage"): fields.usage = &member; break;
      case word("started"): fields.started = &member; break;
      case word("thinking"): fields.thinking = &member; break;
      case word("batch"): fields.batch = &member; break;
      case word("status"): fields.status = &member; break;
      case word("tags"): fields.tags = &member; break;
      case word("api_key"): fields.api_key = &member; break;
      case word("project"): fields.project = &member; break;
      case word("hold"): fields.hold = &member; break;
      case word("hold_budget"): fields.hold_budget = &member; break;
      case word("region"): fields.region = &member; break;
      case word("service_tier"): fields.service_tier = &member; break;
      default: break;  // Kept in the fact, not priced.
    }
  });
  return fields;
}

Result<void> check_string(const json::Document& document, const Node* node, const char* pointer) {
  if (node == nullptr || node->type == Type::string) return {};
  return invalid(document, *node, pointer, "a string");
}

Result<void> read_string(const json::Document& document, const Node* node, const char* pointer,
                         std::string_view& text) {
  STEELYARD_PASS(check_string(document, node, pointer));
  if (node != nullptr) text = document.text(*node);
  return {};
}

Result<void> read_flag(const json::Document& document, const Node* node, const char* pointer,
                       std::optional<bool>& flag) {
  if (node == nullptr) return {};
  if (node->type != Type::boolean) return invalid(document, *node, pointer, "true or false");
  flag = node->whole == 1;
  return {};
}

Result<void> check_tags(const json::Document& document, const Node* node) {
  if (node == nullptr) return {};
  if (node->type != Type::object) {
    return invalid(document, *node, "/data/tags", "an object of strings");
  }
  const Node* const other = not_a_tag(document, *node);
  if (other == nullptr) return {};
  const std::string pointer = "/data/tags/" + std::string(document.name(*other));
  return invalid(document, *other, pointer.c_str(), "a string");
}

/// HTTP status of the call; 0 if none is given.
Result<std::uint64_t> status_of(const json::Document& document, const Node* node) {
  if (node == nullptr) return 0;
  if (node->type != Type::number || !node->is_whole || node->whole < 100 || node->whole > 999) {
    return invalid(document, *node, "/data/status", "an HTTP status such as 200");
  }
  return node->whole;
}

Result<const formats::Format*> format_of(const json::Document& document, const Node* node) {
  if (node == nullptr) return missing("/data/protocol");
  if (node->type != Type::string) return invalid(document, *node, "/data/protocol", "a string");
  const formats::Format* const format = formats::find(document.text(*node));
  if (format == nullptr) {
    std::string known;
    for (const formats::Format& each : formats::all()) {
      known += (known.empty() ? "" : ", ") + std::string(each.protocol);
    }
    return failure(ErrorCode::unknown_protocol,
                   "/data/protocol: " + shown(document, *node) + " is none of " + known);
  }
  return format;
}

Result<void> read_usage(const json::Document& document, const Fields& fields,
                        const formats::Format& format, bool has_failed, ModelCall& call) {
  if (fields.usage == nullptr) {
    call.is_failed_without_usage = has_failed;
    if (has_failed) return {};
    return failure(ErrorCode::usage_missing, "/data/usage is missing: unknown is not 0");
  }
  if (fields.usage->type != Type::object) {
    return invalid(document, *fields.usage, "/data/usage", "an object");
  }
  auto counts = format.read(json::Object(document, *fields.usage));
  if (counts.has_value()) [[likely]] {
    call.tokens = *counts;
    return {};
  }
  if (has_failed && counts.error().code == ErrorCode::usage_missing) {
    call.is_failed_without_usage = true;
    return {};
  }
  return std::unexpected(std::move(counts).error());
}

}  // namespace

Result<void> read_model_call(const json::Object& data, UsageEvent& event) {
  const json::Document& document = data.document();
  const Fields fields = fields_of(data);
  ModelCall& call = event.call;

  if (fields.model == nullptr) return missing("/data/model");
  if (fields.model->type == Type::string) call.model = trimmed(document.text(*fields.model));
  if (call.model.empty()) return invalid(document, *fields.model, "/data/model", "a model's name");
  STEELYARD_TRY(format, format_of(document, fields.protocol));
  if (fields.started != nullptr) {
    STEELYARD_PASS(read_time(document, *fields.started, "/data/started", event.priced_at));
  }
  STEELYARD_PASS(read_flag(document, fields.thinking, "/data/thinking", call.thinking));
  std::optional<bool> batch;
  STEELYARD_PASS(read_flag(document, fields.batch, "/data/batch", batch));
  call.is_batch = batch.value_or(false);
  STEELYARD_TRY(status, status_of(document, fields.status));
  STEELYARD_PASS(read_string(document, fields.api_key, "/data/api_key", call.api_key));
  STEELYARD_PASS(read_string(document, fields.project, "/data/project", call.project));
  STEELYARD_PASS(read_string(document, fields.hold, "/data/hold", call.hold));
  STEELYARD_PASS(read_string(document, fields.hold_budget, "/data/hold_budget", call.hold_budget));
  STEELYARD_PASS(check_string(document, fields.region, "/data/region"));
  STEELYARD_PASS(check_string(document, fields.service_tier, "/data/service_tier"));
  STEELYARD_PASS(check_tags(document, fields.tags));
  if (fields.tags != nullptr) event.tags = document.text(*fields.tags);
  return read_usage(document, fields, *format, status >= 400, call);
}

}  // namespace steelyard::usage
