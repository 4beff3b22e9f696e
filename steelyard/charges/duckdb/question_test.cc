#include "steelyard/charges/duckdb/question.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "steelyard/charges/charge_store.h"
#include "steelyard/charges/facts_for_tests.h"

namespace steelyard::charges {
namespace {

using for_tests::Folder;

class QuestionTest : public testing::Test {
 protected:
  QuestionTest() {
    auto opened = ChargeStore::open(folder_ / "c.duckdb");
    store_ = std::make_unique<ChargeStore>(*std::move(opened));
    const FactBatch batch = for_tests::facts(100);
    EXPECT_TRUE(store_->append(batch.facts(), 100).has_value());
    std::ofstream(folder_ / "secret.csv") << "a,b\n1,2\n";
  }

  std::string path(const char* name) const { return (folder_ / name).string(); }

  Folder folder_{testing::TempDir()};
  std::unique_ptr<ChargeStore> store_;
};

TEST_F(QuestionTest, what_asks_is_answered) {
  for (const char* sql : {
           "SELECT 1",
           "  select 1 ; ",
           "-- a comment\nSELECT 1",
           "/* a comment */ SELECT 1",
           "(SELECT 1)",
           "WITH x AS (SELECT 1 AS a) SELECT a FROM x",
           "EXPLAIN SELECT sum(amount) FROM charges",
           "EXPLAIN ANALYZE SELECT sum(amount) FROM charges",
           "SHOW TABLES",
           "DESCRIBE charges",
           "DESCRIBE SELECT 1 AS a",
           "SELECT 'DROP TABLE fact; COPY'",
           "SELECT item, sum(amount) FROM charges GROUP BY item ORDER BY item",
           "SELECT sum(amount) FROM charges WHERE id = 'it''s; --'",
       }) {
    const auto table = store_->sql(sql);
    EXPECT_TRUE(table.has_value()) << sql << ": " << table.error().detail;
  }
}

TEST_F(QuestionTest, what_does_anything_else_is_refused) {
  const std::string secret = path("secret.csv");
  const std::string statements[] = {
      "",
      ";",
      "INSERT INTO progress VALUES (1, 2, 3)",
      "UPDATE progress SET position = 0",
      "DELETE FROM fact",
      "TRUNCATE fact",
      "CREATE TABLE t (a INTEGER)",
      "CREATE TEMP TABLE t (a INTEGER)",
      "CREATE OR REPLACE VIEW charges AS SELECT 1",
      "CREATE MACRO m() AS 1",
      "CREATE SECRET s (TYPE S3)",
      "ALTER TABLE fact ADD COLUMN x INTEGER",
      "DROP TABLE fact",
      "DROP VIEW charges",
      "SELECT 1; DELETE FROM fact",
      "SELECT 1; SELECT 2",
      "WITH x AS (DELETE FROM fact RETURNING 1) SELECT * FROM x",
      "EXPLAIN ANALYZE DELETE FROM fact",
      "EXPLAIN ANALYZE INSERT INTO progress VALUES (1, 2, 3)",
      "EXPLAIN ANALYZE CREATE TABLE t (a INTEGER)",
      "BEGIN",
      "COMMIT",
      "ROLLBACK",
      "SELECT 1; COMMIT",
      "COPY fact TO '" + path("out.csv") + "'",
      "COPY (SELECT 1) TO '" + path("out.parquet") + "'",
      "COPY fact FROM '" + secret + "'",
      "EXPORT DATABASE '" + path("out") + "'",
      "IMPORT DATABASE '" + path("out") + "'",
      "ATTACH '" + path("other.duckdb") + "' AS other",
      "DETACH c",
      "USE memory",
      "INSTALL httpfs",
      "LOAD httpfs",
      "FORCE INSTALL httpfs",
      "SET enable_external_access = true",
      "SET memory_limit = '100GB'",
      "SET threads = 64",
      "RESET threads",
      "SET VARIABLE x = 1",
      "PRAGMA database_list",
      "PRAGMA enable_profiling",
      "PRAGMA memory_limit='100GB'",
      "CALL pragma_version()",
      "CALL force_checkpoint()",
      "CHECKPOINT",
      "FORCE CHECKPOINT",
      "VACUUM",
      "ANALYZE",
      "PREPARE p AS SELECT 1",
      "EXECUTE p",
      "DEALLOCATE p",
      "SELECT * FROM checkpoint()",
      "SELECT * FROM force_checkpoint()",
      "SELECT * FROM \"force_checkpoint\"()",
      "SELECT * FROM enable_logging()",
      "SELECT * FROM \"enable_\" || 'logging'()",
      "SELECT * FROM truncate_duckdb_logs()",
      "SELECT * FROM query('DELETE FROM fact')",
      "SELECT * FROM query ('SELECT ' || '1')",
      "SELECT * FROM query/**/('SELECT 1')",
      "SELECT E'\\'', '--', * FROM query('SELECT 1')",
      "SELECT * FROM query -- (\n ('SELECT 1')",
      "SELECT * FROM query_table('fact')",
      "SELECT * FROM json_execute_serialized_sql('{}')",
      "SELECT * FROM read_csv('" + secret + "')",
      "SELECT * FROM '" + secret + "'",
      "SELECT * FROM \"" + secret + "\"",
      "SELECT * FROM read_text('/etc/passwd')",
      "SELECT * FROM read_blob('/etc/passwd')",
      "SELECT * FROM read_json('/etc/passwd')",
      "SELECT * FROM read_parquet('" + secret + "')",
      "SELECT * FROM sniff_csv('" + secret + "')",
      "SELECT * FROM glob('/etc/*')",
      "SELECT * FROM parquet_metadata('" + secret + "')",
      "SELECT * FROM 'https://example.com/x.csv'",
      "SELECT getenv('HOME')",
      "SELECT nextval('s')",
      "SELECT ?",
      "SELECT $1",
      "SELECT FROM WHERE",
      std::string("SELECT 1\0; DELETE FROM fact", 26),
  };
  for (const std::string& sql : statements) {
    const auto table = store_->sql(sql);
    EXPECT_FALSE(table.has_value()) << sql;
    if (!table.has_value()) {
      EXPECT_EQ(table.error().code, ErrorCode::query_is_refused)
          << sql << ": " << table.error().detail;
      EXPECT_FALSE(table.error().detail.empty()) << sql;
    }
    const auto exported = store_->export_csv(sql, folder_ / "refused.csv");
    EXPECT_FALSE(exported.has_value()) << sql;
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.csv"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "refused.csv"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "other.duckdb"));
  EXPECT_EQ(store_->sql("SELECT count(*) FROM fact")->rows[0][0], "100");
  EXPECT_EQ(store_->sql("SELECT position FROM progress")->rows[0][0], "100");
  const FactBatch more = for_tests::facts(110);
  EXPECT_TRUE(store_->append(more.facts(), 110).has_value()) << "writing still works";
}

TEST_F(QuestionTest, settings_are_what_they_should_be) {
  const auto value = [&](const char* name) {
    return store_->sql("SELECT current_setting('" + std::string(name) + "')::VARCHAR")
        ->rows[0][0]
        .value_or("NULL");
  };
  EXPECT_EQ(value("enable_external_access"), "false");
  EXPECT_EQ(value("lock_configuration"), "true");
  EXPECT_EQ(value("autoload_known_extensions"), "false");
  EXPECT_EQ(value("autoinstall_known_extensions"), "false");
  EXPECT_EQ(value("TimeZone"), "UTC");
}

TEST_F(QuestionTest, a_question_that_takes_too_long_is_stopped) {
  SqlLimits limits;
  limits.milliseconds_max = 100;
  for (const char* sql : {
           "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range * b.range = 7",
           "SELECT sum(a.range % 7) FROM range(1000000000000) a",
           "SELECT a.range FROM range(1000000000000) a WHERE a.range < 0",
       }) {
    const auto table = store_->sql(sql, limits);
    ASSERT_FALSE(table.has_value()) << sql;
    EXPECT_EQ(table.error().code, ErrorCode::query_took_too_long) << table.error().detail;
  }
}

TEST_F(QuestionTest, rows_above_the_limit_are_cut_off) {
  SqlLimits limits;
  limits.rows_max = 3;
  const auto cut = store_->sql("SELECT range FROM range(1000000000)", limits);
  ASSERT_TRUE(cut.has_value()) << cut.error().detail;
  EXPECT_EQ(cut->rows.size(), 3U);
  EXPECT_TRUE(cut->is_cut_off);
  const auto whole = store_->sql("SELECT range FROM range(3)", limits);
  EXPECT_EQ(whole->rows.size(), 3U);
  EXPECT_FALSE(whole->is_cut_off);
}

TEST_F(QuestionTest, values_are_exact_texts) {
  const auto table = store_->sql(
      "SELECT 0.000000000001::DECIMAL(38,12) AS a, -12.50::DECIMAL(4,2) AS b, "
      "99999999999999999999999999.999999999999::DECIMAL(38,12) AS c, 7::DECIMAL(18,12) AS d, "
      "170141183460469231731687303715884105727::HUGEINT AS e, true AS f, NULL AS g, "
      "TIMESTAMP '2026-11-22 08:00:03.25' AS h, DATE '2026-11-22' AS i, 'x' AS j, "
      "0.5::DOUBLE AS k, 18446744073709551615::UBIGINT AS l, (-128)::TINYINT AS m");
  ASSERT_TRUE(table.has_value()) << table.error().detail;
  const std::vector<std::optional<std::string>> expected = {
      "0.000000000001",
      "-12.5",
      "99999999999999999999999999.999999999999",
      "7",
      "170141183460469231731687303715884105727",
      "true",
      std::nullopt,
      "2026-11-22T08:00:03.25Z",
      "2026-11-22",
      "x",
      "0.5",
      "18446744073709551615",
      "-128"};
  EXPECT_EQ(table->rows.at(0), expected);
  EXPECT_EQ(table->columns[0].type, "DECIMAL(38,12)");
  EXPECT_EQ(table->columns[0].kind, ColumnKind::number);
  EXPECT_EQ(table->columns[7].kind, ColumnKind::time);
}

TEST_F(QuestionTest, a_type_without_a_text_of_its_own_is_to_be_cast) {
  for (const char* sql :
       {"SELECT [1, 2]", "SELECT {'a': 1}", "SELECT INTERVAL 1 DAY", "SELECT 'x'::BLOB"}) {
    const auto table = store_->sql(sql);
    ASSERT_FALSE(table.has_value()) << sql;
    EXPECT_NE(table.error().detail.find("cast it to VARCHAR"), std::string::npos);
  }
  EXPECT_EQ(store_->sql("SELECT [1, 2]::VARCHAR")->rows[0][0], "[1, 2]");
}

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST_F(QuestionTest, a_csv_export_runs_no_formula) {
  const auto rows = store_->export_csv(
      "SELECT '=HYPERLINK(\"x\")' AS \"=a\", -1.50::DECIMAL(4,2) AS b, '-1' AS c, NULL AS d, "
      "'x, \"y\"' AS e",
      folder_ / "out.csv");
  ASSERT_TRUE(rows.has_value()) << rows.error().detail;
  EXPECT_EQ(*rows, 1U);
  EXPECT_EQ(bytes_of(folder_ / "out.csv"),
            "'=a,b,c,d,e\n\"'=HYPERLINK(\"\"x\"\")\",-1.5,'-1,,\"x, \"\"y\"\"\"\n");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.csv.part"));
}

TEST_F(QuestionTest, a_csv_export_has_every_row) {
  const auto rows = store_->export_csv("SELECT * FROM charges", folder_ / "out.csv");
  const auto count = store_->sql("SELECT count(*) FROM charges");
  ASSERT_TRUE(rows.has_value()) << rows.error().detail;
  EXPECT_EQ(std::to_string(*rows), count->rows[0][0]);
}

TEST_F(QuestionTest, a_parquet_export_holds_the_same_numbers) {
  const auto rows = store_->export_parquet("SELECT *, NULL AS none, 1 AS item FROM charges",
                                           folder_ / "out.parquet");
  ASSERT_TRUE(rows.has_value()) << rows.error().detail;
  // Read by a database that may.
  const auto database = duckdb::open_database("", {.may_touch_files = true});
  std::string sum;
  std::int64_t count = 0;
  const auto read = duckdb::for_each_row(
      duckdb::connect(*database),
      "SELECT sum(amount), count(*), any_value(typeof(amount)) FROM '" + path("out.parquet") + "'",
      [&](const duckdb::Row& row) {
        sum = row.decimal(0).to_text();
        count = row.integer(1);
        EXPECT_EQ(row.text(2), "DECIMAL(38,12)");
      });
  ASSERT_TRUE(read.has_value()) << read.error().detail;
  EXPECT_EQ(sum, store_->sql("SELECT sum(amount) FROM charges")->rows[0][0]);
  EXPECT_EQ(static_cast<std::uint64_t>(count), *rows);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.parquet.part"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.parquet.part.duckdb"));
}

TEST_F(QuestionTest, an_export_that_fails_leaves_the_old_file) {
  std::ofstream(folder_ / "out.csv") << "old";
  EXPECT_FALSE(
      store_->export_csv("SELECT id::INTEGER FROM facts", folder_ / "out.csv").has_value());
  EXPECT_EQ(bytes_of(folder_ / "out.csv"), "old");
  EXPECT_FALSE(store_->export_csv("SELECT 1", folder_ / "none/out.csv").has_value());
}

}  // namespace
}  // namespace steelyard::charges
