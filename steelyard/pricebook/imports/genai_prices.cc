#include <map>
#include <vector>

#include "steelyard/pricebook/imports/json_prices.h"

namespace steelyard::pricebook::imports {
namespace {

using json::Node;
using json::word;

constexpr int per_million_to_thousand = -3;

std::optional<TokenItem> item_of(std::string_view key) {
  if (key == "input_mtok") return TokenItem::input;
  if (key == "output_mtok") return TokenItem::output;
  if (key == "cache_read_mtok") return TokenItem::input_cache_hit;
  return std::nullopt;
}

class GenaiPricesReader {
 public:
  GenaiPricesReader(const JsonPrices& prices, Imported& result)
      : prices_(prices), document_(prices.document()), result_(result) {}

  void read_provider(const Node& node) {
    if (node.type != json::Type::object) return refuse(node, "a provider is no object");
    const json::Object provider(document_, node);
    const Node* const id = provider.find(word("id"));
    const Node* const models = provider.find(word("models"));
    if (id == nullptr || id->type != json::Type::string || models == nullptr ||
        models->type != json::Type::array) {
      return refuse(node, "a provider has no id or no models");
    }
    const std::string name(document_.text(*id));
    json::Object(document_, *models).each([&](const Node& model) { read_model(name, model); });
  }

 private:
  void refuse(const Node& node, std::string message) {
    result_.findings.error("malformed_entry", prices_.place_of(node), std::move(message));
  }
  void note(const char* name, const Node& node, std::string message) {
    result_.findings.warning(name, prices_.place_of(node), std::move(message));
  }

  void read_model(const std::string& provider, const Node& node) {
    const json::Object model(document_, node);
    const Node* const id = node.type == json::Type::object ? model.find(word("id")) : nullptr;
    if (id == nullptr || id->type != json::Type::string) {
      return refuse(node, provider + ": a model has no id");
    }
    const std::string bare(document_.text(*id));
    const std::string name = provider + '/' + bare;
    const Node* const prices = model.find(word("prices"));
    if (prices == nullptr) return note("unpriced", node, name + " has no prices: left out");
    const std::size_t before = result_.book.prices.size();
    if (prices->type == json::Type::array) {
      read_dated(name, *prices);
    } else {
      read_prices(name, *prices, {});
    }
    if (result_.book.prices.size() == before) {
      return note("unpriced", node, name + " has no price for tokens: left out");
    }
    if (const Node* match = model.find(word("match")); match != nullptr) {
      read_match(provider, bare, name, *match);
    }
  }

  /// A list of prices, each from a date on; the last that is active wins.
  void read_dated(const std::string& name, const Node& list) {
    struct Dated {
      const Node* prices = nullptr;
      std::optional<base::Instant> from;
    };
    std::vector<Dated> dated;
    bool is_good = true;
    json::Object(document_, list).each([&](const Node& entry) {
      const json::Object fields(document_, entry);
      Dated next{fields.find(word("prices")), std::nullopt};
      const Node* const constraint = fields.find(word("constraint"));
      if (constraint != nullptr && constraint->type == json::Type::object) {
        const Node* const start = json::Object(document_, *constraint).find(word("start_date"));
        const auto at = start == nullptr
                            ? Result<base::Instant>(failure(ErrorCode::invalid_time, ""))
                            : base::parse_in_zone(document_.text(*start), "UTC");
        if (!at.has_value()) {
          note("not_taken_over", entry,
               name + ": prices by the time of day or under another constraint: left out");
          is_good = false;
          return;
        }
        next.from = *at;
      }
      is_good = is_good && next.prices != nullptr;
      dated.push_back(next);
    });
    for (std::size_t i = 0; is_good && i < dated.size(); ++i) {
      Validity validity{dated[i].from, std::nullopt};
      if (i + 1 < dated.size()) validity.to = dated[i + 1].from;
      const bool is_in_order = !validity.from || !validity.to || *validity.from < *validity.to;
      if (is_in_order) {
        read_prices(name, *dated[i].prices, validity);
      } else {
        note("not_taken_over", list, name + ": dates that do not rise: left out");
      }
    }
  }

