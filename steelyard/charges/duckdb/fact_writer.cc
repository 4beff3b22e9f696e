#include "steelyard/charges/duckdb/fact_writer.h"

#include <ranges>
#include <string>

#include "steelyard/charges/duckdb/hourly.h"
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

void put_call_lines(std::span<const ChargedLine> lines, std::span<const std::int32_t> prices,
                    TableAppender& to) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(call_lines_max); ++i) {
    if (i >= lines.size()) {
      to.put(std::int32_t{0});
      to.put(std::int64_t{0});
      to.put(std::int64_t{0});
      continue;
    }
    to.put(prices[i]);
    to.put(static_cast<std::int64_t>(lines[i].quantity.scaled() / whole));
    to.put(static_cast<std::int64_t>(lines[i].amount.scaled()));
  }
}

/// Returns what its lines have in common.
RollupKey put_fact(const ChargedFact& fact, std::int64_t number, Names& names, TableAppender& to) {
  RollupKey key;
  const auto put_name = [&](NameKind kind, std::string_view text) {
    const std::int32_t name = names.of(kind).number_of(text);
    to.put(name);
    return name;
  };
  to.put(number);
  to.put(static_cast<std::int64_t>(fact.sequence));
  key.tenant = put_name(NameKind::tenant, fact.tenant);
  key.account = put_name(NameKind::account, fact.account);
  put_name(NameKind::source, fact.source);
  to.put_text(fact.id);
  put_name(NameKind::type, fact.type);
  to.put_time(fact.time);
  key.hour = rounded_down(microseconds_of(fact.time), hour_us);
  if (fact.started.has_value()) {
    to.put_time(*fact.started);
  } else {
    to.put_null();
  }
  to.put_time(fact.received_at);
  key.model = put_name(NameKind::model, fact.model);
  put_name(NameKind::resource, fact.resource);
  put_name(NameKind::region, fact.region);
  key.api_key = put_name(NameKind::api_key, fact.api_key);
  key.project = put_name(NameKind::project, fact.project);
  const auto put_text_or_null = [&](std::string_view text) {
    if (text.empty()) {
      to.put_null();
    } else {
      to.put_text(text);
    }
  };
  put_text_or_null(fact.tags);
  key.currency = put_name(NameKind::currency, fact.currency);
  key.book = names.books.number_of(fact.book, fact.book_version);
  to.put(key.book);
  to.put(static_cast<std::uint8_t>(fact.status));
  const bool is_unrated = fact.status == FactStatus::unrated;
  put_name(NameKind::reason, is_unrated ? name_of(fact.reason) : std::string_view());
  to.put(fact.flags);
  to.put(static_cast<std::int64_t>(fact.corrects));
  to.put(static_cast<std::int32_t>(fact.lines.size()));
  Decimal amount;
  for (const ChargedLine& line : fact.lines) amount += line.amount;
  to.put_decimal(amount);
  put_text_or_null(fact.credit);
  put_name(NameKind::hold_budget, fact.hold_budget);
  return key;
}

Result<void> put_lines(std::span<const ChargedLine> lines, std::span<const std::int32_t> prices,
                       std::int64_t fact, TableAppender& to) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    to.put(fact);
    to.put(static_cast<std::int32_t>(i + 1));
    to.put(prices[i]);
    to.put_decimal(lines[i].quantity);
    to.put_decimal(lines[i].amount);
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
  summed_behind_ = progress_.facts;
  if (rows == 1 && facts == progress_.facts) return {};
  return failure(ErrorCode::store_failed, "there are " + number_text(facts) +
                                              " facts and progress says " +
                                              number_text(progress_.facts));
}

Result<void> FactWriter::write(std::span<const FactSpan> facts, Position position,
                               std::uint64_t facts_between_rollups) {
  Progress to = progress_;
  to.position = position;
  for (const FactSpan part : facts) to.facts += static_cast<std::int64_t>(part.size());
  STEELYARD_PASS(run(connection_, "BEGIN TRANSACTION"));
  STEELYARD_PASS(write_facts(facts, progress_.facts));
  STEELYARD_PASS(write_names());
  if (static_cast<std::uint64_t>(to.facts - to.rolled_up) > facts_between_rollups) {
    STEELYARD_PASS(roll_up(to.rolled_up));
    to.rolled_up = to.facts;
  }
  STEELYARD_PASS(run(connection_, "UPDATE progress SET position = " + std::to_string(to.position) +
                                      ", facts = " + number_text(to.facts) +
                                      ", rolled_up = " + number_text(to.rolled_up)));
  STEELYARD_PASS(run_asleep(connection_, "COMMIT"));
  progress_ = to;
  return {};
}

Result<void> FactWriter::write_facts(std::span<const FactSpan> facts, std::int64_t number) {
  if (facts.empty()) return {};
  STEELYARD_TRY(fact_table, TableAppender::open(connection_, "fact"));
  STEELYARD_TRY(line_table, TableAppender::open(connection_, "line"));
  for (const ChargedFact& fact : std::views::join(facts)) {
    const RollupKey key = put_fact(fact, ++number, *names_, fact_table);
    line_prices_.clear();
    for (const ChargedLine& line : fact.lines) {
      line_prices_.push_back(names_->prices.number_of(line));
    }
    const bool stands_beside = is_call(fact.lines);
    put_call_lines(stands_beside ? fact.lines : std::span<const ChargedLine>(), line_prices_,
                   fact_table);
    STEELYARD_PASS(fact_table.end_row());
    if (!stands_beside) {
      STEELYARD_PASS(put_lines(fact.lines, line_prices_, number, line_table));
    }
    add_up(fact.lines, key);
  }
  STEELYARD_PASS(fact_table.finish());
  return line_table.finish();
}

void FactWriter::add_up(std::span<const ChargedLine> lines, RollupKey key) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    key.price = line_prices_[i];
    sums_.add(key, lines[i].quantity, lines[i].amount);
  }
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

/// Facts behind `from`. Of those that were written before this start, there are no sums.
Result<void> FactWriter::roll_up(std::int64_t from) {
  if (from < summed_behind_) {
    const std::string facts =
        "fact > " + number_text(from) + " AND fact <= " + number_text(summed_behind_);
    STEELYARD_PASS(run(connection_, "INSERT INTO rollup " + added_up_sql(facts) +
                                        " ORDER BY tenant, account, hour, price"));
  }
  return write_sums();
}

Result<void> FactWriter::write_sums() {
  STEELYARD_TRY(table, TableAppender::open(connection_, "rollup"));
  for (const RollupRow& row : sums_.take()) {
    table.put(row.key.tenant);
    table.put(row.key.account);
    table.put(row.key.hour);
    table.put(row.key.price);
    table.put(row.key.book);
    table.put(row.key.currency);
    table.put(row.key.model);
    table.put(row.key.api_key);
    table.put(row.key.project);
    table.put_decimal(row.quantity);
    table.put_decimal(row.amount);
    table.put(row.lines);
    STEELYARD_PASS(table.end_row());
  }
  return table.finish();
}

}  // namespace steelyard::charges::duckdb
