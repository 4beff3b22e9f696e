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

/// Whether a is at least `times` b; a price of 0 is never compared.
bool is_times(const ModelPrice& a, const ModelPrice& b, int times) {
  if (a.price.is_zero() || b.price.is_zero()) return false;
  money::Decimal product;
  for (int i = 0; i < times; ++i) product += b.price;
  return a.price >= product;
}

std::string shown(const ModelPrice& price) {
  return std::string(name_of(price.item)) + " costs " + price.price.to_text() + " in tier " +
         price.tier.label;
}

/// Compares prices that belong together, and doubts those that are too far apart: a slip of
/// the point, a row in the wrong place.
class SlipFinder {
 public:
  SlipFinder(const Prices& prices, Findings& findings) : prices_(prices), findings_(findings) {}

  void run() {
    std::set<std::uint64_t> starts;
    for (const ModelPrice* price : prices_) starts.insert(price->tier.above);
    std::optional<std::uint64_t> below;
    for (const std::uint64_t above : starts) {
      check_tier(above);
      for (std::size_t i = 0; i < token_item_count && below; ++i) {
        compare_tiers(price_of(prices_, *below, static_cast<TokenItem>(i)),
                      price_of(prices_, above, static_cast<TokenItem>(i)));
      }
      below = above;
    }
  }

 private:
  void check_tier(std::uint64_t above) {
    using enum TokenItem;
    const auto of = [&](TokenItem item) { return price_of(prices_, above, item); };
    compare_modes(of(input), of(input_thinking));
    compare_modes(of(input_cache_hit), of(input_thinking_cache_hit));
    compare_modes(of(output), of(output_thinking));
    compare_cache(of(input_cache_hit), of(input));
    compare_cache(of(input_thinking_cache_hit), of(input_thinking));
    compare_output(of(output), of(input));
    compare_output(of(output_thinking), of(input_thinking));
  }

  void doubt(const char* word, const ModelPrice& price, const ModelPrice& other) {
    findings_.warning(
        word, price.place,
        price.model + ": " + shown(price) + ", " + shown(other) + ": a slip of the point?");
  }

  /// More than tenfold from one tier to the next, or falling.
  void compare_tiers(const ModelPrice* lower, const ModelPrice* upper) {
    if (lower == nullptr || upper == nullptr) return;
    money::Decimal tenfold;
    for (int i = 0; i < 10; ++i) tenfold += lower->price;
    if (!lower->price.is_zero() && upper->price > tenfold) doubt("tenfold_jump", *upper, *lower);
    if (upper->price < lower->price) doubt("falling_price", *upper, *lower);
  }

  void compare_modes(const ModelPrice* plain, const ModelPrice* thinking) {
    if (plain == nullptr || thinking == nullptr) return;
    if (is_times(*plain, *thinking, 10)) doubt("tenfold_jump", *plain, *thinking);
    if (is_times(*thinking, *plain, 10)) doubt("tenfold_jump", *thinking, *plain);
  }

  /// A cache hit costs less than the input, but not a twentieth of it.
  void compare_cache(const ModelPrice* hit, const ModelPrice* whole) {
    if (hit == nullptr || whole == nullptr) return;
    if (hit->price > whole->price) doubt("dear_cache_hit", *hit, *whole);
    if (is_times(*whole, *hit, 20)) doubt("tenfold_jump", *hit, *whole);
  }

  /// Output costs more than input, but not twenty times as much.
  void compare_output(const ModelPrice* output, const ModelPrice* input) {
    if (output == nullptr || input == nullptr) return;
    if (output->price < input->price && !output->price.is_zero()) {
      doubt("cheap_output", *output, *input);
    }
    if (is_times(*output, *input, 20)) doubt("tenfold_jump", *output, *input);
  }

  const Prices& prices_;
  Findings& findings_;
};

/// A new price that is ten times the one it follows, or a tenth of it.
void check_jumps_in_time(const Prices& prices, Findings& findings) {
  for (const ModelPrice* next : prices) {
    for (const ModelPrice* before : prices) {
      if (!next->validity.from || before->validity.to != next->validity.from ||
          before->item != next->item || before->tier.label != next->tier.label) {
        continue;
      }
      if (!is_times(*next, *before, 10) && !is_times(*before, *next, 10)) continue;
      findings.warning("tenfold_jump", next->place,
                       next->model + ": " + shown(*next) + ", and cost " + before->price.to_text() +
                           " until " + base::to_rfc3339(*next->validity.from) +
                           ": a slip of the point?");
    }
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
    check_jumps_in_time(prices, findings);
    for (const Prices& together : in_force_together(prices)) {
      check_ranges(together, findings);
      check_cells(together, findings);
      SlipFinder(together, findings).run();
    }
  }
}

}  // namespace steelyard::pricebook
