#pragma once

#include <memory>
#include <string>

#include "steelyard/rating/cloud/cell_store.h"
#include "steelyard/rating/cloud/charge.h"
#include "steelyard/rating/cloud/cover_book.h"
#include "steelyard/rating/cloud/reading_table.h"
#include "steelyard/rating/cloud/row_sums.h"
#include "steelyard/rating/cloud/row_table.h"
#include "steelyard/rating/cloud/trace.h"

namespace steelyard::rating::cloud {

/// Rates facts of cloud usage, one after the other, and remembers their windows.
///
/// A window's fee is a function of the set of its facts; a charge is the fee after a fact
/// minus the fee before it. So the sum over any facts does not depend on their order, and a
/// fact can be taken back. Deterministic: no clock, no random numbers, no I/O.
///
/// A fact is rated as a whole: where one of its items has no price, nothing changes.
class Engine {
 public:
  /// `first_item`: index of the first cloud item among all item names of a rater.
  Engine(const Catalog& catalog, std::uint32_t first_item, const std::string& currency);

  Charge apply(const Fact& fact) { return change(fact, Direction::add); }

  /// Requires: the fact was applied and was rated.
  Charge take_back(const Fact& fact) { return change(fact, Direction::take_back); }

  /// A plan that covers usage from now on, and of the past within its validity; the charge has
  /// what it covers, not what it costs.
  Charge add_plan(const BoughtPlan& plan);

  /// Requires: such a plan was added.
  Charge take_back_plan(const BoughtPlan& plan);

  /// Has no effect but that the fact will be rated faster. To be called as it comes nearer: that
  /// many facts before its turn, from look_ahead_facts down to 1.
  void look_ahead(Fact& fact, std::size_t facts_before) { cells_.look_ahead(fact, facts_before); }
  static constexpr std::size_t look_ahead_facts = CellStore::look_ahead_facts;

  /// Settles the windows that are over at a second: their fees are final, and nothing is kept
  /// of them but what plans and longer windows have of them. A fact that touches one of them,
  /// added or taken back, is refused as a whole from then on: window_is_settled.
  void settle(std::int64_t second);

  /// Whether that settled usage which the plan covered. Requires: the plan was added.
  bool has_settled_usage(const BoughtPlan& plan) {
    return covers_.has_settled_usage(cells_.account_number(plan.account), plan);
  }

  /// While facts that were rated before are applied again: what of one lies in settled windows is
  /// left out, instead of refusing it. Newer prices may read more of it than those that it had.
  void leave_out_settled(bool leaves_out) { leaves_out_settled_ = leaves_out; }
  bool leaves_out_settled() const { return leaves_out_settled_; }

  /// The latest second at which that was done; 0: never.
  std::int64_t settled() const { return settled_; }

  /// Whether the fact would be refused because of that, or would change nothing and is over.
  bool is_settled(const Fact& fact);

  /// What the texts of the fact that was changed last are called.
  TextNumbers text_numbers() const { return cells_.text_numbers(attributes_); }

  /// Who is shown what the next changes do; null: nobody, which costs nothing.
  void watch(Trace* trace) { trace_ = trace; }

  SlotTable& slots() { return slots_; }
  RowTable& rows() { return rows_; }
  Cutter& cutter() { return cutter_; }
  const Catalog& catalog() const { return *catalog_; }
  CellStore& cells() { return cells_; }
  const CellStore& cells() const { return cells_; }

 private:
  enum class Direction : std::uint8_t { add, take_back };

  Charge change(const Fact& fact, Direction direction);
  Charge plans_changed(std::uint32_t account);
  [[nodiscard]] Result<void> change_item(ItemReadings& readings, const Fact& fact,
                                         Direction direction);
  [[nodiscard]] Result<void> cut(const PreparedItem& item, const Fact& fact,
                                 const Reading& reading);
  [[nodiscard]] Result<void> measure(ItemReadings& readings, const Fact& fact,
                                     const Reading& reading, Direction direction);
  [[nodiscard]] Result<void> measure_piece(ItemReadings& readings, const Fact& fact,
                                           const Reading& reading, const Piece& piece,
                                           Direction direction);
  [[nodiscard]] Result<money::Rational> value_of(const Reading& reading, const Fact& fact,
                                                 const std::vector<metering::PlainStep>& steps,
                                                 const std::optional<Error>& problem);
  void trace_reading(const PreparedItem& item, const Fact& fact, const Reading& reading,
                     const std::vector<metering::PlainStep>& steps);
  void trace_plans();
  void trace_taps();
  void touch(Leaf& leaf);
  [[nodiscard]] Result<void> leaf_changed(Leaf& leaf, Direction direction);
  [[nodiscard]] Result<void> deliver(const Target& target, std::size_t pipeline,
                                     const Parts& before, const Parts& after);
  [[nodiscard]] Result<void> deliver_pooled(Pooled& pool, const Parts& before, const Parts& after);
  [[nodiscard]] Result<void> pool_changed(Pooled& pool);
  [[nodiscard]] Result<void> cover();
  [[nodiscard]] Result<void> pass_on_what_is_left();
  [[nodiscard]] Result<void> collect(std::uint32_t account, Lines& lines, Direction direction);
  Charge finish(std::uint32_t account, Result<void> result, Direction direction);
  void undo();

  struct Undo {
    Parts* parts = nullptr;  ///< What it was.
    Parts before;
  };
  struct UndoMeasured {
    metering::Measured* measured = nullptr;
    const metering::Dim* rule = nullptr;
    metering::Sample sample;
    bool was_added = false;
    Leaf* leaf = nullptr;
    std::uint32_t slot = no_slot;
  };
  static void count_sample(Leaf& leaf, const UndoMeasured& measured, int by);

  struct UndoMembers {
    std::vector<Part>* members = nullptr;
    std::vector<Part> before;
  };

  const Catalog* catalog_;
  Cutter cutter_;
  SlotTable slots_;
  ReadingTable readings_;
  RowTable rows_;
  CellStore cells_;
  CoverBook covers_;
  RowSums sums_;
  Trace* trace_ = nullptr;
  std::int64_t settled_ = 0;  // Windows that are over at this second are settled.
  bool leaves_out_settled_ = false;

  // Of the fact that is being rated.
  std::vector<Piece> pieces_;
  std::vector<FeeLine> changes_;
  std::vector<FeeLines> fees_;
  std::vector<FeeLines> covers_lines_;
  std::vector<Leaf*> touched_;
  std::vector<Pooled*> touched_pools_;
  std::vector<Priced*> dirty_;
  std::vector<Tapped*> tapped_;  // Their `in` has changed.
  std::vector<Tapped*> listed_;  // They, and others that plans now cover otherwise.
  bool are_covers_changed_ = false;
  std::vector<Undo> undo_;
  std::vector<UndoMeasured> undo_measured_;
  std::vector<UndoMembers> undo_members_;
  std::uint64_t attributes_ = 0;  // FactReadings::attributes of the fact that came last.
  std::uint8_t notes_ = 0;
};

}  // namespace steelyard::rating::cloud
