#include "steelyard/charges/charge_store.h"

#include <atomic>
#include <list>
#include <mutex>
#include <utility>

#include "steelyard/base/check.h"
#include "steelyard/charges/duckdb/bill.h"
#include "steelyard/charges/duckdb/charge_lines.h"
#include "steelyard/charges/duckdb/cost.h"
#include "steelyard/charges/duckdb/export.h"
#include "steelyard/charges/duckdb/file.h"
#include "steelyard/charges/duckdb/meter.h"
#include "steelyard/charges/duckdb/page.h"
#include "steelyard/charges/duckdb/question.h"
#include "steelyard/charges/duckdb/question_series.h"
#include "steelyard/charges/export_room.h"

namespace steelyard::charges {
namespace {

constexpr std::uint32_t export_milliseconds_max = 3'600'000;

/// Those behind a position. Ensures: sequences do not fall, and none is above `position`.
std::vector<FactSpan> behind(std::span<const FactSpan> facts, Position applied, Position position) {
  std::vector<FactSpan> all;
  Position last = 0;
  for (const FactSpan part : facts) {
    std::size_t known = 0;
    for (const ChargedFact& fact : part) {
      STEELYARD_CHECK(last <= fact.sequence);
      STEELYARD_CHECK(fact.sequence <= position);
      last = fact.sequence;
      if (fact.sequence <= applied) ++known;
    }
    if (known < part.size()) all.push_back(part.subspan(known));
  }
  return all;
}

Result<Table> answer_of(const duckdb::Database& database, std::string_view text,
                        const SqlLimits& limits) {
  STEELYARD_TRY(question, duckdb::Question::ask(database, text, limits.milliseconds_max));
  Table table;
  for (const duckdb::ColumnReader& reader : question.columns()) {
    table.columns.push_back(reader.column);
  }
  while (true) {
    STEELYARD_TRY(chunk, question.next());
    if (!chunk.has_value()) return table;
    for (idx_t row = 0; row < chunk->size(); ++row) {
      if (table.rows.size() == limits.rows_max) {
        table.is_cut_off = true;
        return table;
      }
      auto& texts = table.rows.emplace_back();
      for (idx_t i = 0; i < table.columns.size(); ++i) {
        texts.push_back(question.columns()[i].text(*chunk, i, row));
      }
    }
  }
}

}  // namespace

struct ChargeStore::Parts {
  Parts() = default;
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;
  Parts(Parts&&) = delete;
  Parts& operator=(Parts&&) = delete;
  ~Parts();

