#include "steelyard/billing/order.h"

#include <algorithm>

#include "steelyard/base/limits.h"
#include "steelyard/base/text.h"
#include "steelyard/usage/quantity.h"

namespace steelyard::billing {
namespace {

using pricebook::AttributeName;
using rating::cloud::Catalog;

const AttributeName* declared(const Catalog::Code* code, std::string_view name) {
  if (code == nullptr) return nullptr;
  const auto found = std::ranges::find(code->attributes, name, &AttributeName::name);
  return found == code->attributes.end() ? nullptr : &*found;
}

/// A number in its shortest form, as price tables write it: 4 and "4.0" of a number are one.
Result<std::string> text_of(const json::Document& document, const json::Node& node,
                            const AttributeName* attribute, const std::string& pointer) {
  const bool is_number_attribute =
      attribute != nullptr && attribute->type == AttributeName::Type::number;
  if (node.type == json::Type::number || is_number_attribute) {
    STEELYARD_TRY(value, usage::read_quantity(document, node, pointer));
    return value.to_text();
  }
  std::string text(document.text(node));
  if (attribute != nullptr && !attribute->values.empty() &&
      std::ranges::find(attribute->values, text) == attribute->values.end()) {
    const std::vector<std::string_view> words(attribute->values.begin(), attribute->values.end());
    return failure(ErrorCode::unknown_attribute,
                   pointer + ": '" + text + "' is none of " + base::joined(words));
  }
  return text;
}

/// By name. What is null or empty is not said.
Result<Attributes> read_settings(const json::Object& settings, const Catalog::Code* code,
                                 const char* member) {
  Attributes result;
  Result<void> outcome;
  settings.each([&](const json::Node& node) {
    const bool is_said = node.type != json::Type::null && !settings.document().text(node).empty();
    if (!outcome.has_value() || !is_said) return;
    std::string name(settings.document().name(node));
    auto text = text_of(settings.document(), node, declared(code, name),
                        std::string("/data/") + member + '/' + name);
    if (!text.has_value()) {
      outcome = std::unexpected(std::move(text).error());
    } else {
      result.emplace_back(std::move(name), *std::move(text));
    }
  });
  if (!outcome.has_value()) return std::unexpected(std::move(outcome).error());
  std::ranges::sort(result);
  return result;
}

Result<void> check_time(base::Instant time) {
  if (time.seconds < limits::usage_second_min || time.seconds > limits::usage_second_max) {
    return failure(ErrorCode::invalid_time, "/time: orders lie in 1970 to 2200");
  }
  return {};
}

EventName name_of(const usage::UsageEvent& event) {
  return {std::string(event.source), std::string(event.id)};
}

}  // namespace

Result<Order> read_order(const usage::UsageEvent& event, const Catalog& catalog) {
  const usage::ResourceOrder& said = event.order;
  STEELYARD_PASS(check_time(event.time));
  const Catalog::Code* const code = catalog.find_code(said.product);
  if (code == nullptr) {
    return failure(ErrorCode::unknown_product, "/data/product: '" + std::string(said.product) +
                                                   "' is no product of the price book");
  }
  STEELYARD_TRY(config, read_settings(said.config, code, "config"));
  return Order{name_of(event), std::string(event.account),
               code->name,     std::string(said.resource),
               event.time,     said.action,
               said.months,    std::move(config)};
}

Result<Purchase> read_purchase(const usage::UsageEvent& event, const Catalog& catalog) {
  const usage::PlanPurchase& said = event.plan;
  STEELYARD_PASS(check_time(event.time));
  const Catalog::Code* const code = catalog.find_code(said.plan.substr(0, said.plan.find('/')));
  STEELYARD_TRY(attributes, read_settings(said.attributes, code, "attributes"));
  return Purchase{name_of(event),
                  std::string(event.account),
                  std::string(said.plan),
                  std::string(said.id),
                  event.time,
                  said.quota,
                  said.months,
                  said.count,
                  std::move(attributes)};
}

}  // namespace steelyard::billing
