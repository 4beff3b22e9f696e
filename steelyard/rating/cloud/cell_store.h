#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>
#include <string>

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
    passing_leaves_.clear();
    passing_pools_.clear();
    passing_fees_.clear();
  }
  std::deque<Priced>& passing_fees() { return passing_fees_; }

  std::deque<Tapped>& taps() { return taps_; }
  const std::string& text_of(std::uint32_t scope) const { return texts_[scope]; }
  std::uint32_t account_number(std::string_view account);

  std::size_t open_windows() const { return fees_.size(); }
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
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return base::hash(text); }
  };
  struct TextEqual {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const { return a == b; }
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
  std::uint32_t intern(std::string_view text);
  std::uint32_t stage_number(const PreparedItem& item, std::size_t pipeline, std::size_t stage);
  std::int64_t window_key(metering::WindowKind kind, const Fact& fact, const base::Slot& window);

  const Catalog* catalog_;
  Cutter* cutter_;
  std::vector<std::uint32_t> first_stage_;  // By item.

  boost::unordered_flat_map<std::string, std::uint32_t, TextHash, TextEqual> scopes_;
  std::deque<std::string> texts_;
  std::string key_;

  std::deque<Leaf> leaves_;
  std::deque<Pooled> pools_;
  std::deque<Priced> fees_;
  std::deque<Tapped> taps_;
  std::deque<Allowances> allowances_;
  std::deque<Leaf> passing_leaves_;  // Whose window is one fact.
  std::deque<Pooled> passing_pools_;
  std::deque<Priced> passing_fees_;

  boost::unordered_flat_map<Key, Leaf*, KeyHash> leaf_at_;
  boost::unordered_flat_map<Key, Pooled*, KeyHash> pool_at_;
  boost::unordered_flat_map<Key, Priced*, KeyHash> fee_at_;
  boost::unordered_flat_map<Key, Tapped*, KeyHash> tap_at_;
  boost::unordered_flat_map<Key, Allowances*, KeyHash> allowances_at_;
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
