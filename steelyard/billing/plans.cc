#include "steelyard/billing/plans.h"

#include <algorithm>

#include "steelyard/base/limits.h"
#include "steelyard/base/text.h"
#include "steelyard/billing/period.h"

namespace steelyard::billing {

namespace {

/// The unit of a line that prices a plan as a whole.
const std::string one_plan = "plan";

}  // namespace

using money::Rational;
using rating::cloud::Line;

Plans::Plans(const rating::cloud::Catalog& catalog, rating::cloud::RowTable& rows)
    : calendar_(catalog.calendar()), rows_(&rows) {
  std::size_t index = catalog.items().size();
  for (const pricebook::PriceBook& version : catalog.book().versions) {
    for (const pricebook::Product& product : version.products) index += product.orders.size();
  }
  for (const pricebook::PriceBook& version : catalog.book().versions) {
    for (const pricebook::Product& product : version.products) {
      for (const pricebook::CloudPlan& plan : product.plans) {
        plans_.push_back({&plan,
                          base::both(plan.validity, version.validity),
                          {&plan.name, plan.quantity.empty() ? &one_plan : &plan.unit,
                           catalog.name_index(plan.name), static_cast<std::uint32_t>(index++)}});
      }
    }
  }
}

Result<const Plans::Plan*> Plans::find(const Purchase& purchase) const {
  std::vector<std::string_view> names;
  bool is_known = false;
  for (const Plan& plan : plans_) {
    if (plan.rule->is_free) continue;
    if (plan.rule->name != purchase.plan) {
      names.push_back(plan.rule->name);
      continue;
    }
    if (plan.validity.contains(purchase.time)) return &plan;
    is_known = true;
  }
  const bool is_free = std::ranges::any_of(plans_, [&](const Plan& plan) {
    return plan.rule->is_free && plan.rule->name == purchase.plan;
  });
  const std::string close = base::nearest(purchase.plan, names);
  return failure(
      ErrorCode::unknown_plan,
      "/data/plan: '" + purchase.plan + "' " +
          (is_known  ? "is not sold at that time"
           : is_free ? "is free: every account has it, nobody buys it"
                     : "is no plan of the price book") +
          (is_known || is_free || close.empty() ? "" : "; did you mean '" + close + "'?"));
}

Result<PricedPlan> Plans::price(const Purchase& purchase) {
  STEELYARD_TRY(plan, find(purchase));
  if (!plan->rule->is_stackable && purchase.count > 1) {
    return failure(ErrorCode::invalid_quantity, "/data/count: " + std::to_string(purchase.count) +
                                                    ", and " + purchase.plan +
                                                    " is not stackable: one at a time");
  }
  const std::int64_t bought = purchase.time.seconds;
  const pricebook::PeriodRule& period = plan->rule->period;
  PricedPlan result;
  result.bought.rule = plan->rule;
  result.bought.id = purchase.id;
  result.bought.account = purchase.account;
  result.bought.from = period_start(period, bought, calendar_);
  result.bought.to = period_end(period, bought, purchase.months, calendar_);
  result.bought.ordered = bought;
  result.bought.quota = Rational::of(purchase.quota) * Rational::whole(purchase.count);
  result.bought.attributes = purchase.attributes;
  if (result.bought.to > limits::usage_second_max) {
    return failure(ErrorCode::invalid_time, "/data/months: it would end after the year 2200");
  }
  auto lines = lines_of(*plan, purchase);
  if (lines.has_value()) {
    result.lines = *std::move(lines);
  } else if (lines.error().code == ErrorCode::invalid_quantity) {
    return std::unexpected(std::move(lines).error());
  } else {
    result.problem = std::move(lines).error();
  }
  return result;
}

Result<std::vector<Line>> Plans::lines_of(const Plan& plan, const Purchase& purchase) {
  std::vector<Line> lines;
  if (!plan.rule->price.has_value()) return lines;
  Attributes keys = {{"quota", purchase.quota.to_text()},
                     {"months", std::to_string(purchase.months)}};
  keys.insert(keys.end(), purchase.attributes.begin(), purchase.attributes.end());
  STEELYARD_TRY(parts, price_parts(*plan.rule->price, plan.rule->name, keys, plan.rule->quantity,
                                   purchase.time.seconds, calendar_));
  for (const PricePart& part : parts) {
    STEELYARD_TRY(
        line, line_of(plan.owner, part, Rational::whole(purchase.count), Multiple::whole, *rows_));
    lines.push_back(line);
  }
  return lines;
}

}  // namespace steelyard::billing
