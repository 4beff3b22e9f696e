#include "steelyard/pricebook/diff.h"

#include <map>
#include <set>
#include <tuple>

#include "steelyard/base/time.h"
#include "steelyard/pricebook/products/conditions.h"
#include "steelyard/pricebook/products/product_diff.h"

namespace steelyard::pricebook {
namespace {

using money::Decimal;
using money::Rounding;

/// What a price is for: two prices of the same are one that changed.
using Key = std::tuple<std::string, std::string, TokenItem, std::optional<base::Instant>,
                       std::optional<base::Instant>>;

Key key_of(const ModelPrice& price) {
  return {price.model, price.tier.label, price.item, price.validity.from, price.validity.to};
}

/// The change in per cent, rounded half away at two decimals.
std::string relative(Decimal from, Decimal to) {
  if (from.is_zero()) return {};
  const auto percent = Decimal::mul_div(to - from, Decimal::whole(100), from, Rounding::half_away);
  if (!percent.has_value()) return {};
  const std::string text = percent->rounded(2, Rounding::half_away).to_text();
  return (text.starts_with('-') ? "" : "+") + text + '%';
}

PriceChange change_of(const ModelPrice& price, const ModelPrice* before) {
  PriceChange change{PriceChange::Kind::added, price.model,  price.tier.label, price.item,
                     price.validity,           std::nullopt, price.price,      {}};
  if (before == nullptr) return change;
  change.kind =
      price.price > before->price ? PriceChange::Kind::raised : PriceChange::Kind::lowered;
  change.old_price = before->price;
  change.relative = relative(before->price, price.price);
  return change;
}

void compare_text(const std::string& what, const std::string& from, const std::string& to,
                  std::vector<std::string>& others) {
  if (from != to) others.push_back(what + " changes from '" + from + "' to '" + to + '\'');
}

std::string text_of(const Validity& validity) {
  std::string text;
  if (validity.from) text += " from " + base::to_rfc3339(*validity.from);
  if (validity.to) text += " to " + base::to_rfc3339(*validity.to);
  return text;
}

std::string in_force(const PriceBook& book) {
  const std::string text = text_of(book.validity);
  return text.empty() ? "always" : text.substr(1);
}

std::string text_of(const Alias& alias) {
  return "alias " + alias.name + " for " + alias.model + text_of(alias.validity);
}

std::string text_of(const Override& terms) {
  std::string text = "override of " + terms.account;
  if (terms.model) text += " for " + *terms.model;
  if (terms.item) text += ' ' + std::string(name_of(*terms.item));
  if (terms.tier) text += " in tier " + *terms.tier;
  if (const auto* contract = std::get_if<Override::ContractPrice>(&terms.terms)) {
    text += ": price " + contract->price.to_text();
  } else {
    text += ": multiplier " + std::get<Override::Multiplier>(terms.terms).factor.to_text();
  }
  return text + text_of(terms.validity);
}

std::string text_of(const PlaceholderPrice& fill) {
  std::string text = "price of " + fill.item + " for " + products::to_text(fill.where) + ':';
  for (const charge_model::Bracket& each : fill.price.brackets) {
    if (each.up_to) text += " up to " + each.up_to->to_text();
    if (!each.flat.is_zero()) text += " flat " + each.flat.to_text();
    text += ' ' + each.unit.to_text();
  }
  return text + text_of(fill.validity);
}

template <class List>
void compare_lists(const List& from, const List& to, std::vector<std::string>& others) {
  std::set<std::string> before;
  std::set<std::string> after;
  for (const auto& each : from) before.insert(text_of(each));
  for (const auto& each : to) after.insert(text_of(each));
  for (const std::string& each : after) {
    if (!before.contains(each)) others.push_back("added: " + each);
  }
  for (const std::string& each : before) {
    if (!after.contains(each)) others.push_back("removed: " + each);
  }
}

std::string text_of(const ModelRules& rules) {
  using enum ModelRules::AboveTopTier;
  using enum ModelRules::ThinkingWithoutPrice;
  return std::string(rules.above_top_tier == reject ? "reject" : "use_top_tier") + ", " +
         (rules.thinking_without_price == bill_plain ? "bill_plain" : "not_ratable");
}

void compare_rules(const PriceBook& from, const PriceBook& to, std::vector<std::string>& others) {
  compare_text("the default rule", text_of(from.default_rules), text_of(to.default_rules), others);
  std::set<std::string> models;
  for (const auto& [model, rules] : from.rules) models.insert(model);
  for (const auto& [model, rules] : to.rules) models.insert(model);
  for (const std::string& model : models) {
    compare_text("the rule of " + model, text_of(from.rules_of(model)), text_of(to.rules_of(model)),
                 others);
  }
}

}  // namespace

std::string_view name_of(PriceChange::Kind kind) {
  switch (kind) {
    case PriceChange::Kind::added: return "added";
    case PriceChange::Kind::removed: return "removed";
    case PriceChange::Kind::raised: return "raised";
    case PriceChange::Kind::lowered: return "lowered";
  }
  return "";
}

BookDiff diff(const PriceBook& old_book, const PriceBook& new_book) {
  BookDiff result;
  std::map<Key, const ModelPrice*> before;
  for (const ModelPrice& price : old_book.prices) before.emplace(key_of(price), &price);
  std::set<Key> kept;
  for (const ModelPrice& price : new_book.prices) {
    const Key key = key_of(price);
    const auto found = before.find(key);
    kept.insert(key);
    if (found != before.end() && found->second->price == price.price) continue;
    result.prices.push_back(change_of(price, found == before.end() ? nullptr : found->second));
  }
  for (const ModelPrice& price : old_book.prices) {
    if (kept.contains(key_of(price))) continue;
    result.prices.push_back({PriceChange::Kind::removed,
                             price.model,
                             price.tier.label,
                             price.item,
                             price.validity,
                             price.price,
                             std::nullopt,
                             {}});
  }
  std::vector<std::string>& others = result.others;
  compare_text("the name", old_book.name, new_book.name, others);
  compare_text("the version", old_book.version, new_book.version, others);
  compare_text("the currency", std::string(old_book.currency.code()),
               std::string(new_book.currency.code()), others);
  compare_text("the time zone", old_book.time_zone, new_book.time_zone, others);
  compare_text("k", std::to_string(old_book.k), std::to_string(new_book.k), others);
  compare_text("per", std::to_string(old_book.per), std::to_string(new_book.per), others);
  compare_text("the upper bound",
               old_book.upper_bound == UpperBound::inclusive ? "inclusive" : "exclusive",
               new_book.upper_bound == UpperBound::inclusive ? "inclusive" : "exclusive", others);
  compare_text("the time in force", in_force(old_book), in_force(new_book), others);
  compare_rules(old_book, new_book, others);
  compare_lists(old_book.aliases, new_book.aliases, others);
  compare_lists(old_book.overrides, new_book.overrides, others);
  compare_lists(old_book.placeholder_prices, new_book.placeholder_prices, others);
  for (std::string& each : diff_products(old_book.products, new_book.products)) {
    others.push_back(std::move(each));
  }
  return result;
}

}  // namespace steelyard::pricebook
