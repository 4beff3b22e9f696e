#include "steelyard/charges/duckdb/fact_writer.h"

#include <string>

#include "steelyard/charges/duckdb/schema.h"
#include "steelyard/charges/duckdb/table_appender.h"

namespace steelyard::charges::duckdb {
namespace {

using money::Decimal;
using money::int128;

constexpr int128 whole = 1'000'000'000'000;

/// Whether all lines can stand beside the fact: see schema.h.
bool is_call(std::span<const ChargedLine> lines) {
  if (lines.size() > static_cast<std::size_t>(call_lines_max)) return false;
  constexpr Decimal above = Decimal::whole(call_amount_below);
  for (const ChargedLine& line : lines) {
    if (line.amount >= above || -line.amount >= above) return false;
    const int128 quantity = line.quantity.scaled() / whole;
    if (quantity * whole != line.quantity.scaled()) return false;
    if (quantity > INT64_MAX || quantity < INT64_MIN) return false;
  }
  return true;
}

void put_call_lines(std::span<const ChargedLine> lines, PriceTable& prices, TableAppender& to) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(call_lines_max); ++i) {
    if (i >= lines.size()) {
      to.put(std::int32_t{0});
      to.put(std::int64_t{0});
      to.put(std::int64_t{0});
      continue;
    }
    to.put(prices.number_of(lines[i]));
    to.put(static_cast<std::int64_t>(lines[i].quantity.scaled() / whole));
    to.put(static_cast<std::int64_t>(lines[i].amount.scaled()));
  }
}

void put_fact(const ChargedFact& fact, std::int64_t number, Names& names, TableAppender& to) {
  const auto put_name = [&](NameKind kind, std::string_view text) {
    to.put(names.of(kind).number_of(text));
  };
  to.put(number);
  to.put(static_cast<std::int64_t>(fact.sequence));
  put_name(NameKind::tenant, fact.tenant);
  put_name(NameKind::account, fact.account);
  put_name(NameKind::source, fact.source);
  to.put_text(fact.id);
  put_name(NameKind::type, fact.type);
  to.put_time(fact.time);
  if (fact.started.has_value()) {
    to.put_time(*fact.started);
  } else {
    to.put_null();
  }
  to.put_time(fact.received_at);
  put_name(NameKind::model, fact.model);
  put_name(NameKind::resource, fact.resource);
  put_name(NameKind::region, fact.region);
  put_name(NameKind::api_key, fact.api_key);
  put_name(NameKind::project, fact.project);
  put_name(NameKind::tags, fact.tags);
  put_name(NameKind::currency, fact.currency);
  to.put(names.books.number_of(fact.book, fact.book_version));
  to.put(static_cast<std::uint8_t>(fact.status));
  const bool is_unrated = fact.status == FactStatus::unrated;
  put_name(NameKind::reason, is_unrated ? name_of(fact.reason) : std::string_view());
  to.put(fact.flags);
  to.put(static_cast<std::int64_t>(fact.corrects));
  to.put(static_cast<std::int32_t>(fact.lines.size()));
  Decimal amount;
  for (const ChargedLine& line : fact.lines) amount += line.amount;
  to.put_decimal(amount);
  if (fact.credit.empty()) {
    to.put_null();
  } else {
    to.put_text(fact.credit);
  }
}

Result<void> put_lines(std::span<const ChargedLine> lines, std::int64_t fact, PriceTable& prices,
                       TableAppender& to) {
  std::int32_t number = 0;
  for (const ChargedLine& line : lines) {
    to.put(fact);
    to.put(++number);
    to.put(prices.number_of(line));
    to.put_decimal(line.quantity);
    to.put_decimal(line.amount);
    STEELYARD_PASS(to.end_row());
  }
  return {};
}

/// Appends what is new of a table of names, if anything.
template <class Put>
Result<void> write_new(const Connection& connection, const std::string& table, std::int32_t from,
                       std::int32_t to, Put put) {
  if (from == to) return {};
  STEELYARD_TRY(appender, TableAppender::open(connection, table.c_str()));
  for (std::int32_t number = from; number < to; ++number) {
    put(number, appender);
    STEELYARD_PASS(appender.end_row());
  }
  return appender.finish();
}

std::string number_text(std::int64_t number) { return std::to_string(number); }

std::string table_of(std::size_t kind) { return std::string(name_kinds[kind]) + "_name"; }

std::unexpected<Error> not_dense(const std::string& table) {
  return failure(ErrorCode::store_failed, "the numbers of table " + table + " have gaps");
}

}  // namespace

Result<FactWriter> FactWriter::open(Connection connection, Names& names) {
  FactWriter writer(std::move(connection), names);
  STEELYARD_PASS(writer.read_file());
  return writer;
}

