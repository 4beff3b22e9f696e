#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "steelyard/charges/charged_fact.h"
#include "steelyard/money/decimal.h"

namespace steelyard::charges::duckdb {

/// What the lines of one row of `rollup` have in common, in numbers of names.h. In the order of
/// the columns that a bill asks for, so that it reads a small part of each run.
struct RollupKey {
  std::int32_t tenant = 0;
  std::int32_t account = 0;
  std::int64_t hour = 0;  ///< Its begin, in microseconds since 1970.
  std::int32_t price = 0;
  std::int32_t book = 0;
  std::int32_t currency = 0;
  std::int32_t model = 0;
  std::int32_t api_key = 0;
  std::int32_t project = 0;
  auto operator<=>(const RollupKey&) const = default;
};

struct RollupRow {
  RollupKey key;
  money::Decimal quantity;
  money::Decimal amount;
  std::int64_t lines = 0;
};

/// Adds lines up as they are written, so that they need not be read again for their roll-up.
class RollupSums {
 public:
  void add(const RollupKey& key, money::Decimal quantity, money::Decimal amount);

  /// All rows in the order of their keys. Then there are none.
  std::vector<RollupRow> take();

 private:
  /// Names a row: its number, from 1 (0: free), and the upper half of its key's hash.
  struct Place {
    std::uint32_t number = 0;
    std::uint32_t hash = 0;
  };

  void make_room();

  std::vector<RollupRow> rows_;
  std::vector<Place> places_;
};

}  // namespace steelyard::charges::duckdb
