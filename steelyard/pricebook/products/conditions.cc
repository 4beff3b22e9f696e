#include "steelyard/pricebook/products/conditions.h"

#include <algorithm>

namespace steelyard::pricebook::products {
namespace {

using metering::Condition;
using metering::Conditions;

bool has(const std::vector<std::string>& values, const std::string& value) {
  return std::ranges::find(values, value) != values.end();
}

bool has_all(const std::vector<std::string>& values, const std::vector<std::string>& of) {
  return std::ranges::all_of(of, [&](const std::string& each) { return has(values, each); });
}

bool has_any(const std::vector<std::string>& values, const std::vector<std::string>& of) {
  return std::ranges::any_of(of, [&](const std::string& each) { return has(values, each); });
}

const Condition* on(const Conditions& conditions, const std::string& attribute) {
  const auto found = std::ranges::find(conditions, attribute, &Condition::attribute);
  return found == conditions.end() ? nullptr : &*found;
}

/// All that an attribute can be; empty if that is not known.
std::vector<std::string> declared(const Product& product, const std::string& attribute) {
  const AttributeName* const found = product.attribute(attribute);
  return found == nullptr ? std::vector<std::string>{} : found->values;
}

bool fits(const Condition& condition, const std::string& value) {
  return has(condition.values, value) != condition.is_negated;
}

/// Whether `wide` fits all that `narrow` does; no `narrow` is everything.
bool covers(const Condition& wide, const Condition* narrow, const Product& product) {
  if (narrow != nullptr && !narrow->is_negated) {
    return wide.is_negated ? !has_any(wide.values, narrow->values)
                           : has_all(wide.values, narrow->values);
  }
  if (wide.is_negated) return narrow != nullptr && has_all(narrow->values, wide.values);
  const auto all = declared(product, wide.attribute);
  return !all.empty() && std::ranges::all_of(all, [&](const std::string& value) {
    return fits(wide, value) || (narrow != nullptr && !fits(*narrow, value));
  });
}

bool are_disjoint(const Condition& a, const Condition& b, const Product& product) {
  if (!a.is_negated) {
    return std::ranges::none_of(a.values, [&](const std::string& each) { return fits(b, each); });
  }
  if (!b.is_negated) return are_disjoint(b, a, product);
  const auto all = declared(product, a.attribute);
  return !all.empty() && std::ranges::none_of(all, [&](const std::string& value) {
    return fits(a, value) && fits(b, value);
  });
}

/// What fits both conditions on one attribute.
Condition both(const Condition& a, const Condition& b) {
  if (a.is_negated && !b.is_negated) return both(b, a);
  Condition result{a.attribute, {}, a.is_negated};
  if (a.is_negated) {
    result.values = a.values;
    for (const std::string& each : b.values) {
      if (!has(result.values, each)) result.values.push_back(each);
    }
    return result;
  }
  std::ranges::copy_if(a.values, std::back_inserter(result.values),
                       [&](const std::string& each) { return fits(b, each); });
  return result;
}

}  // namespace

bool fits_all_of(const Conditions& wide, const Conditions& narrow, const Product& product) {
  return std::ranges::all_of(wide, [&](const Condition& each) {
    return covers(each, on(narrow, each.attribute), product);
  });
}

bool are_disjoint(const Conditions& a, const Conditions& b, const Product& product) {
  return std::ranges::any_of(a, [&](const Condition& each) {
    const Condition* const other = on(b, each.attribute);
    return other != nullptr && are_disjoint(each, *other, product);
  });
}

Conditions intersection(const Conditions& a, const Conditions& b) {
  Conditions result;
  for (const Condition& each : a) {
    const Condition* const other = on(b, each.attribute);
    result.push_back(other == nullptr ? each : both(each, *other));
  }
  std::ranges::copy_if(b, std::back_inserter(result),
                       [&](const Condition& each) { return on(a, each.attribute) == nullptr; });
  return result;
}

bool can_be(const Conditions& conditions, const std::string& attribute, const std::string& value) {
  return std::ranges::all_of(conditions, [&](const Condition& each) {
    return each.attribute != attribute || fits(each, value);
  });
}

bool are_equal(const Conditions& a, const Conditions& b) {
  return a.size() == b.size() && std::ranges::all_of(a, [&](const Condition& each) {
           const Condition* const other = on(b, each.attribute);
           return other != nullptr && other->is_negated == each.is_negated &&
                  has_all(other->values, each.values) && has_all(each.values, other->values);
         });
}

std::string to_text(const Conditions& conditions) {
  if (conditions.empty()) return "everything";
  constexpr std::size_t shown = 4;
  std::string text;
  for (const Condition& each : conditions) {
    text += (text.empty() ? "" : ", ") + each.attribute + (each.is_negated ? " not" : "");
    for (std::size_t i = 0; i < each.values.size() && i < shown; ++i) {
      text += (i == 0 ? " " : "/") + each.values[i];
    }
    if (each.values.size() > shown) text += "/…";
  }
  return text;
}

}  // namespace steelyard::pricebook::products
