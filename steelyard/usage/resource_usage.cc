#include "steelyard/usage/event_fields.h"
#include "steelyard/usage/quantity.h"
#include "steelyard/usage/text_rules.h"

namespace steelyard::usage {
namespace {

using json::Node;
using json::Type;
using json::word;

struct Fields {
  const Node* product = nullptr;
  const Node* resource = nullptr;
  const Node* meters = nullptr;
  const Node* start = nullptr;
  const Node* end = nullptr;
  const Node* attributes = nullptr;
  const Node* replaces = nullptr;
  const Node* tags = nullptr;
};

Fields fields_of(const json::Object& data) {
  Fields fields;
  data.each([&](const Node& member) {
    if (member.type == Type::null) return;
    switch (member.word) {
      case word("product"): fields.product = &member; break;
      case word("resource"): fields.resource = &member; break;
      case word("meters"): fields.meters = &member; break;
      case word("start"): fields.start = &member; break;
      case word("end"): fields.end = &member; break;
      case word("attributes"): fields.attributes = &member; break;
      case word("replaces"): fields.replaces = &member; break;
      case word("tags"): fields.tags = &member; break;
      default: break;
    }
  });
  return fields;
}

Result<void> read_name(const json::Document& document, const Node* node, const char* pointer,
                       std::string_view& name) {
  if (node == nullptr) return missing(pointer);
  if (node->type != Type::string || !is_printable_name(document.text(*node))) {
    return invalid(document, *node, pointer, "a string of 1 to 128 printable characters");
  }
  name = document.text(*node);
  return {};
}

Result<void> check_meters(const json::Document& document, const Node* node) {
  if (node == nullptr) return missing("/data/meters");
  if (node->type != Type::object) {
    return invalid(document, *node, "/data/meters", "an object of numbers");
  }
  const json::Object meters(document, *node);
  bool is_empty = true;
  Result<void> result;
  meters.each([&](const Node& meter) {
    is_empty = false;
    if (!result.has_value()) return;
    if (meter.is_whole) return;
    const auto value = read_quantity(document, meter, "/data/meters/", document.name(meter));
    if (!value.has_value()) result = std::unexpected(value.error());
  });
  if (is_empty) return failure(ErrorCode::missing_field, "/data/meters names no meter");
  return result;
}

Result<void> check_attributes(const json::Document& document, const Node* node) {
  if (node == nullptr) return {};
  if (node->type != Type::object) {
    return invalid(document, *node, "/data/attributes", "an object");
  }
  const Node* nested = nullptr;
  json::Object(document, *node).each([&](const Node& each) {
    if (each.type == Type::object || each.type == Type::array) nested = &each;
  });
  if (nested == nullptr) return {};
  const std::string pointer = "/data/attributes/" + std::string(document.name(*nested));
  return invalid(document, *nested, pointer.c_str(), "a string, a number or a boolean");
}

}  // namespace

Result<void> read_resource_usage(const json::Object& data, UsageEvent& event) {
  const json::Document& document = data.document();
  const Fields fields = fields_of(data);
  ResourceUsage& resource = event.resource;

  STEELYARD_PASS(read_name(document, fields.product, "/data/product", resource.product));
  STEELYARD_PASS(read_name(document, fields.resource, "/data/resource", resource.resource));
  if (fields.start == nullptr) return missing("/data/start");
  STEELYARD_PASS(read_time(document, *fields.start, "/data/start", resource.start));
  if (fields.end == nullptr) return missing("/data/end");
  STEELYARD_PASS(read_time(document, *fields.end, "/data/end", resource.end));
  if (resource.end < resource.start) {
    return failure(ErrorCode::invalid_time,
                   "/data/end: " + shown(document, *fields.end) +
                       " is before /data/start: " + shown(document, *fields.start));
  }
  STEELYARD_PASS(check_attributes(document, fields.attributes));
  STEELYARD_PASS(check_meters(document, fields.meters));
  resource.meters = json::Object(document, *fields.meters);
  if (fields.attributes != nullptr) {
    resource.attributes = json::Object(document, *fields.attributes);
  }
  event.priced_at = resource.start;
  // No part of the contract: what are no tags is kept in the fact as any other member is.
  const bool has_tags = fields.tags != nullptr && fields.tags->type == Type::object &&
                        not_a_tag(document, *fields.tags) == nullptr;
  if (has_tags) event.tags = document.text(*fields.tags);
  if (fields.replaces != nullptr) {
    resource.replaces.emplace();
    return read_named_event(data, word("replaces"), "/data/replaces", *resource.replaces);
  }
  return {};
}

}  // namespace steelyard::usage