Result<void> FactWriter::read_file() {
  bool is_dense = true;
  for (std::size_t kind = 0; kind < name_kind_count; ++kind) {
    NameTable& names = names_->tables[kind];
    STEELYARD_PASS(for_each_row(
        connection_, "SELECT id::BIGINT, text FROM " + table_of(kind) + " ORDER BY id",
        [&](const Row& row) { is_dense &= names.number_of(row.text(1)) == row.integer(0); }));
    if (!is_dense) return not_dense(table_of(kind));
    written_.names[kind] = names.size();
  }
  STEELYARD_PASS(for_each_row(
      connection_,
      "SELECT id::BIGINT, item, tier, unit, price, per, list_price FROM price ORDER BY id",
      [&](const Row& row) {
        is_dense &= names_->prices.size() + 1 == row.integer(0);
        PriceRow price{std::string(row.text(1)), std::string(row.text(2)), std::string(row.text(3)),
                       row.decimal(4),           row.decimal(5),           std::nullopt};
        if (!row.is_null(6)) price.list_price = row.decimal(6);
        names_->prices.restore(std::move(price));
      }));
  if (!is_dense) return not_dense("price");
  STEELYARD_PASS(for_each_row(
      connection_, "SELECT id::BIGINT, name, version FROM book ORDER BY id", [&](const Row& row) {
        is_dense &= names_->books.size() + 1 == row.integer(0);
        names_->books.restore(
            {std::string(row.text(1)), static_cast<std::uint32_t>(row.integer(2))});
      }));
  if (!is_dense) return not_dense("book");
  written_.prices = names_->prices.size();
  written_.books = names_->books.size();

  int rows = 0;
  STEELYARD_PASS(for_each_row(
      connection_, "SELECT position, facts, rolled_up FROM progress", [&](const Row& row) {
        ++rows;
        progress_ = {static_cast<Position>(row.integer(0)), row.integer(1), row.integer(2)};
      }));
  std::int64_t facts = 0;
  STEELYARD_PASS(for_each_row(connection_, "SELECT count(*) FROM fact",
                              [&](const Row& row) { facts = row.integer(0); }));
  if (rows == 1 && facts == progress_.facts) return {};
  return failure(ErrorCode::store_failed, "there are " + number_text(facts) +
                                              " facts and progress says " +
                                              number_text(progress_.facts));
}

Result<void> FactWriter::write(std::span<const ChargedFact> facts, Position position,
                               std::uint64_t facts_between_rollups) {
  Progress to = progress_;
  to.position = position;
  to.facts += static_cast<std::int64_t>(facts.size());
  STEELYARD_PASS(run(connection_, "BEGIN TRANSACTION"));
  STEELYARD_PASS(write_facts(facts, progress_.facts));
  STEELYARD_PASS(write_names());
  if (static_cast<std::uint64_t>(to.facts - to.rolled_up) > facts_between_rollups) {
    STEELYARD_PASS(roll_up(to));
    to.rolled_up = to.facts;
  }
  STEELYARD_PASS(run(connection_, "UPDATE progress SET position = " + std::to_string(to.position) +
                                      ", facts = " + number_text(to.facts) +
                                      ", rolled_up = " + number_text(to.rolled_up)));
  STEELYARD_PASS(run(connection_, "COMMIT"));
  progress_ = to;
  return {};
}

Result<void> FactWriter::write_facts(std::span<const ChargedFact> facts, std::int64_t number) {
  if (facts.empty()) return {};
  STEELYARD_TRY(fact_table, TableAppender::open(connection_, "fact"));
  STEELYARD_TRY(line_table, TableAppender::open(connection_, "line"));
  for (const ChargedFact& fact : facts) {
    put_fact(fact, ++number, *names_, fact_table);
    const bool stands_beside = is_call(fact.lines);
    put_call_lines(stands_beside ? fact.lines : std::span<const ChargedLine>(), names_->prices,
                   fact_table);
    STEELYARD_PASS(fact_table.end_row());
    if (!stands_beside) {
      STEELYARD_PASS(put_lines(fact.lines, number, names_->prices, line_table));
    }
  }
  STEELYARD_PASS(fact_table.finish());
  return line_table.finish();
}

Result<void> FactWriter::write_names() {
  for (std::size_t kind = 0; kind < name_kind_count; ++kind) {
    const NameTable& names = names_->tables[kind];
    STEELYARD_PASS(write_new(connection_, table_of(kind), written_.names[kind], names.size(),
                             [&](std::int32_t number, TableAppender& to) {
                               to.put(number);
                               to.put_text(names.text(number));
                             }));
    written_.names[kind] = names.size();
  }
  STEELYARD_PASS(write_new(connection_, "price", written_.prices + 1, names_->prices.size() + 1,
                           [&](std::int32_t number, TableAppender& to) {
                             const PriceRow row = names_->prices.row(number);
                             to.put(number);
                             to.put_text(row.item);
                             to.put_text(row.tier);
                             to.put_text(row.unit);
                             to.put_decimal(row.price);
                             to.put_decimal(row.per);
                             if (row.list_price.has_value()) {
                               to.put_decimal(*row.list_price);
                             } else {
                               to.put_null();
                             }
                           }));
  written_.prices = names_->prices.size();
  STEELYARD_PASS(write_new(connection_, "book", written_.books + 1, names_->books.size() + 1,
                           [&](std::int32_t number, TableAppender& to) {
                             const Book book = names_->books.book(number);
                             to.put(number);
                             to.put_text(book.name);
                             to.put(std::int64_t{book.version});
                           }));
  written_.books = names_->books.size();
  return {};
}

Result<void> FactWriter::roll_up(const Progress& to) {
  const std::string facts =
      "fact > " + number_text(to.rolled_up) + " AND fact <= " + number_text(to.facts);
  // In the order of accounts, so that a bill reads a small part of each run.
  return run(connection_, "INSERT INTO rollup " + added_up_sql(facts) +
                              " ORDER BY tenant, account, hour, price");
}

}  // namespace steelyard::charges::duckdb
