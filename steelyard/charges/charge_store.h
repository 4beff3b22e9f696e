#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/charges/charge_query.h"
#include "steelyard/charges/charged_fact.h"
#include "steelyard/charges/open_text.h"

namespace steelyard::charges {

struct StoreOptions {
  std::uint32_t threads = 2;
  std::uint64_t memory_bytes_max = std::uint64_t{1} << 30;

  /// Of tags, when they are asked for. None: they are as they stand in the log.
  OpenText open_text = {};

  /// Facts behind the roll-ups are added up from their rows; so many, and they are rolled up.
  std::uint64_t facts_between_rollups = 262'144;
};

/// The charge rows as a table that can be asked in SQL: a DuckDB file. A view of the log: it
/// can be lost and is then fed again from the beginning.
///
/// One thread may append while others ask. Every answer is of one position: a batch is in it
/// whole or not at all.
class ChargeStore {
 public:
  /// Opens or creates the file. A file that is damaged, or of another layout, is renamed to
  /// FILE.set-aside-N, and an empty one takes its place: see `set_aside`.
  /// Errors: file_is_unreadable (no such folder, no rights), store_is_locked (by another process).
  [[nodiscard]] static Result<ChargeStore> open(const std::filesystem::path& file,
                                                const StoreOptions& options = {});
  ~ChargeStore();
  ChargeStore(ChargeStore&&) noexcept;
  ChargeStore& operator=(ChargeStore&&) noexcept;

  /// Where the file went that could not be used, and why: "charges.duckdb.set-aside-1: …".
  const std::optional<std::string>& set_aside() const;

  /// The position that the last batch reached: everything up to it is in the store, synced, and
  /// nothing behind it. 0 in a new store.
  Position applied() const;

  /// Writes the facts and the position in one transaction, synced. Facts up to `applied()` are
  /// there already and are passed over, so that a log can be replayed from any earlier place.
  /// Requires: sequences do not fall, the last is at most `position`, all facts of one sequence
  /// come in one batch, one thread at a time.
  /// Errors: store_failed (disk full, …): nothing of the batch is there, and the store has to be
  /// opened again, by another process.
  [[nodiscard]] Result<void> append(FactSpan facts, Position position);

  /// The same of several spans, one behind the other.
  [[nodiscard]] Result<void> append(std::span<const FactSpan> facts, Position position);

  /// The bill of an account for facts of [from, to): by currency, model, item, tier, price.
  /// Adds roll-ups up. Exact: equals the sum of `charges` of the same time.
  [[nodiscard]] Result<std::vector<BillLine>> bill(std::string_view tenant,
                                                   std::string_view account, base::Instant from,
                                                   base::Instant to) const;

  /// A page of at most `limit` rows behind `cursor` (empty: from the beginning). Pages of a
  /// growing store have neither gaps nor doubles. Errors: invalid_field (the cursor).
  [[nodiscard]] Result<ChargePage> charges(const ChargeFilter& filter, std::string_view cursor,
                                           std::size_t limit) const;

  /// Sequences, rising, of the facts of a tenant that are no model calls and were rated, up to
  /// `last` and with it: what a charge of a cloud resource follows from.
  [[nodiscard]] Result<std::vector<Position>> cloud_facts(std::string_view tenant,
                                                          Position last) const;

  /// Ordered by time, then groups. Errors: invalid_field (no from or to, an unknown zone, more
  /// than 10,000 steps).
  [[nodiscard]] Result<std::vector<CostRow>> cost_over_time(const CostQuery& query) const;

  /// Ordered by time, then groups. Errors: invalid_field (an unknown zone, more than 10,000
  /// windows), decimal_exceeds_limit.
  [[nodiscard]] Result<std::vector<MeterRow>> metered(const MeterQuery& query) const;

  /// Answers one SELECT, WITH, EXPLAIN, SHOW or DESCRIBE over `charges`, `facts` and what is
  /// behind them. Nothing else runs: no statement that writes, no files, no settings.
  /// Errors: query_is_refused (also: it is wrong, in DuckDB's words), query_took_too_long.
  [[nodiscard]] Result<Table> sql(std::string_view text, const SqlLimits& limits = {}) const;

  /// Writes the whole answer of such a question to a file, which is replaced in one step.
  /// Texts that a spreadsheet would run are prefixed with '. Returns the number of rows.
  [[nodiscard]] Result<std::uint64_t> export_csv(std::string_view text,
                                                 const std::filesystem::path& file) const;
  [[nodiscard]] Result<std::uint64_t> export_parquet(std::string_view text,
                                                     const std::filesystem::path& file) const;

  /// Writes the lines that a filter asks for to such a file, with the columns of
  /// export_columns(). Takes the memory of `facts_at_once`. Errors: too_large (more than
  /// `lines_max`), disk_full (the last GiB is the log's), and as above.
  [[nodiscard]] Result<std::uint64_t> export_charges(const ChargeFilter& filter,
                                                     ExportFormat format, std::uint64_t lines_max,
                                                     const std::filesystem::path& file,
                                                     std::int64_t facts_at_once = 100'000) const;

  /// Writes everything into the one file, so that a copy of it is a backup.
  [[nodiscard]] Result<void> checkpoint();

 private:
  struct Parts;
  explicit ChargeStore(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// Answers a question, as ChargeStore::sql, about a file that nobody has open to write. Errors:
/// store_is_locked, file_is_unreadable, store_failed (it is no store, or of another layout), and
/// those of `sql`.
[[nodiscard]] Result<Table> ask_file(const std::filesystem::path& file, std::string_view text,
                                     const SqlLimits& limits = {});

}  // namespace steelyard::charges
