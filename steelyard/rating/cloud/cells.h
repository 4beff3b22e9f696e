#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "steelyard/base/calendar.h"
#include "steelyard/base/check.h"
#include "steelyard/metering/measured.h"
#include "steelyard/rating/cloud/charge.h"
#include "steelyard/rating/cloud/parts.h"
#include "steelyard/rating/cloud/slot.h"

/// What the engine remembers of open windows. A cell is one stage of one item in one scope and
/// window; it knows the cell that it feeds, so that a fact touches one chain.
namespace steelyard::rating::cloud {

constexpr std::uint32_t no_slot = UINT32_MAX;  ///< Of a factor that fits every slot.

/// Whether a window is over at a second: it can be settled then. That of one fact is its last
/// second.
inline bool is_over(const base::Slot& window, std::int64_t second) {
  return window.from == window.to ? window.to < second : window.to <= second;
}

struct Pooled;
struct Priced;
struct Tapped;

/// Where the output of a stage goes: exactly one of them.
struct Target {
  Tapped* tapped = nullptr;
  Pooled* pooled = nullptr;
  Priced* priced = nullptr;
};

/// The other meters that an allowance is a share of.
struct Leaf;
struct Allowances {
  base::Slot window;
  std::vector<metering::Measured> measured;  ///< By PreparedItem::allowances.
  std::vector<Leaf*> leaves;                 ///< Who reads them: the first stage,
  std::vector<Pooled*> pools;                ///< or a later one.
};

/// How many samples a leaf has at one slot.
struct SlotCount {
  std::uint32_t slot = 0;
  std::uint32_t samples = 0;
  std::uint32_t present = 0;  ///< Of them, those above 0 that hold for some time.
};

/// The first stage: what one scope has measured in one window.
struct Leaf {
  const PreparedItem* item = nullptr;
  std::uint32_t scope = 0;  ///< CellStore's number of whose it is,
  std::uint32_t slot = 0;   ///< and of which of its prices.
  std::uint8_t pipeline = 0;
  base::Slot window;
  Leaf* earlier = nullptr;  ///< The one of its resource that was made before it.
  boost::container::small_vector<metering::Measured, 1> measured;  ///< By dim.
  boost::container::small_vector<SlotCount, 1> slots;
  Allowances* allowances = nullptr;
  Target target;
  Parts out;
};

/// A later stage: a sum, maximum or mean over cells of the stage before.
struct Pooled {
  const PreparedItem* item = nullptr;
  std::uint8_t pipeline = 0;
  std::uint8_t stage = 0;
  base::Slot window;
  Parts in;                   ///< Sums by slot.
  std::vector<Part> members;  ///< Of max and mean_top.
  Allowances* allowances = nullptr;
  Target target;
  Parts out;
};

/// One row of a window's fee.
struct FeeLine {
  const Row* row = nullptr;
  bool is_rounded = false;   ///< A money rule of the item looks at amounts: both were rounded here.
  money::Rational quantity;  ///< Exact; of twelve decimals where it was rounded.
  money::Decimal amount{};   ///< Only where it was rounded.

  /// Requires: it was rounded.
  money::Decimal rounded_quantity() const {
    const auto decimal = quantity.to_decimal(money::Rounding::half_away);
    STEELYARD_CHECK(is_rounded && decimal.has_value());
    return *decimal;
  }
};
static_assert(sizeof(FeeLine) == 64);
using FeeLines = boost::container::small_vector<FeeLine, 1>;

/// One window's fee.
struct Priced {
  const PreparedItem* item = nullptr;
  base::Slot window;
  std::uint32_t slot = no_slot;
  boost::container::small_vector<Parts, 1>
      quantities;  ///< By pipeline: the measured one, then the factors.
  FeeLines lines;
  bool is_dirty = false;
};

/// What is taken of a plan in one of its reset windows: CoverBook's.
struct Bucket;

/// The usage of one window that shares plans: CoverBook's.
struct SharedUsage;

/// What a plan covers of one part of a tap.
struct Covering {
  const std::string* plan_name = nullptr;
  Part part;
  std::uint32_t plan = 0;   ///< Of the account, in the order in which plans are drawn.
  money::Rational units{};  ///< Of the plan.
  Bucket* bucket = nullptr;

  bool operator==(const Covering&) const = default;
};

/// Where plans may cover what an item has measured in one settlement window.
struct Tapped {
  const PreparedItem* item = nullptr;
  std::uint32_t account = 0;
  std::uint32_t number = 0;  ///< In the order in which they were made.
  base::Slot window;
  std::string resource;          ///< Breaks ties,
  std::string scope;             ///< and so do the attributes of its scope
  std::uint32_t slot = no_slot;  ///< and its slot, if it has only one.
  Parts in;
  std::vector<Covering> covers;  ///< By plan, then part.
  FeeLines lines;
  Target target;
  Parts out;
  SharedUsage* shared = nullptr;  ///< What it is part of, once a plan may cover it.
  bool is_noted = false;          ///< In the CoverBook.
  bool is_listed = false;         ///< Among those that change with the fact that is being rated.
};

}  // namespace steelyard::rating::cloud
