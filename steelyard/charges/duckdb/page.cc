#include "steelyard/charges/duckdb/page.h"

#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include "steelyard/charges/duckdb/conditions.h"
#include "steelyard/charges/duckdb/table_appender.h"

namespace steelyard::charges::duckdb {
namespace {

using money::Decimal;
using money::int128;

constexpr int128 whole = 1'000'000'000'000;

/// Behind which line of which fact a page begins: "17.2".
struct Cursor {
  std::int64_t fact = 0;
  std::uint32_t line = UINT32_MAX;

  std::string to_text() const { return std::to_string(fact) + '.' + std::to_string(line); }
};

Result<Cursor> cursor_of(std::string_view text) {
  Cursor cursor;
  if (text.empty()) return cursor;
  const char* const end = text.data() + text.size();
  const auto fact = std::from_chars(text.data(), end, cursor.fact);
  const bool has_point = fact.ec == std::errc() && fact.ptr != end && *fact.ptr == '.';
  if (has_point) {
    const auto line = std::from_chars(fact.ptr + 1, end, cursor.line);
    if (line.ec == std::errc() && line.ptr == end && cursor.fact >= 0) return cursor;
  }
  return failure(ErrorCode::invalid_field, "cursor: '" + std::string(text) + "' is none of ours");
}

/// In the order of the columns below.
constexpr NameKind fact_kinds[] = {
    NameKind::account,  NameKind::source, NameKind::type,        NameKind::model,
    NameKind::resource, NameKind::region, NameKind::api_key,     NameKind::project,
    NameKind::currency, NameKind::reason, NameKind::hold_budget,
};
constexpr std::string_view fact_columns =
    "number, account::BIGINT, source::BIGINT, type::BIGINT, model::BIGINT, resource::BIGINT, "
    "region::BIGINT, api_key::BIGINT, project::BIGINT, currency::BIGINT, "
    "reason::BIGINT, hold_budget::BIGINT, sequence, id, epoch_us(time), epoch_us(started), "
    "epoch_us(received_at), "
    "book::BIGINT, status::BIGINT, flags::BIGINT, corrects, lines::BIGINT, credit, tags, "
    "price_1::BIGINT, quantity_1, amount_1::DECIMAL(38,12), "
    "price_2::BIGINT, quantity_2, amount_2::DECIMAL(38,12), "
    "price_3::BIGINT, quantity_3, amount_3::DECIMAL(38,12)";
constexpr idx_t first_line_column = 24;

void set_price(ChargeRow& row, const PriceRow& price) {
  row.item = price.item;
  row.tier = price.tier;
  row.unit = price.unit;
  row.price = price.price;
  row.per = price.per;
  row.list_price = price.list_price;
}

/// A fact with its lines, if they stand beside it, or with none yet.
struct PageFact {
  ChargeRow fact;
  std::int64_t lines = 0;
  std::vector<ChargeRow> rows;

