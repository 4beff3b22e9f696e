#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <vector>

#include "steelyard/pricebook/imports/json_prices.h"

namespace steelyard::pricebook::imports {
namespace {

using json::Node;
using json::word;

constexpr int per_token_to_thousand = 3;

/// The keys that have a place here.
struct Taken {
  std::string_view key;
  TokenItem item;
};
constexpr std::array taken = {Taken{"input_cost_per_token", TokenItem::input},
                              Taken{"output_cost_per_token", TokenItem::output},
                              Taken{"cache_read_input_token_cost", TokenItem::input_cache_hit},
                              Taken{"input_cost_per_token_cache_hit", TokenItem::input_cache_hit}};

const Taken* find_taken(std::string_view key) {
  const auto found = std::ranges::find(taken, key, &Taken::key);
  return found == taken.end() ? nullptr : &*found;
}

bool is_price_key(std::string_view key) {
  return key.contains("cost") || key.contains("_pricing") || key.contains("uplift_multiplier") ||
         key.contains("_fee");
}

/// "…_above_200k_tokens": the base key and 200,000.
struct AboveKey {
  std::string_view base;
  std::uint64_t tokens = 0;
};

std::optional<AboveKey> above_key(std::string_view key) {
  constexpr std::string_view middle = "_above_";
  constexpr std::string_view end = "k_tokens";
  const std::size_t at = key.rfind(middle);
  if (at == std::string_view::npos || !key.ends_with(end)) return std::nullopt;
  const std::string_view digits =
      key.substr(at + middle.size(), key.size() - end.size() - at - middle.size());
  std::uint64_t thousands = 0;
  const auto [stop, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), thousands);
  if (error != std::errc() || stop != digits.data() + digits.size() || thousands > 1'000'000) {
    return std::nullopt;
  }
  return AboveKey{key.substr(0, at), thousands * 1'000};
}

/// The prices of one model while they are read: by lower bound, then by item.
using Tiers = std::map<std::uint64_t, std::map<TokenItem, money::Decimal>>;

class LiteLlmReader {
 public:
  LiteLlmReader(const JsonPrices& prices, Imported& result)
      : prices_(prices), document_(prices.document()), result_(result) {}

  void read_model(const Node& entry) {
    const std::string model(document_.name(entry));
    if (model == "sample_spec") return;
    if (entry.type != json::Type::object) {
      return note("malformed_entry", entry, model + " is no object");
    }
    Tiers tiers;
    ends_.clear();
    const json::Object fields(document_, entry);
    if (const Node* list = fields.find(word("tiered_pricing")); list != nullptr) {
      if (!read_tiers(model, *list, tiers)) return;
    } else {
      read_flat(model, fields, tiers);
    }
    report_rest(model, fields);
    if (tiers.empty()) {
      return note("unpriced", entry, model + " has no price for tokens: left out");
    }
    take_over(model, tiers, entry);
  }

 private:
  void note(const char* name, const Node& node, std::string message) {
    result_.findings.warning(name, prices_.place_of(node), std::move(message));
  }

  /// Plain keys, and the whole request repriced above some bounds.
  void read_flat(const std::string& model, const json::Object& fields, Tiers& tiers) {
    std::map<TokenItem, money::Decimal> base;
    Tiers above;
    fields.each([&](const Node& field) {
      const std::string_view key = document_.name(field);
      const auto bound = above_key(key);
      const Taken* const item = find_taken(bound ? bound->base : key);
      if (item == nullptr || field.type == json::Type::null) return;
      const auto price = prices_.price(field, per_token_to_thousand, model + ' ' + std::string(key),
                                       result_.findings);
      if (!price.has_value()) return;
      (bound ? above[bound->tokens] : base)[item->item] = *price;
    });
    if (base.empty()) return;
    // A class without a price of its own above a bound keeps the one below it.
    tiers[0] = base;
    for (const auto& [bound, items] : above) {
      for (const auto& [item, price] : items) base[item] = price;
      tiers[bound] = base;
    }
  }

  bool read_tiers(const std::string& model, const Node& list, Tiers& tiers) {
    bool is_good = list.type == json::Type::array;
    std::uint64_t end_before = 0;
    json::Object(document_, list).each([&](const Node& tier) {
      if (!is_good || tier.type != json::Type::object) return void(is_good = false);
      const json::Object fields(document_, tier);
      std::vector<std::uint64_t> bounds;
      if (const Node* range = fields.find(word("range")); range != nullptr) {
        json::Object(document_, *range).each([&](const Node& bound) {
          const auto tokens = prices_.tokens(bound);
          if (tokens.has_value()) bounds.push_back(*tokens);
        });
      }
      is_good = bounds.size() == 2 && bounds[0] == end_before && bounds[0] < bounds[1];
      if (!is_good) return;
      end_before = bounds[1];
      ends_[bounds[0]] = bounds[1];
      fields.each([&](const Node& field) {
        const std::string_view key = document_.name(field);
        const Taken* const item = find_taken(key);
        if (item == nullptr) {
          if (is_price_key(key)) {
            note("not_taken_over", field, model + ": " + std::string(key) + " in a tier");
          }
          return;
        }
        const auto price = prices_.price(field, per_token_to_thousand,
                                         model + ' ' + std::string(key), result_.findings);
        if (price.has_value()) tiers[bounds[0]][item->item] = *price;
      });
    });
    if (!is_good) {
      result_.findings.error("malformed_tier", prices_.place_of(list),
                             model +
                                 ": tiered_pricing is no list of ranges of whole tokens that "
                                 "follow each other: left out");
    }
    return is_good;
  }

  void report_rest(const std::string& model, const json::Object& fields) {
    fields.each([&](const Node& field) {
      const std::string_view key = document_.name(field);
      const auto bound = above_key(key);
      if (!is_price_key(key) || key == "tiered_pricing" ||
          find_taken(bound ? bound->base : key) != nullptr) {
        return;
      }
      note("not_taken_over", field, model + ": " + std::string(key));
    });
  }

  void take_over(const std::string& model, const Tiers& tiers, const Node& entry) {
    const Place place = prices_.place_of(entry);
    for (auto at = tiers.begin(); at != tiers.end(); ++at) {
      std::optional<std::uint64_t> up_to;
      if (const auto end = ends_.find(at->first); end != ends_.end()) {
        up_to = end->second;
      } else if (const auto next = std::next(at); next != tiers.end()) {
        up_to = next->first;
      }
      for (const auto& [item, price] : at->second) {
        result_.book.prices.push_back(
            {model, tier_between(at->first, up_to), item, price, {}, place});
      }
    }
  }

  const JsonPrices& prices_;
  const json::Document& document_;
  Imported& result_;
  std::map<std::uint64_t, std::uint64_t> ends_;  // Of tiers with stated ends, by their start.
};

}  // namespace

Result<Imported> read_litellm(std::string_view text, const std::string& file) {
  JsonPrices prices(file);
  STEELYARD_PASS(prices.parse(text));
  const json::Document& document = prices.document();
  if (document.root().type != json::Type::object) {
    return failure(ErrorCode::file_is_malformed, file + ":1: is no object of models");
  }
  Imported result;
  result.book.title = "imported from LiteLLM's price list";
  result.book.currency = money::Currency("USD");
  LiteLlmReader reader(prices, result);
  json::Object(document, document.root()).each([&](const Node& entry) {
    reader.read_model(entry);
  });
  return result;
}

}  // namespace steelyard::pricebook::imports
