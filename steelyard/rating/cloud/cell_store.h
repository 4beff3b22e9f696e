#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "steelyard/base/hash.h"
#include "steelyard/base/number_table.h"
#include "steelyard/base/result.h"
#include "steelyard/rating/cloud/cells.h"
#include "steelyard/rating/cloud/pieces.h"

namespace steelyard::rating::cloud {

/// The cells of all open windows, and how they are found.
class CellStore {
 public:
  CellStore(const Catalog& catalog, Cutter& cutter);

  /// Where a piece of a fact is measured, with everything that it feeds, made as needed.
  /// Errors: missing_attribute (one that its scope needs).
  [[nodiscard]] Result<Leaf*> leaf(const PreparedItem& item, std::size_t pipeline, const Fact& fact,
                                   const Piece& piece, const Slot& slot);

  /// The other meters that a stage of the resource is less by, in that window; in the first
  /// stage those of each epoch alone.
  Allowances& allowances(const PreparedItem& item, std::size_t stage, const Fact& fact,
                         const base::Slot& window, std::uint32_t epoch);

  /// Forgets the cells that only lived for one fact.
  void drop_passing() {
    // Most facts have none, and to clear an empty one costs more than to ask.
    if (!passing_leaves_.empty()) passing_leaves_.clear();
    if (!passing_pools_.empty()) passing_pools_.clear();
    if (!passing_fees_.empty()) passing_fees_.clear();
  }
  std::deque<Priced>& passing_fees() { return passing_fees_; }

  /// All that there are, in the order in which they were made.
  std::vector<Tapped*> taps() const;

  std::uint32_t account_number(std::string_view account) { return number_of(0, account); }

  /// To be called before cells of a fact are asked for.
  void begin(const Fact& fact);

  /// Engine::look_ahead: fetches what a fact will need, one step further with each call.
  void look_ahead(Fact& fact, std::size_t facts_before) const;
  static constexpr std::size_t look_ahead_facts = 5;

  /// Of the fact that began last.
  std::uint32_t account_number() const { return account_; }

  /// The same; its attributes have that number.
  TextNumbers text_numbers(std::uint64_t attributes) const {
    return {resource_name_, resource_, attributes};
  }

  /// Drops the cells of all windows that are over at a second, and the names that only they
  /// needed. Requires: nobody points to them any more.
  void settle(std::int64_t second);

  /// Windows whose fee can still change, and what all is kept of them takes.
  std::size_t open_windows() const { return fee_at_.size(); }
  std::size_t names() const { return names_.size(); }
  std::size_t bytes() const;

 private:
  struct Key {
    std::uint32_t stage = 0;  ///< Of an item's pipeline; unique over all.
    std::uint32_t scope = 0;
    std::uint32_t slot = no_slot;
    std::int64_t window = 0;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    using is_avalanching = void;
    std::size_t operator()(const Key& key) const {
      return base::hash_pair((std::uint64_t{key.stage} << 32) | key.scope,
                             base::hash_pair(key.slot, static_cast<std::uint64_t>(key.window)));
    }
  };
  [[nodiscard]] Result<std::uint32_t> scope_of(const Pipeline::Stage& stage, const Fact& fact,
                                               const PreparedItem& item);
  [[nodiscard]] Result<Target> target_behind(const PreparedItem& item, std::size_t pipeline,
                                             std::size_t stage, const Fact& fact,
                                             const base::Slot& window, std::uint32_t slot);
  [[nodiscard]] Result<Target> pooled(const PreparedItem& item, std::size_t pipeline,
                                      std::size_t stage, const Fact& fact, const base::Slot& window,
                                      std::uint32_t slot);
  [[nodiscard]] Result<Target> priced(const PreparedItem& item, const Fact& fact,
                                      const base::Slot& window, std::uint32_t slot);
  std::uint32_t number_of(std::uint64_t outer, std::string_view name) {
    return names_[find_or_add_name(outer, name, base::NumberTable::none)].number;
  }
  Leaf* recent_leaf(const PreparedItem& item, std::size_t pipeline, std::uint32_t scope,
                    std::uint32_t slot, std::int64_t window_from) const;
  std::uint32_t stage_number(const PreparedItem& item, std::size_t pipeline, std::size_t stage);
  std::int64_t window_key(metering::WindowKind kind, const Fact& fact, const base::Slot& window);

  const Catalog* catalog_;
  Cutter* cutter_;
  std::vector<std::uint32_t> first_stage_;  // By item.

  /// A name within another one: an account within none, a resource within an account,
  /// attributes within either.
  struct Name {
    std::uint64_t outer = 0;
    std::string text;
    std::uint32_t number = 0;
    Leaf* latest = nullptr;  ///< Of a resource: the leaf that was made last.
  };
  static std::uint64_t hash_of(std::uint64_t outer, std::string_view name) {
    return base::hash(name, outer ^ base::hashing::secret_0);
  }
  void look_for_names(Fact& fact) const;
  std::uint32_t find_name(std::uint64_t hash, std::uint64_t outer, std::string_view name) const;
  std::uint32_t find_or_add_name(std::uint64_t outer, std::string_view name, std::uint32_t hint);
  bool is_name(std::uint32_t index, std::uint64_t outer, std::string_view name) const {
    const Name& at = names_[index];
    return at.outer == outer && at.text == name;
  }
  void drop_names(boost::unordered_flat_set<std::uint32_t>& used);

  std::vector<Name> names_;
  base::NumberTable name_at_;  // Indexes of names.
  std::string key_;
  std::uint32_t account_ = 0;        // Of the fact that began last;
  std::uint32_t resource_ = 0;       // its resource within the account,
  std::uint32_t resource_name_ = 0;  // and the name of it.

  std::uint32_t next_name_ = 1;
  std::uint32_t next_tap_ = 0;

  std::deque<Leaf> passing_leaves_;  // Whose window is one fact.
  std::deque<Pooled> passing_pools_;
  std::deque<Priced> passing_fees_;

  template <class Cell>
  using Cells = boost::unordered_flat_map<Key, std::unique_ptr<Cell>, KeyHash>;
  template <class Visit>
  void each_table(Visit visit);

  Cells<Leaf> leaf_at_;
  Cells<Pooled> pool_at_;
  Cells<Priced> fee_at_;
  Cells<Tapped> tap_at_;
  Cells<Allowances> allowances_at_;
};

/// Whether a pipeline's first window is the fact itself.
inline bool is_by_fact(const PreparedItem& item, std::size_t pipeline = 0) {
  return item.pipelines[pipeline].window == metering::WindowKind::fact;
}

/// Whether nothing of the item outlives the fact: its last window is the fact.
inline bool is_passing(const PreparedItem& item) {
  return item.pipelines.front().stages.back().window == metering::WindowKind::fact &&
         !item.is_coverable;
}

}  // namespace steelyard::rating::cloud
