#include "steelyard/charges/duckdb/schema.h"

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
CREATE TABLE fact (number BIGINT, sequence BIGINT, tenant INTEGER, account INTEGER,
  source INTEGER, id VARCHAR, type INTEGER, time TIMESTAMP, started TIMESTAMP,
  received_at TIMESTAMP, model INTEGER, resource INTEGER, region INTEGER, api_key INTEGER,
  project INTEGER, tags INTEGER, currency INTEGER, book INTEGER, status UTINYINT, reason INTEGER,
  flags UINTEGER, corrects BIGINT, lines INTEGER, amount DECIMAL(38,12),
  price_1 INTEGER, quantity_1 BIGINT, amount_1 DECIMAL(18,12),
  price_2 INTEGER, quantity_2 BIGINT, amount_2 DECIMAL(18,12),
  price_3 INTEGER, quantity_3 BIGINT, amount_3 DECIMAL(18,12));
CREATE TABLE line (fact BIGINT, line INTEGER, price INTEGER, quantity DECIMAL(38,12),
  amount DECIMAL(38,12));
CREATE TABLE rollup (tenant INTEGER, account INTEGER, hour TIMESTAMP, price INTEGER,
  book INTEGER, currency INTEGER, model INTEGER, api_key INTEGER, project INTEGER,
  quantity DECIMAL(38,12), amount DECIMAL(38,12), lines BIGINT);
)";

/// A name by its number. DuckDB leaves the join out of the plan where the name is not asked for,
/// because a grouped side can not multiply rows.
std::string name_join(std::string_view kind, const std::string& of) {
  const std::string name(kind);
  return " LEFT JOIN (SELECT id, any_value(text) AS text FROM " + name + "_name GROUP BY id) AS " +
         name + "_n ON " + name + "_n.id = " + of + '.' + name;
}

std::string price_join(const std::string& of) {
  return " LEFT JOIN (SELECT id, any_value(item) AS item, any_value(tier) AS tier, "
         "any_value(unit) AS unit, any_value(price) AS price, any_value(per) AS per, "
         "any_value(list_price) AS list_price FROM price GROUP BY id) AS p ON p.id = " +
         of + ".price";
}

std::string book_join(const std::string& of) {
  return " LEFT JOIN (SELECT id, any_value(name) AS name, any_value(version) AS version "
         "FROM book GROUP BY id) AS b ON b.id = " +
         of + ".book";
}

std::string fact_joins(const std::string& of) {
  std::string joins;
  for (const std::string_view kind : name_kinds) joins += name_join(kind, of);
  return joins + book_join(of);
}

constexpr std::string_view fact_names =
    "tenant_n.text AS tenant, account_n.text AS account, source_n.text AS source, f.id, "
    "type_n.text AS type, f.time, f.started, f.received_at, model_n.text AS model, "
    "resource_n.text AS resource, region_n.text AS region, api_key_n.text AS api_key, "
    "project_n.text AS project, tags_n.text AS tags, currency_n.text AS currency, "
    "b.name AS book, b.version AS book_version, f.flags, "
    "nullif(f.corrects, 0) AS corrects";

/// What every line says of its fact.
constexpr std::string_view line_fact_columns =
    "f.number AS fact, f.sequence, f.tenant, f.account, f.source, f.id, f.type, f.time, "
    "f.started, f.received_at, f.model, f.resource, f.region, f.api_key, f.project, f.tags, "
    "f.currency, f.book, f.status, f.reason, f.flags, f.corrects";

std::string views() {
  return "CREATE VIEW charges AS SELECT f.fact, f.line, f.sequence, " + std::string(fact_names) +
         ", p.item, p.tier, f.quantity, p.unit, p.price, p.per, p.list_price, f.amount FROM (" +
         lines_sql() + ") AS f" + fact_joins("f") + price_join("f") +
         ";\nCREATE VIEW facts AS SELECT f.number AS fact, f.sequence, " + std::string(fact_names) +
         ", CASE f.status WHEN 1 THEN 'rated' ELSE 'unrated' END AS status, "
         "reason_n.text AS reason, f.lines, f.amount FROM fact AS f" +
         fact_joins("f") +
         ";\nCREATE VIEW hours AS SELECT tenant_n.text AS tenant, account_n.text AS account, "
         "f.hour, model_n.text AS model, api_key_n.text AS api_key, project_n.text AS project, "
         "p.item, p.tier, f.quantity, p.unit, p.price, p.per, f.amount, "
         "currency_n.text AS currency, b.name AS book, b.version AS book_version, f.lines FROM "
         "(SELECT tenant, account, hour, price, book, currency, model, api_key, project, "
         "sum(quantity) AS quantity, sum(amount) AS amount, sum(lines)::BIGINT AS lines FROM "
         "(FROM rollup UNION ALL " +
         added_up_sql("fact > (SELECT rolled_up FROM progress)") + ") GROUP BY ALL) AS f" +
         name_join("tenant", "f") + name_join("account", "f") + name_join("model", "f") +
         name_join("api_key", "f") + name_join("project", "f") + name_join("currency", "f") +
         book_join("f") + price_join("f") + ";\n";
}

}  // namespace

std::string lines_sql() {
  std::string sql;
  for (const std::string n : {"1", "2", "3"}) {
    sql += "SELECT " + std::string(line_fact_columns) + ", " + n + " AS line, f.price_" + n +
           " AS price, f.quantity_" + n + "::DECIMAL(38,12) AS quantity, f.amount_" + n +
           "::DECIMAL(38,12) AS amount FROM fact AS f WHERE f.price_" + n + " <> 0 UNION ALL ";
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
  std::string sql(tables);
  for (const std::string_view kind : name_kinds) {
    sql += "CREATE TABLE " + std::string(kind) + "_name (id INTEGER, text VARCHAR);\n";
  }
  sql += "INSERT INTO layout VALUES (" + std::to_string(layout_version) + ");\n";
  return sql + views();
}

}  // namespace steelyard::charges::duckdb
