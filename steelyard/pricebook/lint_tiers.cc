#include <algorithm>
#include <map>
#include <set>

#include "steelyard/pricebook/lint.h"

namespace steelyard::pricebook {
namespace {

using Prices = std::vector<const ModelPrice*>;

/// The rows of a model that are in force together, for each stretch in which that is the same.
std::vector<Prices> in_force_together(const Prices& prices) {
  std::set<base::Instant> edges;
  for (const ModelPrice* price : prices) {
    if (price->validity.from) edges.insert(*price->validity.from);
    if (price->validity.to) edges.insert(*price->validity.to);
  }
  std::vector<base::Instant> moments(edges.begin(), edges.end());
  moments.insert(moments.begin(), {INT64_MIN, 0});
  std::vector<Prices> stretches;
  for (const base::Instant at : moments) {
    Prices now;
    for (const ModelPrice* price : prices) {
      if (price->validity.contains(at)) now.push_back(price);
    }
    if (!now.empty() && (stretches.empty() || stretches.back() != now)) stretches.push_back(now);
  }
  return stretches;
}

std::string tokens(std::uint64_t count) { return std::to_string(count) + " tokens"; }

void check_ranges(const Prices& prices, Findings& findings) {
  std::map<std::uint64_t, const ModelPrice*> by_start;
  for (const ModelPrice* price : prices) by_start.try_emplace(price->tier.above, price);
  const ModelPrice& first = *by_start.begin()->second;
  if (first.tier.above != 0) {
    findings.error("tier_gap", first.place,
                   first.model + ": the first tier " + first.tier.label + " begins above " +
                       tokens(first.tier.above) + ", not at 0");
  }
  for (const ModelPrice* price : prices) {
    const ModelPrice& same_start = *by_start.at(price->tier.above);
    if (same_start.tier.up_to != price->tier.up_to) {
      findings.error("tier_overlap", price->place,
                     price->model + ": tiers " + same_start.tier.label + " and " +
                         price->tier.label + " overlap");
    }
  }
  const ModelPrice* before = nullptr;
  for (const auto& [above, price] : by_start) {
    if (before != nullptr) {
      const std::uint64_t end = before->tier.up_to.value_or(UINT64_MAX);
      const std::string both = before->tier.label + " and " + price->tier.label;
      if (end < above) {
        findings.error("tier_gap", price->place,
                       price->model + ": between tiers " + both + ", " + tokens(end + 1) +
                           " and more have no price");
      } else if (end > above) {
        findings.error("tier_overlap", price->place, price->model + ": tiers " + both + " overlap");
      }
    }
    before = price;
  }
}

const ModelPrice* price_of(const Prices& prices, std::uint64_t above, TokenItem item) {
  const auto found = std::ranges::find_if(prices, [&](const ModelPrice* price) {
    return price->tier.above == above && price->item == item;
  });
  return found == prices.end() ? nullptr : *found;
}

/// What one tier has, the others have; input without output is a doubt.
void check_cells(const Prices& prices, Findings& findings) {
  std::map<std::uint64_t, const ModelPrice*> tiers;
  std::map<TokenItem, const ModelPrice*> items;
  for (const ModelPrice* price : prices) {
    tiers.try_emplace(price->tier.above, price);
    items.try_emplace(price->item, price);
  }
  for (const auto& [above, tier] : tiers) {
    for (const auto& [item, elsewhere] : items) {
      if (price_of(prices, above, item) != nullptr) continue;
      findings.error("missing_cell", tier->place,
                     tier->model + ": tier " + tier->tier.label + " has no price for " +
                         std::string(name_of(item)) + ", tier " + elsewhere->tier.label + " has");
    }
  }
  using enum TokenItem;
  const ModelPrice& any = *prices.front();
  const bool has_input = items.contains(input) || items.contains(input_thinking);
  const bool has_output = items.contains(output) || items.contains(output_thinking);
  if (!has_input) {
    findings.error("missing_cell", any.place, any.model + " has no input price");
  }
  if (!has_output) {
    findings.warning("missing_cell", any.place,
                     any.model + " has no output price: calls with output will be unrated");
  }
}

/// Whether a is ten times b or more.
bool is_tenfold(const ModelPrice& a, const ModelPrice& b) {
  if (b.price.is_zero() || a.price.is_zero()) return false;
  money::Decimal ten_times;
  for (int i = 0; i < 10; ++i) ten_times += b.price;
  return a.price >= ten_times;
}

void compare(const ModelPrice& a, const ModelPrice& b, Findings& findings) {
  if (!is_tenfold(a, b) && !is_tenfold(b, a)) return;
  findings.warning("tenfold_jump", b.place,
                   b.model + ": " + std::string(name_of(b.item)) + " costs " + b.price.to_text() +
                       " in tier " + b.tier.label + " and " + a.price.to_text() + " in tier " +
                       a.tier.label + ": a slip of the point?");
}

/// A price ten times that of the tier below, a cache hit dearer than its input.
void check_slips(const Prices& prices, Findings& findings) {
  std::map<std::uint64_t, bool> tiers;
  for (const ModelPrice* price : prices) tiers[price->tier.above] = true;
  using enum TokenItem;
  const auto dearer = [&](std::uint64_t above, TokenItem hit, TokenItem whole) {
    const ModelPrice* a = price_of(prices, above, hit);
    const ModelPrice* b = price_of(prices, above, whole);
    if (a == nullptr || b == nullptr || a->price <= b->price) return;
    findings.warning("dear_cache_hit", a->place,
                     a->model + ": " + std::string(name_of(hit)) + " costs " + a->price.to_text() +
                         ", more than " + std::string(name_of(whole)) + " (" + b->price.to_text() +
                         ")");
  };
  std::optional<std::uint64_t> below;
  for (const auto& [above, ignored] : tiers) {
    dearer(above, input_cache_hit, input);
    dearer(above, input_thinking_cache_hit, input_thinking);
    for (std::size_t i = 0; i < token_item_count && below; ++i) {
      const auto item = static_cast<TokenItem>(i);
      const ModelPrice* a = price_of(prices, *below, item);
      const ModelPrice* b = price_of(prices, above, item);
      if (a != nullptr && b != nullptr) compare(*a, *b, findings);
    }
    below = above;
  }
}

void check_duplicates(const Prices& prices, Findings& findings) {
  for (std::size_t i = 0; i < prices.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const ModelPrice& a = *prices[j];
      const ModelPrice& b = *prices[i];
      if (a.item != b.item || a.tier.label != b.tier.label || !a.validity.overlaps(b.validity)) {
        continue;
      }
      findings.error("duplicate_price", b.place,
                     b.model + ": " + std::string(name_of(b.item)) + " of tier " + b.tier.label +
                         " has a price already at " + a.place.to_text());
    }
  }
}

}  // namespace

void lint_tiers(const PriceBook& book, Findings& findings) {
  std::map<std::string, Prices> models;
  for (const ModelPrice& price : book.prices) models[price.model].push_back(&price);
  for (const auto& [model, prices] : models) {
    check_duplicates(prices, findings);
    for (const Prices& together : in_force_together(prices)) {
      check_ranges(together, findings);
      check_cells(together, findings);
      check_slips(together, findings);
    }
  }
}

}  // namespace steelyard::pricebook
