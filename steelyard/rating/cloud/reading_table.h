#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/base/number_table.h"
#include "steelyard/base/result.h"
#include "steelyard/rating/cloud/attribute_set.h"
#include "steelyard/rating/cloud/catalog.h"
#include "steelyard/rating/cloud/fact.h"
#include "steelyard/rating/cloud/slot.h"

namespace steelyard::rating::cloud {

/// A dim that reads a fact.
struct Reading {
  std::uint16_t pipeline = 0;  ///< allowance_pipeline for an allowance.
  std::uint16_t dim = 0;
  std::uint16_t slot_dim = 0;  ///< Its place in the lists of a slot.
  bool is_attribute = false;   ///< It reads no meter: `value` is the attribute's.
  std::uint32_t meter = 0;     ///< Place in the fact's list of meters.
  const PreparedDim* rule = nullptr;
  money::Rational value;

  static constexpr std::uint16_t allowance_pipeline = UINT16_MAX;
  bool is_allowance() const { return pipeline == allowance_pipeline; }
  money::Rational value_in(const Fact& fact) const {
    return is_attribute ? value : money::Rational::of(fact.meters[meter].value);
  }
};

/// What an item reads of a fact; nothing, unless one of its meters is there.
struct ItemReadings {
  const PreparedItem* item = nullptr;
  std::vector<Reading> readings;
  std::optional<Error> problem;  ///< missing_attribute: the item can not be rated.
  SlotTable::Guess slot;         ///< For the next fact that is read so.
};

/// What all items of a code read of facts with the same attributes and meters.
struct FactReadings {
  std::uint64_t attributes = 0;  ///< A number that no other attributes have, or ever had.
  std::string packed_attributes;
  std::vector<std::uint16_t> meters;
  std::vector<ItemReadings> items;  ///< Those that know one of the meters, rising.
};

/// How facts are read, found out once for all with the same attributes and meters. Forgets all
/// where they are too many.
class ReadingTable {
 public:
  explicit ReadingTable(const Catalog& catalog) : catalog_(&catalog) {}

  /// Valid until the next call.
  FactReadings& find(const Fact& fact);

 private:
  FactReadings make(const Fact& fact, const AttributeSet& set);
  std::uint64_t number_of(const AttributeSet& set);

  const Catalog* catalog_;
  std::deque<FactReadings> readings_;
  base::NumberTable readings_at_;
  base::NumberTable attributes_at_;  // The number of attributes, by some readings of them.
  std::uint64_t next_attributes_ = 1;
  std::size_t bytes_ = 0;  // Of all readings.
  AttributeSet own_;       // Of a fact that brings none.
};

/// The number that a text is; 0 where it is none.
money::Rational number_of(std::string_view text);

}  // namespace steelyard::rating::cloud
