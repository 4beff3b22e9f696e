#include "steelyard/usage/model_void.h"

#include <string>

#include "steelyard/usage/event_fields.h"

namespace steelyard::usage {
namespace {

using json::Node;
using json::Object;
using json::Type;
using money::Decimal;

/// The members of one object, with the pointer to it. The first error stays.
class Members {
 public:
  Members(Object object, std::string pointer) : object_(object), pointer_(std::move(pointer)) {}

  std::string_view text(std::string_view name, bool is_needed = true) {
    const Node* const node = find(name, is_needed, Type::string, "a string");
    return node == nullptr ? std::string_view() : object_.document().text(*node);
  }

  Decimal amount(std::string_view name) {
    const Node* const node = find(name, true, Type::string, "a decimal string");
    if (node == nullptr) return {};
    const auto value = Decimal::parse(object_.document().text(*node));
    if (value.has_value()) return *value;
    refuse(name, *node, "a decimal string");
    return {};
  }

  std::optional<Decimal> amount_if_said(std::string_view name) {
    const Node* const node = find(name, false, Type::string, "a decimal string");
    if (node == nullptr) return std::nullopt;
    return amount(name);
  }

  bool flag(std::string_view name) {
    const Node* const node = find(name, false, Type::boolean, "true or false");
    return node != nullptr && node->whole == 1;
  }

  std::uint64_t whole(std::string_view name) {
    const Node* const node = find(name, true, Type::number, "a whole number");
    if (node == nullptr) return 0;
    if (!node->is_whole) refuse(name, *node, "a whole number");
    return node->whole;
  }

  /// Reads each object of a list.
  template <class Read>
  void each(std::string_view name, Read read) {
    const Node* const node = find(name, true, Type::array, "a list");
    if (node == nullptr) return;
    std::size_t number = 0;
    Object(object_.document(), *node).each([&](const Node& element) {
      const std::string pointer = pointer_to(name) + '/' + std::to_string(number++);
      if (outcome_.has_value() && element.type != Type::object) {
        outcome_ = invalid(object_.document(), element, pointer.c_str(), "an object");
      }
      if (!outcome_.has_value()) return;
      Members members(Object(object_.document(), element), pointer);
      read(members);
      outcome_ = std::move(members.outcome_);
    });
  }

  Result<void> outcome() { return std::move(outcome_); }

 private:
  std::string pointer_to(std::string_view name) const { return pointer_ + '/' + std::string(name); }

  const Node* find(std::string_view name, bool is_needed, Type type, const char* expected) {
    if (!outcome_.has_value()) return nullptr;
    const Node* const node = object_.find(json::word(name));
    const bool is_missing = node == nullptr || node->type == Type::null;
    if (is_missing) {
      if (is_needed) outcome_ = missing(pointer_to(name).c_str());
      return nullptr;
    }
    if (node->type == type) return node;
    refuse(name, *node, expected);
    return nullptr;
  }

  void refuse(std::string_view name, const Node& node, const char* expected) {
    outcome_ = invalid(object_.document(), node, pointer_to(name).c_str(), expected);
  }

  Object object_;
  std::string pointer_;
  Result<void> outcome_;
};

}  // namespace

Result<ModelVoid> read_model_void(const Object& data) {
  ModelVoid read;
  STEELYARD_PASS(read_named_event(data, json::word("voids"), "/data/voids", read.voids));
  Members members(data, "/data");
  read.sequence = members.whole("sequence");
  read.is_unrated = members.flag("unrated");
  read.model = members.text("model");
  read.api_key = members.text("api_key", false);
  read.project = members.text("project", false);
  read.hold_budget = members.text("hold_budget", false);
  members.each("lines", [&](Members& line) {
    read.lines.push_back({line.text("item"), line.text("tier"), line.text("unit"),
                          line.amount("price"), line.amount("per"), line.amount("quantity"),
                          line.amount("amount"), line.amount_if_said("list_price")});
  });
  members.each("credit", [&](Members& part) {
    read.credit.push_back({part.text("grant"), part.amount("amount")});
  });
  STEELYARD_PASS(members.outcome());
  return read;
}

}  // namespace steelyard::usage
