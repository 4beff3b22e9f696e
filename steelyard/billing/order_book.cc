#include "steelyard/billing/order_book.h"

#include <algorithm>

#include "steelyard/base/text.h"

namespace steelyard::billing {
namespace {

using pricebook::OrderItem;

const std::string* value_of(const Attributes& config, const std::string& name) {
  const auto found = std::ranges::find(config, name, &Attributes::value_type::first);
  return found == config.end() ? nullptr : &found->second;
}

/// What a condition asks for: "edition=custom", "os not linux".
std::string text_of(const metering::Condition& condition) {
  const std::vector<std::string_view> values(condition.values.begin(), condition.values.end());
  return condition.attribute + (condition.is_negated ? " not " : "=") +
         base::joined(values, " or ");
}

/// What the config lacks for the line to apply; empty if it applies.
std::string lack_of(const OrderItem& item, const Attributes& config) {
  std::vector<std::string> lacks;
  for (const metering::Condition& each : item.where) {
    const std::string* const value = value_of(config, each.attribute);
    if (value == nullptr || !rating::cloud::holds(each, *value)) lacks.push_back(text_of(each));
  }
  const auto need = [&](const std::string& name) {
    if (value_of(config, name) == nullptr) lacks.push_back(name);
  };
  std::ranges::for_each(item.quantity, need);
  std::ranges::for_each(item.price.keys, need);
  const std::vector<std::string_view> words(lacks.begin(), lacks.end());
  return base::joined(words);
}

std::string shown(const Attributes& config) {
  std::string text;
  for (const auto& [name, value] : config) {
    if (!text.empty()) text += ", ";
    text.append(name).append("=").append(value);
  }
  return text.empty() ? "nothing" : text;
}

std::unexpected<Error> unknown_name(const std::string& name, const std::string& code,
                                    const std::set<std::string>& known) {
  const std::vector<std::string_view> words(known.begin(), known.end());
  const std::string close = base::nearest(name, words);
  return failure(ErrorCode::unknown_attribute,
                 "/data/config/" + name + ": no order of '" + code + "' reads it" +
                     (close.empty() ? "" : "; did you mean '" + close + "'?"));
}

}  // namespace

OrderBook::OrderBook(const rating::cloud::Catalog& catalog) {
  auto index = static_cast<std::uint32_t>(catalog.items().size());
  for (const rating::cloud::Catalog::Code& each : catalog.codes()) {
    Code& code = codes_[each.name];
    for (const auto& attribute : each.attributes) code.names.insert(attribute.name);
    for (const auto& meter : each.meters) code.names.insert(meter.name);
  }
  for (const pricebook::PriceBook& version : catalog.book().versions) {
    for (const pricebook::Product& product : version.products) {
      for (const OrderItem& item : product.orders) {
        Code& code = codes_[item.code];
        code.items.push_back({&item,
                              base::both(item.validity, version.validity),
                              {&item.name, &item.unit, catalog.name_index(item.name), index++}});
        code.numbers.insert(item.quantity.begin(), item.quantity.end());
        code.names.insert(item.quantity.begin(), item.quantity.end());
        code.names.insert(item.price.keys.begin(), item.price.keys.end());
        for (const metering::Condition& where : item.where) code.names.insert(where.attribute);
      }
    }
  }
}

Result<std::vector<PricedOrder>> OrderBook::month_of(const std::string& code,
                                                     const Attributes& config, std::int64_t second,
                                                     base::Calendar& calendar) const {
  const auto found = codes_.find(code);
  STEELYARD_CHECK(found != codes_.end());  // The reader of the order saw to it.
  for (const auto& [name, value] : config) {
    if (!found->second.names.contains(name)) return unknown_name(name, code, found->second.names);
  }
  std::vector<PricedOrder> result;
  std::set<std::string> unread = found->second.numbers;
  std::string lacks;
  for (const PreparedOrder& item : found->second.items) {
    if (!item.validity.contains({second, 0})) continue;
    const std::string lack = lack_of(*item.rule, config);
    if (!lack.empty()) {
      lacks += (lacks.empty() ? "" : "; ") + item.rule->name + " needs " + lack;
      continue;
    }
    for (const std::string& number : item.rule->quantity) unread.erase(number);
    STEELYARD_TRY(parts, price_parts(item.rule->price, item.rule->name, config, item.rule->quantity,
                                     second, calendar));
    result.push_back({&item, std::move(parts)});
  }
  if (result.empty()) {
    return failure(ErrorCode::no_price_for_item, "/data/config: nothing that '" + code +
                                                     "' sells fits " + shown(config) +
                                                     (lacks.empty() ? "" : ": " + lacks));
  }
  const auto left_out =
      std::ranges::find_if(config, [&](const auto& each) { return unread.contains(each.first); });
  if (left_out != config.end()) {
    return failure(ErrorCode::no_price_for_item, "/data/config/" + left_out->first +
                                                     ": nothing that is sold by it fits " +
                                                     shown(config) + ": " + lacks);
  }
  return result;
}

}  // namespace steelyard::billing