  void read_prices(const std::string& name, const Node& node, const Validity& validity) {
    std::map<std::uint64_t, std::map<TokenItem, money::Decimal>> tiers;
    std::map<TokenItem, std::map<std::uint64_t, money::Decimal>> items;
    json::Object(document_, node).each([&](const Node& field) {
      const std::string key(document_.name(field));
      const auto item = item_of(key);
      if (!item.has_value()) return note("not_taken_over", field, name + ": " + key);
      read_item(name + ' ' + key, field, items[*item]);
      for (const auto& [start, price] : items[*item]) tiers[start];
    });
    for (auto tier = tiers.begin(); tier != tiers.end(); ++tier) {
      std::optional<std::uint64_t> up_to;
      if (const auto next = std::next(tier); next != tiers.end()) up_to = next->first;
      for (const auto& [item, by_start] : items) {
        const auto after = by_start.upper_bound(tier->first);
        if (after == by_start.begin()) continue;
        result_.book.prices.push_back({name, tier_between(tier->first, up_to), item,
                                       std::prev(after)->second, validity, prices_.place_of(node)});
      }
    }
  }

  /// A number, or a base and tiers that begin above a number of input tokens.
  void read_item(const std::string& what, const Node& field,
                 std::map<std::uint64_t, money::Decimal>& by_start) {
    const auto price_of = [&](const Node* node) -> std::optional<money::Decimal> {
      if (node == nullptr) return std::nullopt;
      return prices_.price(*node, per_million_to_thousand, what, result_.findings);
    };
    if (field.type != json::Type::object) {
      if (const auto price = price_of(&field)) by_start[0] = *price;
      return;
    }
    const json::Object tiered(document_, field);
    if (const auto price = price_of(tiered.find(word("base")))) by_start[0] = *price;
    const Node* const tiers = tiered.find(word("tiers"));
    if (tiers == nullptr) return;
    json::Object(document_, *tiers).each([&](const Node& tier) {
      const json::Object fields(document_, tier);
      const Node* const start = fields.find(word("start"));
      const auto above = start == nullptr ? std::nullopt : prices_.tokens(*start);
      const auto price = price_of(fields.find(word("price")));
      if (above.has_value() && price.has_value()) {
        by_start.insert_or_assign(above.value_or(0), *price);
      } else {
        refuse(tier, what + ": a tier has no whole start or no price");
      }
    });
  }

  /// Names match exactly here: only `equals`, also several of them, can become aliases.
  void read_match(const std::string& provider, const std::string& id, const std::string& name,
                  const Node& match) {
    const json::Object rule(document_, match);
    std::vector<const Node*> names;
    bool is_exact = true;
    const auto take = [&](const json::Object& each) {
      const Node* const equals = each.find(word("equals"));
      if (equals != nullptr && equals->type == json::Type::string) {
        names.push_back(equals);
      } else {
        is_exact = false;
      }
    };
    if (const Node* any = rule.find(word("or")); any != nullptr) {
      json::Object(document_, *any).each([&](const Node& each) {
        take(json::Object(document_, each));
      });
    } else {
      take(rule);
    }
    for (const Node* other : names) {
      const std::string alias(document_.text(*other));
      if (alias != id) {
        result_.book.aliases.push_back(
            {provider + '/' + alias, name, {}, prices_.place_of(*other)});
      }
    }
    if (!is_exact) {
      note("not_taken_over", match, name + ": names that match by pattern; ids match exactly here");
    }
  }

  const JsonPrices& prices_;
  const json::Document& document_;
  Imported& result_;
};

}  // namespace

Result<Imported> read_genai_prices(std::string_view text, const std::string& file) {
  JsonPrices prices(file);
  STEELYARD_PASS(prices.parse(text));
  const json::Document& document = prices.document();
  if (document.root().type != json::Type::array) {
    return failure(ErrorCode::file_is_malformed, file + ":1: is no list of providers");
  }
  Imported result;
  result.book.title = "imported from genai-prices";
  result.book.currency = money::Currency("USD");
  GenaiPricesReader reader(prices, result);
  json::Object(document, document.root()).each([&](const Node& provider) {
    reader.read_provider(provider);
  });
  return result;
}

}  // namespace steelyard::pricebook::imports
