#include "steelyard/charges/duckdb/schema.h"

#include <array>
#include <initializer_list>

#include "steelyard/charges/duckdb/names.h"

namespace steelyard::charges::duckdb {
namespace {

constexpr std::string_view tables = R"(
CREATE TABLE layout (version BIGINT);
CREATE TABLE progress (position BIGINT, facts BIGINT, rolled_up BIGINT);
INSERT INTO progress VALUES (0, 0, 0);
CREATE TABLE price (id INTEGER, item VARCHAR, tier VARCHAR, unit VARCHAR,
  price DECIMAL(38,12), per DECIMAL(38,12), list_price DECIMAL(38,12));
CREATE TABLE book (id INTEGER, name VARCHAR, version BIGINT);
CREATE TABLE line (fact BIGINT, line INTEGER, price INTEGER, quantity DECIMAL(38,12),
  amount DECIMAL(38,12));
CREATE TABLE rollup (tenant INTEGER, account INTEGER, hour TIMESTAMP, price INTEGER,
  book INTEGER, currency INTEGER, model INTEGER, api_key INTEGER, project INTEGER,
  quantity DECIMAL(38,12), amount DECIMAL(38,12), lines BIGINT);
)";

/// All but texts are compressed in the one way that fits numbers: DuckDB would try each way for
/// each column, which takes longer than the compressing.
constexpr std::array<std::string_view, 35> fact_columns = {
    "number BIGINT",         "sequence BIGINT",         "tenant INTEGER",
    "account INTEGER",       "source INTEGER",          "id VARCHAR",
    "type INTEGER",          "time TIMESTAMP",          "started TIMESTAMP",
    "received_at TIMESTAMP", "model INTEGER",           "resource INTEGER",
    "region INTEGER",        "api_key INTEGER",         "project INTEGER",
    "tags VARCHAR",          "currency INTEGER",        "book INTEGER",
    "status UTINYINT",       "reason INTEGER",          "flags UINTEGER",
    "corrects BIGINT",       "lines INTEGER",           "amount DECIMAL(38,12)",
    "credit VARCHAR",        "hold_budget INTEGER",     "price_1 INTEGER",
    "quantity_1 BIGINT",     "amount_1 DECIMAL(18,12)", "price_2 INTEGER",
    "quantity_2 BIGINT",     "amount_2 DECIMAL(18,12)", "price_3 INTEGER",
    "quantity_3 BIGINT",     "amount_3 DECIMAL(18,12)",
};

std::string fact_table() {
  std::string sql = "CREATE TABLE fact (";
  for (const std::string_view column : fact_columns) {
    if (sql.back() != '(') sql += ", ";
    sql += column;
    if (!column.ends_with("VARCHAR")) sql += " USING COMPRESSION bitpacking";
  }
  return sql + ");\n";
}

/// "tenant_name(f.tenant) AS tenant": see name_functions.h.
std::string name(std::string_view kind) {
  const std::string word(kind);
  return word + "_name(f." + word + ") AS " + word;
}

std::string joined(std::initializer_list<std::string> columns) {
  std::string all;
  for (const std::string& column : columns) all += (all.empty() ? "" : ", ") + column;
  return all;
}

constexpr const char* opened_tags =
    "opened(tenant_name(f.tenant), account_name(f.account), f.tags) AS tags";
constexpr const char* book_names =
    "book_name(f.book) AS book, book_version(f.book) AS book_version";

std::string fact_names() {
  return joined({name("tenant"), name("account"), name("source"), "f.id", name("type"), "f.time",
                 "f.started", "f.received_at", name("model"), name("resource"), name("region"),
                 name("api_key"), name("project"), opened_tags, name("currency"), book_names,
                 "f.flags", "nullif(f.corrects, 0) AS corrects", "f.credit"});
}

std::string line_names() {
  return joined(
      {"p.item", "p.tier", "f.quantity", "p.unit", "p.price", "p.per", "p.list_price", "f.amount"});
}

/// A join, unlike the other names: an item and its tier are asked for together, and DuckDB groups
/// by several texts of a joined table at once, but by those of functions line by line.
constexpr const char* with_price = " AS f JOIN price AS p ON p.id = f.price";

/// What every line says of its fact.
constexpr std::string_view line_fact_columns =
    "f.number AS fact, f.sequence, f.tenant, f.account, f.source, f.id, f.type, f.time, "
    "f.started, f.received_at, f.model, f.resource, f.region, f.api_key, f.project, f.tags, "
    "f.currency, f.book, f.status, f.reason, f.flags, f.corrects, f.credit";

std::string views() {
  return "CREATE VIEW charges AS SELECT f.fact, f.line, f.sequence, " +
         joined({fact_names(), line_names()}) + " FROM (" + lines_sql() + ")" + with_price +
         ";\n"
         "CREATE VIEW facts AS SELECT f.number AS fact, f.sequence, " +
         joined({fact_names(), "CASE f.status WHEN 1 THEN 'rated' ELSE 'unrated' END AS status",
                 name("reason"), "f.lines", "f.amount"}) +
         " FROM fact AS f;\n"
         "CREATE VIEW hours AS SELECT " +
         joined({name("tenant"), name("account"), "f.hour", name("model"), name("api_key"),
                 name("project"), line_names(), name("currency"), book_names, "f.lines"}) +
         " FROM (SELECT tenant, account, hour, price, book, currency, model, api_key, project, "
         "sum(quantity) AS quantity, sum(amount) AS amount, sum(lines)::BIGINT AS lines FROM "
         "(FROM rollup UNION ALL " +
         added_up_sql("fact > (SELECT rolled_up FROM progress)") + ") GROUP BY ALL)" + with_price +
         ";\n";
}

}  // namespace

std::string lines_sql() {
  std::string sql;
  for (const std::string n : {"1", "2", "3"}) {
    sql += "SELECT " + std::string(line_fact_columns) + ", " + n + " AS line, f.price_" + n +
           " AS price, wide_quantity(f.quantity_" + n + ") AS quantity, wide_amount(f.amount_" + n +
           ") AS amount FROM fact AS f WHERE f.price_" + n + " <> 0 UNION ALL ";
  }
  return sql + "SELECT " + std::string(line_fact_columns) +
         ", l.line, l.price, l.quantity, l.amount FROM line AS l JOIN fact AS f "
         "ON f.number = l.fact";
}

std::string added_up_sql(const std::string& conditions) {
  return "SELECT tenant, account, date_trunc('hour', time) AS hour, price, book, currency, model, "
         "api_key, project, sum(quantity) AS quantity, sum(amount) AS amount, count(*) AS lines "
         "FROM (" +
         lines_sql() + ") WHERE " + conditions + " GROUP BY ALL";
}

std::string schema_sql() {
  std::string sql = std::string(tables) + fact_table();
  for (const std::string_view kind : name_kinds) {
    sql += "CREATE TABLE " + std::string(kind) + "_name (id INTEGER, text VARCHAR);\n";
  }
  sql += "INSERT INTO layout VALUES (" + std::to_string(layout_version) + ");\n";
  return sql + views();
}

}  // namespace steelyard::charges::duckdb
