#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

#include "steelyard/base/error_code.h"
#include "steelyard/money/decimal.h"
#include "steelyard/money/rational.h"

namespace steelyard::rating::cloud {

/// What is printed of a charge line beside its numbers. Lives as long as the engine.
struct Row {
  std::string item;  ///< "nlb/lcu"
  std::string tier;  ///< "-", a bracket ("0-5", "5+"), "plan NAME", "rounding", "minimum".
  std::string unit;  ///< Of the quantity.
  money::Decimal price;
  money::Decimal per;
  money::Rational rate{};        ///< price ÷ per. Of a table's row.
  std::uint32_t item_index = 0;  ///< Dense over all item names, cloud items behind token items.
  std::uint32_t number = 0;      ///< Dense over all rows.
  std::uint64_t order = 0;       ///< Lines stand in this order.
  bool is_money = false;         ///< The quantity is an amount: "rounding", "minimum".
  mutable const Row* rounding = nullptr;          ///< RowTable's, of rounding_of.
  std::optional<money::Decimal> list_price = {};  ///< Of a call taken back, where it is another.
};

/// The order of lines: by item and price row, then by tier and price, whatever came first.
inline bool stands_before(const Row& a, const Row& b) {
  return std::tie(a.order, a.tier, a.price, a.per, a.number) <
         std::tie(b.order, b.tier, b.price, b.per, b.number);
}

/// quantity × price ÷ per = amount. A difference of two fees: it can be negative.
struct Line {
  const Row* row = nullptr;
  money::Decimal quantity;
  money::Decimal amount;
};

/// Most charges have one line or two: they need no memory of their own.
using Lines = boost::container::small_vector<Line, 2>;

/// What a reader of a cloud charge should know beside its lines.
enum class Note : std::uint8_t {
  overlapping_gauge = 1,  ///< Facts of one scope held at once: the larger value counted.
  straddles_window = 2,   ///< A counter's interval lies in several windows: it counts in the last.
  above_bid = 4,          ///< The market price was above the bid: not billed for that time.
};

/// What one fact changes in the bill, or why that can not be said.
struct Charge {
  bool is_rated = false;
  ErrorCode reason{};      ///< If it is not;
  std::string detail;      ///< with the value and its place.
  std::uint8_t notes = 0;  ///< Of Note, joined by |.
  Lines lines;             ///< In the order of the items; none where nothing changed.
  money::Decimal amount;   ///< The sum of the lines.

  bool has(Note note) const { return (notes & static_cast<std::uint8_t>(note)) != 0; }
};

}  // namespace steelyard::rating::cloud