  std::unique_ptr<duckdb::Names> names = std::make_unique<duckdb::Names>();
  std::optional<duckdb::OpenFile> file;
  std::atomic<Position> applied = 0;
  std::optional<std::string> set_aside;
  std::optional<Error> failed;
  StoreOptions options;
};

/// After an allocation that failed, DuckDB may wait for ever for a lock of its own while it closes.
/// A file that could not be written is left to the end of the process, which is no loss: what is
/// not in it is made again from the log.
ChargeStore::Parts::~Parts() {
  if (!failed.has_value() || !file.has_value()) return;
  struct Abandoned {
    std::unique_ptr<duckdb::Names> names;
    duckdb::OpenFile file;
  };
  static std::mutex& mutex = *new std::mutex;
  static std::list<Abandoned>& abandoned = *new std::list<Abandoned>;
  const std::scoped_lock lock(mutex);
  abandoned.push_back({std::move(names), *std::move(file)});
}

ChargeStore::ChargeStore(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ChargeStore::~ChargeStore() = default;
ChargeStore::ChargeStore(ChargeStore&&) noexcept = default;
ChargeStore& ChargeStore::operator=(ChargeStore&&) noexcept = default;

Result<ChargeStore> ChargeStore::open(const std::filesystem::path& file,
                                      const StoreOptions& options) {
  auto parts = std::make_unique<Parts>();
  parts->options = options;
  const duckdb::DatabaseOptions database{.threads = options.threads,
                                         .memory_bytes_max = options.memory_bytes_max,
                                         .open_text = options.open_text};
  auto opened = duckdb::open_file(file, database, *parts->names);
  const bool is_damaged = !opened.has_value() && opened.error().code == ErrorCode::store_failed &&
                          std::filesystem::exists(file);
  if (is_damaged) {
    STEELYARD_TRY(aside, duckdb::set_aside(file));
    parts->set_aside = aside.string() + ": " + opened.error().detail;
    parts->names = std::make_unique<duckdb::Names>();
    opened = duckdb::open_file(file, database, *parts->names);
  }
  if (!opened.has_value()) return std::unexpected(std::move(opened).error());
  parts->file = *std::move(opened);
  parts->applied = parts->file->writer.progress().position;
  return ChargeStore(std::move(parts));
}

const std::optional<std::string>& ChargeStore::set_aside() const { return parts_->set_aside; }

Position ChargeStore::applied() const { return parts_->applied; }

Result<void> ChargeStore::append(FactSpan facts, Position position) {
  return append({&facts, 1}, position);
}

Result<void> ChargeStore::append(std::span<const FactSpan> facts, Position position) {
  if (parts_->failed.has_value()) return std::unexpected(*parts_->failed);
  const std::vector<FactSpan> unknown = behind(facts, parts_->applied, position);
  if (position <= parts_->applied) return {};
  auto written =
      parts_->file->writer.write(unknown, position, parts_->options.facts_between_rollups);
  if (!written.has_value()) {
    parts_->failed = written.error();
    return written;
  }
  parts_->applied = position;
  return {};
}

Result<std::vector<BillLine>> ChargeStore::bill(std::string_view tenant, std::string_view account,
                                                base::Instant from, base::Instant to) const {
  STEELYARD_TRY(snapshot, duckdb::take_snapshot(parts_->file->database));
  ChargeFilter filter;
  filter.tenant = tenant;
  filter.account = std::string(account);
  filter.from = from;
  filter.to = to;
  return duckdb::bill(snapshot, *parts_->names, filter);
}

Result<ChargePage> ChargeStore::charges(const ChargeFilter& filter, std::string_view cursor,
                                        std::size_t limit) const {
  STEELYARD_TRY(snapshot, duckdb::take_snapshot(parts_->file->database));
  STEELYARD_TRY(page, duckdb::page_of_charges(snapshot, *parts_->names, filter, cursor, limit));
  if (parts_->options.open_text == nullptr) return page;
  for (ChargeRow& row : page.rows) {
    if (!row.tags.empty()) {
      row.tags = parts_->options.open_text(filter.tenant, row.account, row.tags);
    }
  }
  return page;
}

Result<std::vector<Position>> ChargeStore::cloud_facts(std::string_view tenant,
                                                       Position last) const {
  STEELYARD_TRY(snapshot, duckdb::take_snapshot(parts_->file->database));
  return duckdb::cloud_facts(snapshot, *parts_->names, tenant, last);
}

Result<std::vector<CostRow>> ChargeStore::cost_over_time(const CostQuery& query) const {
  STEELYARD_TRY(snapshot, duckdb::take_snapshot(parts_->file->database));
  return duckdb::cost_over_time(snapshot, *parts_->names, query);
}

Result<std::vector<MeterRow>> ChargeStore::metered(const MeterQuery& query) const {
  STEELYARD_TRY(snapshot, duckdb::take_snapshot(parts_->file->database));
  return duckdb::metered(snapshot, *parts_->names, query);
}

Result<Table> ChargeStore::sql(std::string_view text, const SqlLimits& limits) const {
  return answer_of(parts_->file->database, text, limits);
}

Result<Table> ask_file(const std::filesystem::path& file, std::string_view text,
                       const SqlLimits& limits) {
  duckdb::Names names;
  STEELYARD_TRY(database, duckdb::open_to_read(file, names));
  return answer_of(database, text, limits);
}
Result<std::uint64_t> ChargeStore::export_csv(std::string_view text,
                                              const std::filesystem::path& file) const {
  STEELYARD_TRY(question, duckdb::QuestionSeries::ask(parts_->file->database, {std::string(text)},
                                                      export_milliseconds_max));
  return duckdb::write_csv(question, file);
}

Result<std::uint64_t> ChargeStore::export_parquet(std::string_view text,
                                                  const std::filesystem::path& file) const {
  STEELYARD_TRY(question, duckdb::QuestionSeries::ask(parts_->file->database, {std::string(text)},
                                                      export_milliseconds_max));
  return duckdb::write_parquet(question, file);
}

Result<std::uint64_t> ChargeStore::export_charges(const ChargeFilter& filter, ExportFormat format,
                                                  std::uint64_t lines_max,
                                                  const std::filesystem::path& file,
                                                  std::int64_t facts_at_once) const {
  STEELYARD_TRY(snapshot, duckdb::take_snapshot(parts_->file->database));
  STEELYARD_TRY(lines, duckdb::lines_of(snapshot.connection, filter, *parts_->names));
  if (lines.count > lines_max) {
    return failure(ErrorCode::too_large, std::to_string(lines.count) + " charge lines; at most " +
                                             std::to_string(lines_max) +
                                             " are exported at a time: ask for less time");
  }
  STEELYARD_PASS(check_export_room(file.parent_path(), lines.count * export_line_bytes));
  STEELYARD_TRY(questions, duckdb::QuestionSeries::ask(
                               parts_->file->database,
                               duckdb::export_sql(filter, *parts_->names, lines, facts_at_once),
                               export_milliseconds_max));
  return format == ExportFormat::csv ? duckdb::write_csv(questions, file)
                                     : duckdb::write_parquet(questions, file);
}

Result<void> ChargeStore::checkpoint() {
  return duckdb::run(duckdb::connect(parts_->file->database), "CHECKPOINT");
}

}  // namespace steelyard::charges
