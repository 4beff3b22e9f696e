#include "steelyard/charges/duckdb/bill.h"

#include <algorithm>
#include <tuple>

#include "steelyard/charges/duckdb/conditions.h"
#include "steelyard/charges/duckdb/hourly.h"
#include "steelyard/charges/duckdb/table_appender.h"

namespace steelyard::charges::duckdb {
namespace {

bool stands_before(const BillLine& a, const BillLine& b) {
  const auto key = [](const BillLine& line) {
    return std::tie(line.currency, line.model, line.item, line.tier, line.unit, line.price,
                    line.per, line.list_price, line.book, line.book_version);
  };
  return key(a) < key(b);
}

}  // namespace

Result<std::vector<BillLine>> bill(const Snapshot& snapshot, const Names& names,
                                   const ChargeFilter& account_and_times) {
  std::vector<BillLine> lines;
  const auto conditions = conditions_of(account_and_times, names);
  const std::int64_t from = microseconds_of(*account_and_times.from);
  const std::int64_t to = microseconds_of(*account_and_times.to);
  if (!conditions.has_value() || from >= to) return lines;

  const auto number = [](const Row& row, idx_t column) {
    return static_cast<std::int32_t>(row.integer(column));
  };
  STEELYARD_PASS(for_each_row(
      snapshot.connection,
      "SELECT currency::BIGINT, model::BIGINT, price::BIGINT, book::BIGINT, sum(quantity), "
      "sum(amount), sum(lines)::BIGINT FROM (" +
          hourly_sql(*conditions, from, to, snapshot.rolled_up) +
          ") GROUP BY currency, model, price, book",
      [&](const Row& row) {
        const PriceRow price = names.prices.row(number(row, 2));
        const Book book = names.books.book(number(row, 3));
        lines.push_back({names.of(NameKind::model).text(number(row, 1)), price.item, price.tier,
                         price.unit, price.price, price.per, price.list_price,
                         names.of(NameKind::currency).text(number(row, 0)), book.name, book.version,
                         row.decimal(4), row.decimal(5),
                         static_cast<std::uint64_t>(row.integer(6))});
      }));
  std::sort(lines.begin(), lines.end(), stands_before);
  return lines;
}

}  // namespace steelyard::charges::duckdb
