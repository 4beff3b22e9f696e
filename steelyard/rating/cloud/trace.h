#pragma once

#include <optional>
#include <string>
#include <vector>

#include "steelyard/rating/cloud/cells.h"
#include "steelyard/rating/cloud/pieces.h"
#include "steelyard/rating/cloud/row_table.h"
#include "steelyard/rating/cloud/stages.h"

namespace steelyard::rating::cloud {

/// What an engine did for one event, step by step, noted while it did it: facts, quantities,
/// plans, prices, fees. For people; nothing is charged from it. Its pointers live as long as
/// the engine.
class Trace {
 public:
  /// What one dim of an item read of a fact.
  struct Reading {
    std::size_t pipeline = 0;
    bool is_allowance = false;
    const metering::Dim* dim = nullptr;
    money::Rational value;  ///< As the fact says it.
    struct Each {
      const metering::Step* step = nullptr;
      money::Rational before;
      money::Rational after;
    };
    std::vector<Each> each;  ///< What was done to it before it was measured.
    std::size_t pieces = 0;  ///< Windows and prices that the fact was cut at.
  };

  /// One stage of an item in one window: what is measured there, and what becomes of it.
  struct Stage {
    const void* cell = nullptr;
    const PreparedItem* item = nullptr;
    std::size_t pipeline = 0;
    std::size_t stage = 0;
    base::Slot window;
    std::string scope;  ///< "lb-1, listener tcp"
    struct State {
      StepLog log;
      Parts out;
    };
    State before;
    State after;
  };

  /// What plans cover of an item in one window.
  struct Cover {
    const Tapped* cell = nullptr;
    const PreparedItem* item = nullptr;
    base::Slot window;
    std::string resource;
    struct State {
      Parts in;
      std::vector<std::pair<const std::string*, Part>> covers;
      Parts out;
    };
    State before;
    State after;
  };

  /// A window's fee.
  struct Fee {
    const Priced* cell = nullptr;
    const PreparedItem* item = nullptr;
    base::Slot window;
    struct State {
      std::vector<Parts> quantities;
      FeeLines lines;
    };
    State before;
    State after;
    std::vector<const Slot*> slots;  ///< Whose prices are taken, in the order of the quantities.
  };

  struct Item {
    const PreparedItem* item = nullptr;
    std::string why_not;     ///< Why it does not read the fact; empty: it does.
    bool is_failed = false;  ///< It reads the fact, which is refused because of it.
    std::vector<Reading> readings;
    std::vector<Stage> stages;  ///< By pipeline, stage, window.
    std::vector<Cover> covers;
    std::vector<Fee> fees;
  };

  /// One change of the engine: a fact or a plan that was added or taken back.
  struct Change {
    bool is_of_plans = false;
    bool is_taken_back = false;
    std::string resource;
    base::Instant start;
    base::Instant end;
    bool is_rated = false;
    std::vector<Item> items;  ///< In the order of the product file.
  };

  const std::vector<Change>& changes() const { return changes_; }

  // For the engine.
  void begin(const Catalog& catalog, const SlotTable& slots, const Fact& fact, bool is_taken_back);
  void begin_plans(const Catalog& catalog, const SlotTable& slots);
  void add_item(const PreparedItem& item, bool is_read);
  void add_reading(const PreparedItem& item, Reading reading);
  void keep(const Leaf& leaf);
  void keep(const Pooled& pool);
  void keep(const Allowances& allowances);
  void keep(const Tapped& tap);
  void keep(const Priced& fee);
  void end(bool is_rated);

 private:
  void add_other_items();
  Item& item_of(const PreparedItem& item);
  Item& reader_of(const PreparedItem& item);
  std::string why_not(const PreparedItem& item) const;
  std::string scope_of(const PreparedItem& item, std::size_t pipeline, std::size_t stage) const;
  template <class Cell>
  void keep_stage(const Cell& cell, std::size_t stage);

  const Catalog* catalog_ = nullptr;
  const SlotTable* slots_ = nullptr;
  const Fact* fact_ = nullptr;
  bool is_open_ = false;  // Between begin and end: what is refused before has nothing to show.
  std::vector<Change> changes_;
};

}  // namespace steelyard::rating::cloud
