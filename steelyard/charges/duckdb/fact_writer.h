#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "steelyard/charges/charged_fact.h"
#include "steelyard/charges/duckdb/connection.h"
#include "steelyard/charges/duckdb/names.h"
#include "steelyard/charges/duckdb/rollup_sums.h"

namespace steelyard::charges::duckdb {

/// How far the file is.
struct Progress {
  Position position = 0;
  std::int64_t facts = 0;      ///< Numbers of facts: 1 to this.
  std::int64_t rolled_up = 0;  ///< Facts up to this number are in `rollup`.
};

/// Writes facts in transactions. For one thread.
class FactWriter {
 public:
  /// Reads names and progress of the file. Errors: store_failed (also: they do not fit together).
  [[nodiscard]] static Result<FactWriter> open(Connection connection, Names& names);

  const Progress& progress() const { return progress_; }

  /// One transaction: the facts, their new names, the position, and roll-ups, where more than
  /// `facts_between_rollups` facts are behind them.
  [[nodiscard]] Result<void> write(std::span<const FactSpan> facts, Position position,
                                   std::uint64_t facts_between_rollups);

 private:
  FactWriter(Connection connection, Names& names)
      : connection_(std::move(connection)), names_(&names) {}

  [[nodiscard]] Result<void> read_file();
  [[nodiscard]] Result<void> write_facts(std::span<const FactSpan> facts, std::int64_t number);
  void add_up(std::span<const ChargedLine> lines, RollupKey key);
  [[nodiscard]] Result<void> write_names();
  [[nodiscard]] Result<void> roll_up(std::int64_t from);
  [[nodiscard]] Result<void> write_sums();

  /// How many of everything the file has.
  struct Written {
    std::array<std::int32_t, name_kind_count> names{};
    std::int32_t prices = 0;
    std::int32_t books = 0;
  };

  Connection connection_;
  Names* names_;
  Progress progress_;
  Written written_;
  std::vector<std::int32_t> line_prices_;  // Of the fact in hand.
  RollupSums sums_;                        // Of the facts behind the roll-ups,
  std::int64_t summed_behind_ = 0;         // from this number on: those before a start are not.
};

}  // namespace steelyard::charges::duckdb
