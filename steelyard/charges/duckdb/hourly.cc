#include "steelyard/charges/duckdb/hourly.h"

#include "steelyard/charges/duckdb/conditions.h"
#include "steelyard/charges/duckdb/schema.h"

namespace steelyard::charges::duckdb {
namespace {

std::string between(const char* column, std::int64_t from, std::int64_t to) {
  const std::string name(column);
  return name + " >= " + timestamp(from) + " AND " + name + " < " + timestamp(to);
}

}  // namespace

std::int64_t rounded_down(std::int64_t time, std::int64_t unit) {
  const std::int64_t rest = time % unit;
  return time - (rest < 0 ? rest + unit : rest);
}

std::int64_t rounded_up(std::int64_t time, std::int64_t unit) { return -rounded_down(-time, unit); }

std::string hourly_sql(const std::string& conditions, std::int64_t from, std::int64_t to,
                       std::int64_t rolled_up) {
  const std::string bound = std::to_string(rolled_up);
  const std::int64_t first_hour = rounded_up(from, hour_us);
  const std::int64_t last_hour = rounded_down(to, hour_us);
  const std::string behind = conditions + " AND fact > " + bound + " AND ";
  const std::string covered = conditions + " AND fact <= " + bound + " AND ";
  std::string sql = added_up_sql(behind + between("time", from, to));
  if (first_hour > last_hour) {  // Both ends within one hour.
    return sql + " UNION ALL " + added_up_sql(covered + between("time", from, to));
  }
  sql +=
      " UNION ALL SELECT tenant, account, hour, price, book, currency, model, api_key, project, "
      "quantity, amount, lines FROM rollup WHERE " +
      conditions + " AND " + between("hour", first_hour, last_hour);
  if (from < first_hour) {
    sql += " UNION ALL " + added_up_sql(covered + between("time", from, first_hour));
  }
  if (last_hour < to) {
    sql += " UNION ALL " + added_up_sql(covered + between("time", last_hour, to));
  }
  return sql;
}

}  // namespace steelyard::charges::duckdb
