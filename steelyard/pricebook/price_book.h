#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "steelyard/base/time.h"
#include "steelyard/base/validity.h"
#include "steelyard/base/zone_rules.h"
#include "steelyard/money/decimal.h"
#include "steelyard/money/money.h"
#include "steelyard/pricebook/product.h"
#include "steelyard/pricebook/token_item.h"

namespace steelyard::pricebook {

using base::Place;
using base::Validity;

/// A range of input tokens, as the price list prints it. Both bounds are kept inclusive
/// on the upper side, whatever the book's convention: (above, up_to].
struct TierRange {
  std::string label;  ///< "0k-128k"; "-" is the one unbounded tier.
  std::uint64_t above = 0;
  std::optional<std::uint64_t> up_to;  ///< None: no upper bound.

  bool operator==(const TierRange&) const = default;
};

/// One row of models.csv.
struct ModelPrice {
  std::string model;
  TierRange tier;
  TokenItem item = TokenItem::input;
  money::Decimal price;  ///< Of PriceBook::per tokens. 0 is a price.
  Validity validity;
  Place place;
};

/// Another name of a model, for a time. There are no others: ids match exactly.
struct Alias {
  std::string name;
  std::string model;
  Validity validity;
  Place place;
};

/// A customer's own price, or multiplier on the list price. The most specific one that is
/// in force wins: model, item and tier before model and item, before model, before all.
struct Override {
  std::string account;
  std::optional<std::string> model;
  std::optional<TokenItem> item;
  std::optional<std::string> tier;  ///< Its label.
  struct Multiplier {
    money::Decimal factor;
  };
  struct ContractPrice {
    money::Decimal price;
  };
  std::variant<Multiplier, ContractPrice> terms;
  Validity validity;
  Place place;
};

/// A price of a cloud product that this book knows and the product's file does not.
struct PlaceholderPrice {
  std::string item;            ///< Or order, or plan.
  metering::Conditions where;  ///< On the keys of its price table.
  charge_model::Price price;
  Validity validity;
  Place place;
};

/// What a model does where the price list is silent. Token-billing rules D6 and D10.
struct ModelRules {
  enum class AboveTopTier : std::uint8_t { reject, use_top_tier };
  enum class ThinkingWithoutPrice : std::uint8_t { bill_plain, not_ratable };
  AboveTopTier above_top_tier = AboveTopTier::reject;
  ThinkingWithoutPrice thinking_without_price = ThinkingWithoutPrice::bill_plain;

  bool operator==(const ModelRules&) const = default;
};

enum class UpperBound : std::uint8_t { inclusive, exclusive };

/// One published version of a price book: what is sold, and for how much. Immutable.
struct PriceBook {
  std::string name;
  std::string version;
  std::string title;
  money::Currency currency{"XXX"};
  std::string time_zone = "UTC";
  base::SharedZoneRules zone_rules;  ///< That a log says; null: the machine's.
  std::uint64_t k = 1000;            ///< What "128k" counts.
  UpperBound upper_bound = UpperBound::inclusive;
  std::uint64_t per = 1000;  ///< Tokens that a price is for.
  Validity validity;

  std::vector<ModelPrice> prices;  ///< In the order of models.csv.
  std::vector<Alias> aliases;
  std::vector<Override> overrides;
  ModelRules default_rules;
  std::map<std::string, ModelRules> rules;  ///< By model; else the default.
  std::vector<Product> products;
  std::vector<PlaceholderPrice> placeholder_prices;  ///< Already in the products' tables.

  std::string content_hash;  ///< SHA-256 of the canonical content, in hex.

  base::SharedZoneRules rules_of_zone() const {
    return zone_rules != nullptr ? zone_rules : base::zone_rules_of_machine(time_zone);
  }

  const ModelRules& rules_of(const std::string& model) const {
    const auto found = rules.find(model);
    return found == rules.end() ? default_rules : found->second;
  }
};

/// The versions of one book, by rising start. Their times do not overlap.
struct PriceBookSeries {
  std::vector<PriceBook> versions;  ///< At least one.
};

}  // namespace steelyard::pricebook
