#include "steelyard/report/estimate.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "steelyard/base/limits.h"

namespace steelyard::report {
namespace {

using money::Decimal;
using money::Rounding;

/// Every model with a price at that time, once.
std::vector<std::string> all_models(const rating::Rater& rater, base::Instant at) {
  std::set<std::string> models;
  for (const pricebook::PriceBook& version : rater.book().versions) {
    if (!version.validity.contains(at)) continue;
    for (const pricebook::ModelPrice& price : version.prices) {
      if (price.validity.contains(at)) models.insert(price.model);
    }
  }
  return {models.begin(), models.end()};
}

std::vector<std::string> models_of(const rating::Rater& rater, const EstimateRequest& request) {
  std::vector<std::string> models;
  const auto add = [&](const std::string& model) {
    if (std::ranges::find(models, model) == models.end()) models.push_back(model);
  };
  for (const std::string& model : request.models) {
    if (model != "all") {
      add(model);
      continue;
    }
    for (const std::string& each : all_models(rater, request.at)) add(each);
  }
  return models;
}

Result<Estimate> estimate_one(const rating::Rater& rater, const EstimateRequest& request,
                              const std::string& model) {
  usage::UsageEvent event;
  event.account = request.account;
  event.time = event.priced_at = request.at;
  event.call.model = model;
  event.call.tokens = request.tokens;
  event.call.thinking = request.is_thinking;
  Estimate result;
  result.model = model;
  result.charge = rater.rate(event);
  if (!result.charge.is_rated) {
    result.detail = rater.explain_reason(event, result.charge.reason);
    return result;
  }
  STEELYARD_TRY(total, Decimal::mul_div(result.charge.amount,
                                        Decimal::whole(static_cast<std::int64_t>(request.calls)),
                                        Decimal::whole(1), Rounding::half_away));
  result.total = total;
  return result;
}

/// How much dearer each is than the cheapest, where that costs something.
Result<void> compare(std::vector<Estimate>& estimates) {
  const Decimal least = estimates.front().charge.amount;
  if (!estimates.front().charge.is_rated || least.is_zero()) return {};
  for (Estimate& each : estimates) {
    if (!each.charge.is_rated) continue;
    STEELYARD_TRY(percent, Decimal::mul_div(each.charge.amount - least, Decimal::whole(1'000),
                                            least, Rounding::toward_zero));
    STEELYARD_TRY(tenths,
                  Decimal::mul_div(percent.rounded(0, Rounding::half_away), Decimal::whole(1),
                                   Decimal::whole(10), Rounding::half_away));
    each.percent_above = tenths;
  }
  return {};
}

}  // namespace

Result<std::vector<Estimate>> estimate(const rating::Rater& rater, const EstimateRequest& request) {
  std::vector<Estimate> estimates;
  for (const std::string& model : models_of(rater, request)) {
    STEELYARD_TRY(one, estimate_one(rater, request, model));
    estimates.push_back(std::move(one));
  }
  std::ranges::stable_sort(estimates, [](const Estimate& a, const Estimate& b) {
    if (a.charge.is_rated != b.charge.is_rated) return a.charge.is_rated;
    if (a.charge.amount != b.charge.amount) return a.charge.amount < b.charge.amount;
    return a.model < b.model;
  });
  if (!estimates.empty()) STEELYARD_PASS(compare(estimates));
  return estimates;
}

Result<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const std::uint64_t factor = unit.empty()                 ? 1
                               : unit == "k" || unit == "K" ? 1'000
                               : unit == "m" || unit == "M" ? 1'000'000
                                                            : 0;
  if (error != std::errc{} || factor == 0) {
    return failure(ErrorCode::invalid_quantity,
                   '\'' + std::string(text) + "' is no count: write 128000, 128k or 1m");
  }
  if (count > limits::count_max / factor) {
    return failure(ErrorCode::invalid_quantity, '\'' + std::string(text) + "' is more than " +
                                                    std::to_string(limits::count_max));
  }
  return count * factor;
}

}  // namespace steelyard::report