  bool lacks_lines() const { return lines > 0 && rows.empty(); }
};

PageFact read_fact(const Row& row, const Names& names) {
  const auto number = [&](idx_t column) { return static_cast<std::int32_t>(row.integer(column)); };
  PageFact read;
  ChargeRow& fact = read.fact;
  std::string* const texts[] = {&fact.account,  &fact.source, &fact.type,       &fact.model,
                                &fact.resource, &fact.region, &fact.api_key,    &fact.project,
                                &fact.currency, &fact.reason, &fact.hold_budget};
  static_assert(std::size(fact_kinds) == std::size(texts));
  fact.fact = static_cast<std::uint64_t>(row.integer(0));
  for (idx_t i = 0; i < std::size(texts); ++i) {
    *texts[i] = names.of(fact_kinds[i]).text(number(1 + i));
  }
  fact.sequence = static_cast<Position>(row.integer(12));
  fact.id = row.text(13);
  fact.time = instant_of(row.integer(14));
  if (!row.is_null(15)) fact.started = instant_of(row.integer(15));
  fact.received_at = instant_of(row.integer(16));
  const Book book = names.books.book(number(17));
  fact.book = book.name;
  fact.book_version = book.version;
  fact.status = static_cast<FactStatus>(row.integer(18));
  fact.flags = static_cast<std::uint32_t>(row.integer(19));
  fact.corrects = static_cast<Position>(row.integer(20));
  read.lines = row.integer(21);
  if (!row.is_null(22)) fact.credit = row.text(22);
  if (!row.is_null(23)) fact.tags = row.text(23);
  for (std::uint32_t i = 0; i < 3; ++i) {
    const idx_t column = first_line_column + i * 3;
    if (row.integer(column) == 0) break;
    ChargeRow line = fact;
    line.line = i + 1;
    set_price(line, names.prices.row(number(column)));
    line.quantity = Decimal::from_scaled(row.integer(column + 1) * whole);
    line.amount = row.decimal(column + 2);
    read.rows.push_back(std::move(line));
  }
  if (read.lines == 0) read.rows.push_back(fact);
  return read;
}

/// The lines that stand in a table of their own.
Result<void> add_lines(const Snapshot& snapshot, const Names& names,
                       std::map<std::int64_t, PageFact>& facts) {
  std::string numbers;
  for (const auto& [number, fact] : facts) {
    if (fact.lacks_lines()) numbers += (numbers.empty() ? "" : ",") + std::to_string(number);
  }
  if (numbers.empty()) return {};
  return for_each_row(
      snapshot.connection,
      "SELECT fact, line::BIGINT, price::BIGINT, quantity, amount FROM line WHERE fact IN (" +
          numbers + ") ORDER BY fact, line",
      [&](const Row& row) {
        PageFact& fact = facts.at(row.integer(0));
        ChargeRow line = fact.fact;
        line.line = static_cast<std::uint32_t>(row.integer(1));
        set_price(line, names.prices.row(static_cast<std::int32_t>(row.integer(2))));
        line.quantity = row.decimal(3);
        line.amount = row.decimal(4);
        fact.rows.push_back(std::move(line));
      });
}

/// Conditions on the table of facts; nullopt: nothing can match.
std::optional<std::string> fact_conditions(const ChargeFilter& filter, const Names& names) {
  auto conditions = conditions_of(filter, names);
  if (!conditions.has_value()) return std::nullopt;
  if (filter.from.has_value()) {
    also(*conditions, "time >= " + timestamp(microseconds_of(*filter.from)));
  }
  if (filter.to.has_value()) {
    also(*conditions, "time < " + timestamp(microseconds_of(*filter.to)));
  }
  if (filter.item.has_value()) {
    const std::string prices = prices_of_item(*filter.item, names);
    if (prices.empty()) return std::nullopt;
    const std::string in = " IN (" + prices + ")";
    also(*conditions, "(price_1" + in + " OR price_2" + in + " OR price_3" + in +
                          " OR number IN (SELECT fact FROM line WHERE price" + in + "))");
  }
  return conditions;
}

/// The first ones of those from a number on. Looked for in stretches of numbers, each longer than
/// the one before: to ask for the first of all that follow would sort all that follow, for each
/// page again. Not where few can follow, or where each question looks through all lines.
Result<std::map<std::int64_t, PageFact>> first_facts(const Snapshot& snapshot, const Names& names,
                                                     const std::string& conditions,
                                                     bool can_be_many, std::int64_t from,
                                                     std::size_t count) {
  constexpr std::int64_t times = 8;
  constexpr std::int64_t stretch_max = 10'000'000;
  constexpr std::int64_t number_max = std::int64_t{1} << 62;
  std::map<std::int64_t, PageFact> facts;
  if (from > number_max) return facts;
  auto stretch = static_cast<std::int64_t>(count);
  for (bool has_more = true; has_more && facts.size() < count; stretch *= times) {
    std::string where = conditions;
    also(where, "number >= " + std::to_string(from));
    has_more = can_be_many && stretch <= stretch_max;
    from += stretch;
    if (has_more) also(where, "number < " + std::to_string(from));
    STEELYARD_PASS(for_each_row(
        snapshot.connection,
        "SELECT " + std::string(fact_columns) + " FROM fact WHERE " + where +
            " ORDER BY number LIMIT " + std::to_string(count - facts.size()),
        [&](const Row& row) { facts.emplace(row.integer(0), read_fact(row, names)); }));
  }
  return facts;
}

}  // namespace

Result<ChargePage> page_of_charges(const Snapshot& snapshot, const Names& names,
                                   const ChargeFilter& filter, std::string_view cursor,
                                   std::size_t limit) {
  STEELYARD_TRY(behind, cursor_of(cursor));
  ChargePage page;
  const auto conditions = fact_conditions(filter, names);
  if (!conditions.has_value() || limit == 0) return page;
  // The cursor's own fact may have lines left, and one fact has one row at least.
  const bool can_be_many = !filter.id.has_value() && !filter.item.has_value();
  STEELYARD_TRY(facts,
                first_facts(snapshot, names, *conditions, can_be_many, behind.fact, limit + 2));
  STEELYARD_PASS(add_lines(snapshot, names, facts));
  for (auto& [number, fact] : facts) {
    for (ChargeRow& row : fact.rows) {
      if (number == behind.fact && row.line <= behind.line) continue;
      if (filter.item.has_value() && row.item != *filter.item) continue;
      if (page.rows.size() == limit) {
        const ChargeRow& last = page.rows.back();
        page.next = Cursor{static_cast<std::int64_t>(last.fact), last.line}.to_text();
        return page;
      }
      page.rows.push_back(std::move(row));
    }
  }
  return page;
}

Result<std::vector<Position>> cloud_facts(const Snapshot& snapshot, const Names& names,
                                          std::string_view tenant, Position last) {
  std::vector<Position> sequences;
  const auto whose = names.of(NameKind::tenant).find(tenant);
  if (!whose.has_value()) return sequences;
  std::string conditions = "tenant = " + std::to_string(*whose);
  also(conditions, "sequence <= " + std::to_string(last));
  // What has no price changed nothing, but a plan covers all the same.
  const auto plan = names.of(NameKind::type).find("cloud.plan.purchase");
  also(conditions, "(status = 1 OR sequence = " + std::to_string(last) +
                       (plan.has_value() ? " OR type = " + std::to_string(*plan) : "") + ")");
  for (const std::string_view type : {"ai.model.call", "ai.model.void"}) {
    const auto number = names.of(NameKind::type).find(type);
    if (number.has_value()) also(conditions, "type <> " + std::to_string(*number));
  }
  STEELYARD_PASS(for_each_row(
      snapshot.connection, "SELECT sequence FROM fact WHERE " + conditions + " ORDER BY number",
      [&](const Row& row) { sequences.push_back(static_cast<Position>(row.integer(0))); }));
  return sequences;
}

}  // namespace steelyard::charges::duckdb
