#include "steelyard/rating/tier_table.h"

#include <algorithm>
#include <limits>
#include <set>

#include "steelyard/base/check.h"

namespace steelyard::rating {
namespace {

using pricebook::ModelPrice;
using pricebook::Override;
using pricebook::TokenItem;

constexpr base::Instant before_all_time{std::numeric_limits<std::int64_t>::min(), 0};

void add_edges(const pricebook::Validity& validity, std::set<base::Instant>& edges) {
  if (validity.from) edges.insert(*validity.from);
  if (validity.to) edges.insert(*validity.to);
}

/// How much of a price an override names; -1 if it is about another one.
int specificity(const Override& terms, const ModelPrice& price) {
  int score = 0;
  if (terms.model) {
    if (*terms.model != price.model) return -1;
    score += 4;
  }
  if (terms.item) {
    if (*terms.item != price.item) return -1;
    score += 2;
  }
  if (terms.tier) {
    if (*terms.tier != price.tier.label) return -1;
    score += 1;
  }
  return score;
}

money::Decimal price_under(const Override& terms, const ModelPrice& price) {
  if (const auto* contract = std::get_if<Override::ContractPrice>(&terms.terms)) {
    return contract->price;
  }
  const money::Decimal factor = std::get<Override::Multiplier>(terms.terms).factor;
  const auto product = money::Decimal::mul_div(price.price, factor, money::Decimal::whole(1),
                                               money::Rounding::half_away);
  STEELYARD_CHECK(product.has_value());
  return *product;
}

}  // namespace

/// One version of the book, with its prices by model.
struct TimelineMaker::Version {
  const pricebook::PriceBook* book = nullptr;
  std::uint32_t index = 0;
  std::map<std::string, std::vector<const ModelPrice*>> prices;
};

TimelineMaker::~TimelineMaker() = default;

TimelineMaker::TimelineMaker(const pricebook::PriceBookSeries& series) {
  std::set<std::string> names;
  for (const pricebook::PriceBook& book : series.versions) {
    Version version{&book, static_cast<std::uint32_t>(versions_.size()), {}};
    for (const ModelPrice& price : book.prices) {
      version.prices[price.model].push_back(&price);
      names.insert(price.model);
    }
    for (const pricebook::Alias& alias : book.aliases) names.insert(alias.name);
    versions_.push_back(std::move(version));
  }
  names_.assign(names.begin(), names.end());
}

std::string TimelineMaker::model_at(const Version& version, const std::string& name,
                                    base::Instant at) const {
  if (version.prices.contains(name)) return name;
  for (const pricebook::Alias& alias : version.book->aliases) {
    if (alias.name == name && alias.validity.contains(at)) return alias.model;
  }
  return {};
}

bool TimelineMaker::has_override(const std::string& account, const std::string& name) const {
  for (const Version& version : versions_) {
    std::set<std::string> models = {name};
    for (const pricebook::Alias& alias : version.book->aliases) {
      if (alias.name == name) models.insert(alias.model);
    }
    for (const Override& terms : version.book->overrides) {
      if (terms.account == account && (!terms.model || models.contains(*terms.model))) return true;
    }
  }
  return false;
}

Timeline TimelineMaker::make(const std::string& name, const std::string& account) {
  std::set<base::Instant> edges = {before_all_time};
  for (const Version& version : versions_) {
    add_edges(version.book->validity, edges);
    std::set<std::string> models = {name};
    for (const pricebook::Alias& alias : version.book->aliases) {
      if (alias.name != name) continue;
      models.insert(alias.model);
      add_edges(alias.validity, edges);
    }
    for (const std::string& model : models) {
      const auto found = version.prices.find(model);
      if (found == version.prices.end()) continue;
      for (const ModelPrice* price : found->second) add_edges(price->validity, edges);
    }
    for (const Override& terms : version.book->overrides) {
      if (terms.account == account) add_edges(terms.validity, edges);
    }
  }
  Timeline timeline;
  for (const base::Instant from : edges) timeline.push_back(stretch_at(name, account, from));
  return timeline;
}

Stretch TimelineMaker::stretch_at(const std::string& name, const std::string& account,
                                  base::Instant at) {
  Stretch stretch{at, {}};
  const auto version = std::ranges::find_if(
      versions_, [&](const Version& each) { return each.book->validity.contains(at); });
  if (version == versions_.end()) return stretch;
  const std::string model = model_at(*version, name, at);
  const auto prices = version->prices.find(model);
  if (prices == version->prices.end()) return stretch;

  std::map<std::uint64_t, std::vector<const ModelPrice*>> tiers;  // By lower bound.
  for (const ModelPrice* price : prices->second) {
    if (price->validity.contains(at)) tiers[price->tier.above].push_back(price);
  }
  for (const auto& [above, of_tier] : tiers) {
    stretch.tiers.push_back(tier_of(*version, account, of_tier, at));
  }
  const pricebook::ModelRules& rules = version->book->rules_of(model);
  if (!stretch.tiers.empty() &&
      rules.above_top_tier == pricebook::ModelRules::AboveTopTier::use_top_tier) {
    stretch.tiers.back().up_to = std::numeric_limits<std::uint64_t>::max();
  }
  return stretch;
}

Tier TimelineMaker::tier_of(const Version& version, const std::string& account,
                            const std::vector<const ModelPrice*>& prices, base::Instant at) {
  const auto price_of = [&](TokenItem item) -> const ModelPrice* {
    const auto found = std::ranges::find(prices, item, &ModelPrice::item);
    return found == prices.end() ? nullptr : *found;
  };
  const auto first_of = [&](std::initializer_list<TokenItem> items) {
    for (const TokenItem item : items) {
      if (const ModelPrice* price = price_of(item)) return rate_of(version, account, price, at);
    }
    return Rate{};
  };
  using enum TokenItem;
  const ModelPrice& any = *prices.front();
  const bool has_plain = price_of(input) != nullptr || price_of(output) != nullptr;
  const bool has_thinking =
      price_of(input_thinking) != nullptr || price_of(output_thinking) != nullptr;

  Tier tier;
  tier.up_to = any.tier.up_to.value_or(std::numeric_limits<std::uint64_t>::max());
  tier.plain = {first_of({input}), first_of({input_cache_hit}), first_of({output}), false, false};
  tier.thinking = {first_of({input_thinking, input}),
                   first_of({input_thinking_cache_hit, input_cache_hit}),
                   first_of({output_thinking, output}), false, false};
  if (!has_thinking) {
    const pricebook::ModelRules& rules = version.book->rules_of(any.model);
    tier.thinking.lacks_thinking = true;
    tier.thinking.is_refused =
        rules.thinking_without_price == pricebook::ModelRules::ThinkingWithoutPrice::not_ratable;
  }
  if (!has_plain) tier.plain = tier.thinking;  // The model's only prices (D11).
  return tier;
}

Rate TimelineMaker::rate_of(const Version& version, const std::string& account,
                            const ModelPrice* price, base::Instant at) {
  const PriceRow& row = row_of(version, *price, override_of(version, account, *price, at));
  const money::int128 scaled = row.price.scaled();
  const auto per = static_cast<money::int128>(row.per);
  const money::int128 pico = scaled / per;
  const bool is_exact = scaled % per == 0 && pico <= std::numeric_limits<std::uint64_t>::max();
  return {&row, is_exact ? static_cast<std::uint64_t>(pico) : 0, is_exact};
}

const Override* TimelineMaker::override_of(const Version& version, const std::string& account,
                                           const ModelPrice& price, base::Instant at) const {
  if (account.empty()) return nullptr;
  const Override* best = nullptr;
  int best_score = -1;
  for (const Override& terms : version.book->overrides) {
    if (terms.account != account || !terms.validity.contains(at)) continue;
    const int score = specificity(terms, price);
    if (score > best_score) {
      best = &terms;
      best_score = score;
    }
  }
  return best;
}

const PriceRow& TimelineMaker::row_of(const Version& version, const ModelPrice& price,
                                      const Override* override_terms) {
  const auto [found, is_new] = row_index_.try_emplace({&price, override_terms}, nullptr);
  if (!is_new) return *found->second;
  auto row = std::make_unique<PriceRow>();
  row->item = price.model + '/' + std::string(name_of(price.item));
  row->model = price.model;
  row->token_class = class_of(price.item);
  row->tier = price.tier;
  row->list_price = price.price;
  row->price = override_terms == nullptr ? price.price : price_under(*override_terms, price);
  row->per = version.book->per;
  row->version = version.index;
  row->index = static_cast<std::uint32_t>(rows_.size());
  const auto [item, is_new_item] =
      item_index_.try_emplace(row->item, static_cast<std::uint32_t>(items_.size()));
  if (is_new_item) items_.push_back(row->item);
  row->item_index = item->second;
  found->second = row.get();
  rows_.push_back(std::move(row));
  return *found->second;
}

}  // namespace steelyard::rating
