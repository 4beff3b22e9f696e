#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "steelyard/base/error_code.h"
#include "steelyard/base/time.h"
#include "steelyard/rating/rater.h"

namespace steelyard::rating {

/// A price as the hot path multiplies it.
struct Rate {
  const PriceRow* row = nullptr;     ///< Null: there is no price.
  std::uint64_t pico_per_token = 0;  ///< 10^-12 of the currency, if `is_exact`.
  bool is_exact = false;             ///< The price of one token is whole in 10^-12.
};

/// What the three classes of a call cost in one mode, fall-backs included (rules D8 to D11).
struct ModeRates {
  Rate input;
  Rate cached_input;  ///< Without a row: billed with the input.
  Rate output;
  bool lacks_thinking = false;  ///< A thinking call is billed at plain prices: a note.
  bool is_refused = false;      ///< The book says that it is not to be rated then.
};

/// One tier of one model: up to and with `up_to` input tokens.
struct Tier {
  std::uint64_t up_to = 0;
  ModeRates plain;
  ModeRates thinking;
};

/// What a model costs during a stretch of time. No tiers: it has no price then.
struct Stretch {
  base::Instant from;
  std::vector<Tier> tiers;
};

/// Everything that one name has ever cost, by rising start. The first begins before any
/// time that can be written.
using Timeline = std::vector<Stretch>;

/// Makes timelines of a series of books. Owns the rows that the rates point to.
class TimelineMaker {
 public:
  explicit TimelineMaker(const pricebook::PriceBookSeries& series);
  ~TimelineMaker();

  /// Every name that can be asked for: models and aliases.
  const std::vector<std::string>& names() const { return names_; }

  /// Whether some override gives `account` other prices for what `name` stands for.
  bool has_override(const std::string& account, const std::string& name) const;

  /// What `name` costs `account` (empty: anyone without overrides).
  Timeline make(const std::string& name, const std::string& account);

  std::vector<std::unique_ptr<PriceRow>> take_rows() { return std::move(rows_); }
  std::vector<std::string> take_items() { return std::move(items_); }

 private:
  struct Version;

  std::string model_at(const Version& version, const std::string& name, base::Instant at) const;
  Stretch stretch_at(const std::string& name, const std::string& account, base::Instant at);
  Tier tier_of(const Version& version, const std::string& account,
               const std::vector<const pricebook::ModelPrice*>& prices, base::Instant at);
  Rate rate_of(const Version& version, const std::string& account,
               const pricebook::ModelPrice* price, base::Instant at);
  const PriceRow& row_of(const Version& version, const pricebook::ModelPrice& price,
                         const pricebook::Override* override_terms);
  const pricebook::Override* override_of(const Version& version, const std::string& account,
                                         const pricebook::ModelPrice& price,
                                         base::Instant at) const;

  std::vector<Version> versions_;
  std::vector<std::string> names_;
  std::vector<std::unique_ptr<PriceRow>> rows_;
  std::map<std::pair<const pricebook::ModelPrice*, const pricebook::Override*>, const PriceRow*>
      row_index_;
  std::vector<std::string> items_;
  std::map<std::string, std::uint32_t> item_index_;
};

}  // namespace steelyard::rating
