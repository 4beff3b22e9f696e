#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "steelyard/charges/charge_store.h"
#include "steelyard/charges/duckdb/connection.h"
#include "steelyard/charges/export_columns.h"
#include "steelyard/charges/facts_for_tests.h"

namespace steelyard::charges {
namespace {

using for_tests::december;
using for_tests::facts;
using for_tests::Folder;
using for_tests::november;
using money::Decimal;

class ChargeExportTest : public testing::Test {
 protected:
  void SetUp() override { fill(); }

  void fill() {
    auto store = ChargeStore::open(folder_ / "c.duckdb");
    ASSERT_TRUE(store.has_value()) << store.error().detail;
    store_ = std::make_unique<ChargeStore>(*std::move(store));
    ASSERT_TRUE(store_->append(batch_.facts(), batch_.facts().back().sequence).has_value());
  }

  /// Lines and their sum, of a tenant's facts of a time.
  std::pair<std::uint64_t, Decimal> sum_of(std::string_view tenant, std::int64_t from,
                                           std::int64_t to) const {
    std::pair<std::uint64_t, Decimal> sum;
    for (const ChargedFact& fact : batch_.facts()) {
      if (fact.tenant != tenant || fact.time.seconds < from || fact.time.seconds >= to) continue;
      for (const ChargedLine& line : fact.lines) {
        ++sum.first;
        sum.second += line.amount;
      }
    }
    return sum;
  }

  Folder folder_{testing::TempDir()};
  FactBatch batch_ = facts(600);
  std::unique_ptr<ChargeStore> store_;
};

constexpr std::int64_t middle = november + 10 * 86'400;

ChargeFilter filter() {
  return {.tenant = "tenant-1", .from = base::Instant{november, 0}, .to = base::Instant{middle, 0}};
}

TEST_F(ChargeExportTest, csv_and_parquet_hold_the_lines_of_one_tenant_and_time) {
  const auto [lines, amount] = sum_of("tenant-1", november, middle);
  ASSERT_GT(lines, 50U);
  const auto csv = store_->export_charges(filter(), ExportFormat::csv, 10'000, folder_ / "o.csv");
  ASSERT_TRUE(csv.has_value()) << csv.error().detail;
  EXPECT_EQ(*csv, lines);
  const auto parquet =
      store_->export_charges(filter(), ExportFormat::parquet, 10'000, folder_ / "o.parquet");
  ASSERT_TRUE(parquet.has_value()) << parquet.error().detail;
  EXPECT_EQ(*parquet, lines);

  const auto reader = duckdb::open_database("", {.may_touch_files = true});
  ASSERT_TRUE(reader.has_value());
  for (const std::string& file :
       {"read_csv('" + (folder_ / "o.csv").string() + "', types = {'amount': 'DECIMAL(38,12)'})",
        "'" + (folder_ / "o.parquet").string() + "'"}) {
    std::int64_t count = 0;
    const auto read =
        duckdb::for_each_row(duckdb::connect(*reader), "SELECT count(*), sum(amount) FROM " + file,
                             [&](const duckdb::Row& row) {
                               count = row.integer(0);
                               EXPECT_EQ(row.decimal(1), amount) << file;
                             });
    ASSERT_TRUE(read.has_value()) << read.error().detail;
    EXPECT_EQ(static_cast<std::uint64_t>(count), lines) << file;
  }
}

TEST_F(ChargeExportTest, H7_a_file_that_is_made_of_many_questions_is_that_of_one) {
  const auto text_of = [](const std::filesystem::path& file) {
    std::ifstream from(file, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(from), {});
  };
  ASSERT_TRUE(
      store_->export_charges(filter(), ExportFormat::csv, 10'000, folder_ / "o.csv").has_value());
  const std::string whole = text_of(folder_ / "o.csv");
  const auto lines = static_cast<std::uint64_t>(std::ranges::count(whole, '\n')) - 1;
  EXPECT_EQ(lines, sum_of("tenant-1", november, middle).first);
  for (const std::int64_t facts_at_once : {1, 7, 599, 600}) {
    const auto rows = store_->export_charges(filter(), ExportFormat::csv, 10'000, folder_ / "p.csv",
                                             facts_at_once);
    ASSERT_TRUE(rows.has_value()) << rows.error().detail;
    EXPECT_EQ(*rows, lines);
    EXPECT_EQ(text_of(folder_ / "p.csv"), whole) << facts_at_once;
  }
  ChargeFilter nothing = filter();
  nothing.account = "nobody";
  const auto rows =
      store_->export_charges(nothing, ExportFormat::parquet, 10'000, folder_ / "p.parquet", 7);
  ASSERT_TRUE(rows.has_value()) << rows.error().detail;
  EXPECT_EQ(*rows, 0U);
}

TEST_F(ChargeExportTest, the_columns_are_those_of_the_table) {
  ASSERT_TRUE(
      store_->export_charges(filter(), ExportFormat::csv, 10'000, folder_ / "o.csv").has_value());
  std::ifstream file(folder_ / "o.csv");
  std::string head;
  std::getline(file, head);
  std::string expected;
  for (const ExportColumn& each : export_columns()) {
    expected += (expected.empty() ? "" : ",") + std::string(each.name);
  }
  EXPECT_EQ(head, expected);
}

TEST_F(ChargeExportTest, more_lines_than_allowed_are_refused_and_leave_no_file) {
  const auto refused = store_->export_charges(filter(), ExportFormat::csv, 10, folder_ / "o.csv");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::too_large);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "o.csv"));
}

TEST_F(ChargeExportTest, a_file_that_nobody_writes_can_be_asked) {
  const std::string question = "SELECT count(*) FROM charges WHERE tenant = 'tenant-1'";
  store_.reset();
  const auto answer = ask_file(folder_ / "c.duckdb", question);
  ASSERT_TRUE(answer.has_value()) << answer.error().detail;
  EXPECT_EQ(answer->rows[0][0], std::to_string(sum_of("tenant-1", november, december).first));
  const auto refused = ask_file(folder_ / "c.duckdb", "DELETE FROM fact");
  EXPECT_EQ(refused.error().code, ErrorCode::query_is_refused);
  EXPECT_EQ(ask_file(folder_ / "none.duckdb", question).error().code,
            ErrorCode::file_is_unreadable);
  std::ofstream(folder_ / "other.duckdb") << "something else";
  EXPECT_EQ(ask_file(folder_ / "other.duckdb", question).error().code, ErrorCode::store_failed);
}

TEST_F(ChargeExportTest, the_events_that_a_cloud_charge_follows_from_are_its_tenants) {
  std::vector<Position> expected;
  constexpr Position last = 400;
  for (const ChargedFact& fact : batch_.facts()) {
    const bool is_call = fact.type == "ai.model.call";
    if (fact.tenant == "tenant-1" && !is_call && fact.sequence <= last &&
        fact.status == FactStatus::rated) {
      expected.push_back(fact.sequence);
    }
  }
  ASSERT_GT(expected.size(), 5U);
  EXPECT_EQ(store_->cloud_facts("tenant-1", last), expected);
  EXPECT_TRUE(store_->cloud_facts("nobody", last)->empty());
}

}  // namespace
}  // namespace steelyard::charges
