#include "steelyard/usage/event_fields.h"
#include "steelyard/usage/quantity.h"
#include "steelyard/usage/text_rules.h"

namespace steelyard::usage {
namespace {

using json::Node;
using json::Type;
using json::word;

Result<void> read_name(const json::Object& data, std::uint64_t name, const char* pointer,
                       std::string_view& text) {
  const Node* const node = data.find(name);
  if (node == nullptr || node->type == Type::null) return missing(pointer);
  if (node->type != Type::string || !is_printable_name(data.document().text(*node))) {
    return invalid(data.document(), *node, pointer, "a string of 1 to 128 printable characters");
  }
  text = data.document().text(*node);
  return {};
}

/// A whole number from 1 to `most`; as it was if absent.
Result<void> read_count(const json::Object& data, std::uint64_t name, const char* pointer,
                        std::uint32_t most, std::uint32_t& count) {
  const Node* const node = data.find(name);
  if (node == nullptr || node->type == Type::null) return {};
  if (node->type != Type::number || !node->is_whole || node->whole < 1 || node->whole > most) {
    return invalid(data.document(), *node, pointer, "a whole number from 1",
                   ErrorCode::invalid_quantity);
  }
  count = static_cast<std::uint32_t>(node->whole);
  return {};
}

/// An object of strings, numbers and booleans; empty if absent.
Result<void> read_settings(const json::Object& data, std::uint64_t name, const char* pointer,
                           json::Object& settings) {
  const Node* const node = data.find(name);
  if (node == nullptr || node->type == Type::null) return {};
  if (node->type != Type::object) return invalid(data.document(), *node, pointer, "an object");
  settings = json::Object(data.document(), *node);
  Result<void> result;
  settings.each([&](const Node& each) {
    if (each.type < Type::object || !result.has_value()) return;
    const std::string inner = std::string(pointer) + '/' + std::string(data.document().name(each));
    result = invalid(data.document(), each, inner.c_str(), "a string, a number or a boolean");
  });
  return result;
}

constexpr std::uint32_t months_max = 1'200;

}  // namespace

Result<void> read_resource_order(const json::Object& data, UsageEvent& event) {
  ResourceOrder& order = event.order;
  STEELYARD_PASS(read_name(data, word("product"), "/data/product", order.product));
  STEELYARD_PASS(read_name(data, word("resource"), "/data/resource", order.resource));
  std::string_view action;
  STEELYARD_PASS(read_name(data, word("action"), "/data/action", action));
  const auto found = order_action(action);
  if (!found.has_value()) {
    return failure(ErrorCode::invalid_field,
                   "/data/action: '" + std::string(action) +
                       "' is none of new, renew, upgrade, downgrade, refund, convert");
  }
  order.action = *found;
  STEELYARD_PASS(read_count(data, word("months"), "/data/months", months_max, order.months));
  return read_settings(data, word("config"), "/data/config", order.config);
}

Result<void> read_plan_purchase(const json::Object& data, UsageEvent& event) {
  PlanPurchase& plan = event.plan;
  STEELYARD_PASS(read_name(data, word("plan"), "/data/plan", plan.plan));
  STEELYARD_PASS(read_name(data, word("id"), "/data/id", plan.id));
  const Node* const quota = data.find(word("quota"));
  if (quota == nullptr) return missing("/data/quota");
  STEELYARD_TRY(amount, read_quantity(data.document(), *quota, "/data/quota"));
  plan.quota = amount;
  STEELYARD_PASS(read_count(data, word("months"), "/data/months", months_max, plan.months));
  STEELYARD_PASS(read_count(data, word("count"), "/data/count", 1'000'000, plan.count));
  return read_settings(data, word("attributes"), "/data/attributes", plan.attributes);
}

Result<void> read_named_event(const json::Object& data, std::uint64_t member, const char* pointer,
                              NamedEvent& named) {
  const Node* const node = data.find(member);
  if (node == nullptr || node->type == Type::null) return missing(pointer);
  if (node->type != Type::object) {
    return invalid(data.document(), *node, pointer, "an object with source and id");
  }
  const json::Object object(data.document(), *node);
  const std::string source = std::string(pointer) + "/source";
  const std::string id = std::string(pointer) + "/id";
  STEELYARD_PASS(read_name(object, word("source"), source.c_str(), named.source));
  return read_name(object, word("id"), id.c_str(), named.id);
}

std::optional<OrderAction> order_action(std::string_view word) {
  using enum OrderAction;
  for (const OrderAction each : {buy, renew, upgrade, downgrade, refund, convert}) {
    if (name_of(each) == word) return each;
  }
  return std::nullopt;
}

std::string_view name_of(OrderAction action) {
  switch (action) {
    case OrderAction::buy: return "new";
    case OrderAction::renew: return "renew";
    case OrderAction::upgrade: return "upgrade";
    case OrderAction::downgrade: return "downgrade";
    case OrderAction::refund: return "refund";
    case OrderAction::convert: return "convert";
  }
  return "";
}

}  // namespace steelyard::usage
