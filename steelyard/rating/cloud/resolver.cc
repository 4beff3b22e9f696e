#include "steelyard/rating/cloud/resolver.h"

#include <algorithm>

namespace steelyard::rating::cloud {
namespace {

using metering::PlainStep;
using money::Decimal;
using money::Rational;
using Kind = metering::PlainStep::Kind;

const std::string* value_of(const Attributes& attributes, const std::string& name) {
  const auto found = std::ranges::find(attributes, name, &Attributes::value_type::first);
  return found == attributes.end() ? nullptr : &found->second;
}

/// Whether all conditions hold; missing_attribute where one can not be told.
Result<bool> fits(const metering::Conditions& where, const Attributes& attributes,
                  const std::string& what) {
  const metering::Condition* unknown = nullptr;
  for (const metering::Condition& each : where) {
    const std::string* const value = value_of(attributes, each.attribute);
    if (value == nullptr) {
      unknown = &each;
    } else if (!holds(each, *value)) {
      return false;
    }
  }
  if (unknown != nullptr) return missing_attribute(unknown->attribute, what);
  return true;
}

std::string shown(const Attributes& attributes) {
  std::string text;
  for (const auto& [name, value] : attributes) {
    text += (text.empty() ? "" : ", ") + name + '=' + value;
  }
  return text.empty() ? "no attributes" : text;
}

bool have_equal_conditions(const pricebook::CloudPriceRow& a, const pricebook::CloudPriceRow& b) {
  const auto equal = [](const metering::Condition& x, const metering::Condition& y) {
    return x.attribute == y.attribute && x.values == y.values && x.is_negated == y.is_negated;
  };
  const bool same_hours =
      a.hours.has_value() == b.hours.has_value() &&
      (!a.hours.has_value() || (a.hours->from == b.hours->from && a.hours->to == b.hours->to));
  return same_hours && std::ranges::equal(a.where, b.where, equal);
}

bool is_in_force(const pricebook::CloudPriceRow& row, std::int64_t second, int minute) {
  return row.validity.contains({second, 0}) &&
         (!row.hours.has_value() || (minute >= row.hours->from && minute < row.hours->to));
}

Kind kind_of(metering::Round::Direction direction) {
  switch (direction) {
    case metering::Round::Direction::up: return Kind::round_up;
    case metering::Round::Direction::down: return Kind::round_down;
    case metering::Round::Direction::half_up: return Kind::round_half_up;
  }
  return Kind::round_up;
}

Kind kind_of(metering::Combine::Operation operation) {
  switch (operation) {
    case metering::Combine::Operation::max: return Kind::combine_max;
    case metering::Combine::Operation::sum: return Kind::combine_sum;
    case metering::Combine::Operation::product: return Kind::combine_product;
    case metering::Combine::Operation::cover: return Kind::combine_cover;
  }
  return Kind::combine_max;
}

}  // namespace

Result<const pricebook::CloudPriceRow*> price_row(const pricebook::CloudPriceTable& table,
                                                  const std::string& what,
                                                  const Attributes& attributes, std::int64_t second,
                                                  int minute_of_day) {
  const pricebook::CloudPriceRow* best = nullptr;
  for (const pricebook::CloudPriceRow& row : table.rows) {
    if (!is_in_force(row, second, minute_of_day)) continue;
    if (best != nullptr) {
      if (have_equal_conditions(*best, row) && best->validity.from < row.validity.from) {
        best = &row;
      }
      continue;
    }
    STEELYARD_TRY(is_fit, fits(row.where, attributes, what));
    if (is_fit) best = &row;
  }
  if (best == nullptr) {
    return failure(
        ErrorCode::no_price_at_that_time,
        what + ": no price row fits " + shown(attributes) + " at " + base::to_rfc3339({second, 0}));
  }
  if (!best->price.has_value() && !best->is_free) {
    return failure(ErrorCode::no_price_at_that_time, what + ": its price is a placeholder (" +
                                                         best->place.to_text() + ", " +
                                                         shown(attributes) + ')');
  }
  return best;
}

Result<Rational> looked_up(const metering::Lookup& lookup, const std::string& what,
                           const Attributes& attributes, std::int64_t second) {
  if (lookup.constant.has_value()) return *lookup.constant;
  if (!lookup.attribute.empty()) {
    const std::string* const value = value_of(attributes, lookup.attribute);
    if (value == nullptr) return missing_attribute(lookup.attribute, what);
    return Rational::parse(*value);
  }
  for (const metering::Lookup::Row& row : lookup.rows) {
    if (!row.validity.contains({second, 0})) continue;
    STEELYARD_TRY(is_fit, fits(row.where, attributes, what));
    if (!is_fit) continue;
    if (row.value.has_value()) return *row.value;
    return failure(ErrorCode::no_price_at_that_time,
                   what + ": a coefficient is a placeholder for " + shown(attributes));
  }
  return failure(ErrorCode::no_price_at_that_time,
                 what + ": no coefficient fits " + shown(attributes));
}

Rational Resolver::number(const metering::Lookup& lookup) {
  auto value = looked_up(lookup, item_.rule->name, slot_.attributes, moment_.second);
  if (value.has_value()) return *value;
  if (!problem_->has_value()) *problem_ = std::move(value).error();
  is_unknown_ = true;
  return Rational::whole(1);
}

PlainStep Resolver::plain_less(const metering::Less& less) {
  PlainStep result{less.dim == nullptr ? Kind::less : Kind::less_measured, number(less.amount)};
  if (less.dim == nullptr) return result;
  const auto at = std::ranges::find(item_.allowance_steps, &less);
  result.allowance = static_cast<std::uint32_t>(at - item_.allowance_steps.begin());
  if (less.round.has_value()) {
    result.rounded = number(less.round->step);
    result.direction = less.round->direction;
  }
  return result;
}

PlainStep Resolver::plain(const metering::Step& step) {
  struct Visitor {
    Resolver& to;
    PlainStep operator()(const metering::Scale& s) { return {Kind::scale, to.number(s.factor)}; }
    PlainStep operator()(const metering::Round& s) {
      return {kind_of(s.direction), to.number(s.step)};
    }
    PlainStep operator()(const metering::AtLeast& s) {
      return {s.even_zero ? Kind::at_least_even_zero : Kind::at_least, to.number(s.least)};
    }
    PlainStep operator()(const metering::AtMost& s) { return {Kind::at_most, to.number(s.most)}; }
    PlainStep operator()(const metering::ShortOf& s) {
      return {Kind::short_of, to.number(s.whole)};
    }
    PlainStep operator()(const metering::Less& s) { return to.plain_less(s); }
    PlainStep operator()(const metering::Combine& s) {
      if (s.operation == metering::Combine::Operation::cover) to.cover_ = &s.cover;
      return {kind_of(s.operation)};
    }
    // Pools part stages; these three read other names of the fact and are done there.
    PlainStep operator()(const metering::Pool&) { return {}; }
    PlainStep operator()(const metering::TimesOf&) { return {}; }
    PlainStep operator()(const metering::MaxWith&) { return {}; }
    PlainStep operator()(const metering::States&) { return {}; }
  };
  return std::visit(Visitor{*this}, step);
}

std::vector<PlainStep> Resolver::plain(const std::vector<metering::Step>& steps) {
  std::vector<PlainStep> result;
  for (const metering::Step& step : steps) {
    is_unknown_ = false;
    result.push_back(plain(step));
    result.back().is_unknown = is_unknown_;
  }
  return result;
}

void Resolver::resolve_steps() {
  problem_ = &slot_.problem;
  const auto resolve_dims = [&](const std::vector<PreparedDim>& dims) {
    for (const PreparedDim& dim : dims) {
      std::optional<Error> problem;
      problem_ = &problem;
      slot_.each.push_back(plain(dim.rule->each));
      slot_.dims.push_back(plain(dim.rule->shape));
      slot_.dim_problems.push_back(std::move(problem));
      problem_ = &slot_.problem;
    }
  };
  for (const Pipeline& pipeline : item_.pipelines) {
    resolve_dims(pipeline.dims);
    auto& stages = slot_.stages.emplace_back();
    for (const Pipeline::Stage& stage : pipeline.stages) {
      auto& steps = stages.emplace_back();
      for (const metering::Step* step : stage.steps) steps.push_back(plain(*step));
    }
  }
  resolve_dims(item_.allowances);
}

void Resolver::resolve_price() {
  auto row = price_row(item_.rule->price, item_.rule->name, slot_.attributes, moment_.price_second,
                       minute_);
  if (!row.has_value()) {
    slot_.problem = std::move(row).error();
    return;
  }
  slot_.row = *row;
  slot_.order += std::to_string(slot_.row - item_.rule->price.rows.data());
  slot_.price = slot_.row->price.value_or(charge_model::Price{{charge_model::Bracket{}}});
  apply_discounts();
}

/// The deepest discount wins; those that stack multiply with it.
void Resolver::apply_discounts() {
  std::optional<Decimal> deepest;
  std::vector<Decimal> factors;
  for (const pricebook::CloudDiscount* discount : item_.discounts) {
    if (!discount->account.empty() && discount->account != fact_.account) continue;
    if (!discount->validity.contains({moment_.second, 0})) continue;
    const auto is_fit = fits(discount->where, slot_.attributes, item_.rule->name);
    if (!is_fit.has_value() || !*is_fit) continue;
    if (discount->is_stacked) {
      factors.push_back(discount->multiplier);
    } else if (!deepest.has_value() || discount->multiplier < *deepest) {
      deepest = discount->multiplier;
    }
  }
  if (deepest.has_value()) factors.push_back(*deepest);
  const auto multiply = [&](Decimal& price, Decimal factor) {
    const auto product =
        Decimal::mul_div(price, factor, Decimal::whole(1), money::Rounding::half_away);
    STEELYARD_CHECK(product.has_value());  // Prices and multipliers are limited when read.
    price = *product;
  };
  for (const Decimal factor : factors) {
    for (charge_model::Bracket& bracket : slot_.price.brackets) {
      multiply(bracket.unit, factor);
      multiply(bracket.flat, factor);
    }
  }
}

}  // namespace steelyard::rating::cloud
