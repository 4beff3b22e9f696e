#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/base/calendar.h"
#include "steelyard/base/hash.h"
#include "steelyard/metering/shape.h"
#include "steelyard/metering/value_limit.h"
#include "steelyard/rating/cloud/catalog.h"
#include "steelyard/rating/cloud/charge.h"

namespace steelyard::rating::cloud {

/// One setting of everything that an item's price and shape depend on: attributes, time, band,
/// account. Its lookups are done; what is left is arithmetic.
struct Slot {
  const PreparedItem* item = nullptr;
  std::uint32_t index = 0;
  std::uint32_t epoch = 0;  ///< Which stretch between the item's breaks.
  std::string order;        ///< Slots of one item in canonical order: by time, row, attributes.
  std::vector<std::pair<std::string, std::string>> attributes;  ///< For people and plans.

  /// Steps on a fact and on a dim alone, by dim: those of the pipelines, then the allowances.
  std::vector<std::vector<metering::PlainStep>> each;
  std::vector<std::vector<metering::PlainStep>> dims;
  std::vector<metering::ValueLimit> limits;        ///< Of what those steps on a fact make.
  std::vector<std::optional<Error>> dim_problems;  ///< Why a dim alone can not be used.
  /// Steps of the stages, by pipeline and stage.
  std::vector<std::vector<std::vector<metering::PlainStep>>> stages;

  const pricebook::CloudPriceRow* row = nullptr;
  charge_model::Price price;               ///< After discounts.
  std::optional<Error> problem;            ///< Why nothing can be rated with it.
  mutable std::vector<const Row*> rows;    ///< By bracket and part: what RowTable found before.
  std::vector<std::uint32_t> cover_slots;  ///< Of a cover table: the slot of each row.
};

/// When in a fact something is asked for.
struct Moment {
  std::int64_t second = 0;        ///< Of the usage.
  std::int64_t price_second = 0;  ///< Of the price: earlier where a market price is protected.
};

/// All slots that were asked for. Grows with the distinct settings, not with the facts.
class SlotTable {
 public:
  explicit SlotTable(const Catalog& catalog);

  /// What was found for an item and attributes, and when it holds.
  struct Guess {
    const Slot* slot = nullptr;
    std::int64_t from = 0;  ///< Seconds, half-open.
    std::int64_t to = 0;
  };

  /// The slot of an item and a fact. `guess`: that of the item and the attributes before; it is
  /// brought up to date.
  const Slot& find(const PreparedItem& item, const Fact& fact, Moment moment, Guess& guess) {
    const bool is_known = guess.from <= moment.second && moment.second < guess.to &&
                          moment.price_second == moment.second;
    return is_known ? *guess.slot : find_anew(item, fact, moment, guess);
  }
  const Slot& at(std::uint32_t index) const { return *by_number_[index]; }

 private:
  /// What decides a slot, and its number.
  struct Setting {
    const PreparedItem* item = nullptr;
    std::uint32_t epoch = 0;
    std::uint32_t price_epoch = 0;
    std::uint32_t band = 0;
    std::string texts{};  ///< Attributes, and the account where prices depend on it.
    std::uint32_t slot = 0;
  };
  struct Hash {
    using is_avalanching = void;
    std::size_t operator()(std::uint64_t hash) const { return hash; }
  };

  const Slot& find_anew(const PreparedItem& item, const Fact& fact, Moment moment, Guess& guess);
  const Slot& find_or_make(const PreparedItem& item, const Fact& fact, Moment moment);
  Slot& make(const PreparedItem& item, const Fact& fact, Moment moment, int minute);
  Slot& add(Slot slot);
  static std::uint64_t hash_of(const Setting& setting, const Fact& fact);
  static bool is_of(const Setting& setting, const Setting& asked, const Fact& fact);

  const Catalog* catalog_;
  base::Calendar calendar_;
  std::deque<Slot> slots_;
  std::vector<const Slot*> by_number_;
  std::vector<Setting> settings_;
  boost::unordered_flat_map<std::uint64_t, std::uint32_t, Hash> numbers_;  // Of settings.
};

}  // namespace steelyard::rating::cloud
