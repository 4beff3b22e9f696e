#include "steelyard/charges/charge_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <tuple>

#include "steelyard/charges/duckdb/connection.h"
#include "steelyard/charges/facts_for_tests.h"

namespace steelyard::charges {
namespace {

using for_tests::december;
using for_tests::facts;
using for_tests::Folder;
using for_tests::november;
using money::Decimal;
using money::int128;

ChargeStore open(const std::filesystem::path& file, std::uint64_t facts_between_rollups = 262'144) {
  StoreOptions options;
  options.facts_between_rollups = facts_between_rollups;
  auto store = ChargeStore::open(file, options);
  EXPECT_TRUE(store.has_value()) << store.error().detail;
  return *std::move(store);
}

/// Does to a file what the store never does.
bool execute(const std::filesystem::path& file, const std::string& sql) {
  const auto database = duckdb::open_database(file.string(), {});
  return database.has_value() && duckdb::run(duckdb::connect(*database), sql).has_value();
}

/// Appends in batches.
void append(ChargeStore& store, std::span<const ChargedFact> all, std::size_t batch) {
  for (std::size_t at = 0; at < all.size(); at += batch) {
    const auto some = all.subspan(at, std::min(batch, all.size() - at));
    const auto done = store.append(some, some.back().sequence);
    ASSERT_TRUE(done.has_value()) << done.error().detail;
  }
}

std::string only_cell(const ChargeStore& store, const std::string& sql) {
  const auto table = store.sql(sql);
  if (!table.has_value()) return table.error().detail;
  return table->rows.at(0).at(0).value_or("NULL");
}

std::vector<std::string> rows(const ChargeStore& store, const std::string& sql) {
  const auto table = store.sql(sql);
  if (!table.has_value()) return {table.error().detail};
  std::vector<std::string> texts;
  for (const auto& row : table->rows) {
    std::string& text = texts.emplace_back();
    for (const auto& cell : row) text += (text.empty() ? "" : " ") + cell.value_or("NULL");
  }
  return texts;
}

class ChargeStoreTest : public testing::Test {
 protected:
  Folder folder_{testing::TempDir()};
};

TEST_F(ChargeStoreTest, a_line_is_shown_with_all_names) {
  ChargeStore store = open(folder_ / "c.duckdb");
  const ChargedLine line{"qwen-plus/input",
                         "0k-128k",
                         "token",
                         *Decimal::parse("0.0008"),
                         Decimal::whole(1'000),
                         *Decimal::parse("0.001"),
                         Decimal::whole(971),
                         *Decimal::parse("0.0007768")};
  ChargedFact fact;
  fact.sequence = 42;
  fact.tenant = "t";
  fact.account = "acme";
  fact.source = "gateway/hz-1";
  fact.id = "call-1";
  fact.type = "ai.model.call";
  fact.time = {1'795'334'403, 500'000'999};
  fact.received_at = {1'795'334'404, 0};
  fact.model = "qwen-plus";
  fact.currency = "CNY";
  fact.book = "aliyun-ai-paas";
  fact.book_version = 3;
  fact.lines = {&line, 1};
  ASSERT_TRUE(store.append({&fact, 1}, 50).has_value());
  EXPECT_EQ(store.applied(), 50U);

  EXPECT_EQ(rows(store, "SELECT * FROM charges"),
            std::vector<std::string>{
                "1 1 42 t acme gateway/hz-1 call-1 ai.model.call 2026-11-22T08:00:03.5Z NULL "
                "2026-11-22T08:00:04Z qwen-plus NULL NULL NULL NULL NULL CNY aliyun-ai-paas 3 0 "
                "NULL NULL qwen-plus/input 0k-128k 971 token 0.0008 1000 0.001 0.0007768"});
  const auto page = store.charges({.tenant = "t"}, "", 10);
  ASSERT_TRUE(page.has_value());
  ASSERT_EQ(page->rows.size(), 1U);
  const ChargeRow& row = page->rows[0];
  EXPECT_EQ(row.item, "qwen-plus/input");
  EXPECT_EQ(row.amount, line.amount);
  EXPECT_EQ(row.quantity, line.quantity);
  EXPECT_EQ(row.list_price, line.list_price);
  EXPECT_EQ(row.time, (base::Instant{1'795'334'403, 500'000'000}));
  EXPECT_EQ(row.started, std::nullopt);
  EXPECT_EQ(row.book_version, 3U);
  EXPECT_EQ(page->next, "");
}

TEST_F(ChargeStoreTest, an_unrated_fact_is_there_with_its_reason_and_no_line) {
  ChargeStore store = open(folder_ / "c.duckdb");
  ChargedFact fact;
  fact.sequence = 1;
  fact.tenant = "t";
  fact.account = "acme";
  fact.id = "call-1";
  fact.status = FactStatus::unrated;
  fact.reason = ErrorCode::above_top_tier;
  ASSERT_TRUE(store.append({&fact, 1}, 1).has_value());
  EXPECT_EQ(rows(store, "SELECT status, reason, lines, amount FROM facts"),
            std::vector<std::string>{"unrated above_top_tier 0 0"});
  EXPECT_EQ(only_cell(store, "SELECT count(*) FROM charges"), "0");
  const auto page = store.charges({.tenant = "t"}, "", 10);
  ASSERT_EQ(page->rows.size(), 1U);
  EXPECT_EQ(page->rows[0].reason, "above_top_tier");
  EXPECT_EQ(page->rows[0].line, 0U);
}

TEST_F(ChargeStoreTest, sums_are_exact) {
  ChargeStore store = open(folder_ / "c.duckdb", 400);
  const FactBatch batch = facts(2'000);
  append(store, batch.facts(), 300);
  int128 amount = 0;
  int128 quantity = 0;
  std::size_t lines = 0;
  for (const ChargedFact& fact : batch.facts()) {
    for (const ChargedLine& line : fact.lines) {
      amount += line.amount.scaled();
      quantity += line.quantity.scaled();
      ++lines;
    }
  }
  const std::string expected =
      Decimal::from_scaled(amount).to_text() + ' ' + Decimal::from_scaled(quantity).to_text();
  ASSERT_GT(amount, int128{1'000'000} * 1'000'000'000'000) << "some stand apart";
  EXPECT_EQ(rows(store, "SELECT sum(amount), sum(quantity) FROM charges"),
            std::vector<std::string>{expected});
  EXPECT_EQ(rows(store, "SELECT sum(amount), sum(quantity) FROM hours"),
            std::vector<std::string>{expected});
  EXPECT_EQ(only_cell(store, "SELECT sum(amount) FROM facts"),
            Decimal::from_scaled(amount).to_text());
  EXPECT_EQ(only_cell(store, "SELECT count(*) FROM charges"), std::to_string(lines));
  EXPECT_EQ(only_cell(store, "SELECT sum(lines) FROM hours"), std::to_string(lines));
  EXPECT_EQ(only_cell(store, "SELECT count(*) FROM facts"), "2000");
}

TEST_F(ChargeStoreTest, a_sum_that_is_too_large_is_an_error_and_no_number) {
  ChargeStore store = open(folder_ / "c.duckdb");
  const ChargedLine line{
      "a/b",
      "-",
      "x",
      Decimal::whole(1),
      Decimal::whole(1),
      std::nullopt,
      Decimal::from_scaled(int128{1'000'000'000'000} * 1'000'000'000'000 * 1'000'000'000'000),
      Decimal()};
  ChargedFact fact;
  fact.tenant = "t";
  fact.sequence = 1;
  fact.lines = {&line, 1};
  ASSERT_TRUE(store.append({&fact, 1}, 1).has_value());
  EXPECT_EQ(only_cell(store, "SELECT sum(quantity) FROM charges"), "1000000000000000000000000");
  const auto table = store.sql("SELECT sum(quantity) FROM charges, range(200)");
  ASSERT_FALSE(table.has_value());
  EXPECT_NE(table.error().detail.find("verflow"), std::string::npos) << table.error().detail;
}

TEST_F(ChargeStoreTest, everything_is_there_again_after_a_restart) {
  const FactBatch batch = facts(500);
  std::vector<std::string> before;
  const std::string sql =
      "SELECT account, item, tier, api_key, project, region, book, book_version, sum(amount) FROM "
      "charges GROUP BY ALL ORDER BY ALL";
  {
    ChargeStore store = open(folder_ / "c.duckdb", 100);
    append(store, batch.facts().first(300), 70);
    before = rows(store, sql);
  }
  ChargeStore store = open(folder_ / "c.duckdb", 100);
  EXPECT_FALSE(store.set_aside().has_value());
  EXPECT_EQ(store.applied(), 300U);
  EXPECT_EQ(rows(store, sql), before);
  append(store, batch.facts(), 200);  // Replayed from the beginning: nothing doubles.
  EXPECT_EQ(only_cell(store, "SELECT count(*) FROM facts"), "500");
  EXPECT_EQ(only_cell(store, "SELECT count(DISTINCT id) FROM facts"), "500");
  EXPECT_EQ(only_cell(store,
                      "SELECT count(*) FROM (SELECT text FROM account_name GROUP BY text "
                      "HAVING count(*) > 1)"),
            "0");
}

TEST_F(ChargeStoreTest, one_file_is_open_once) {
  const ChargeStore store = open(folder_ / "c.duckdb");
  const auto folder = ChargeStore::open(folder_ / "none/c.duckdb");
  ASSERT_FALSE(folder.has_value());
  EXPECT_EQ(folder.error().code, ErrorCode::file_is_unreadable);
}

TEST_F(ChargeStoreTest, a_damaged_file_is_set_aside) {
  {
    ChargeStore store = open(folder_ / "c.duckdb");
  }
  const auto damage = [&] {
    std::ofstream file(folder_ / "c.duckdb", std::ios::binary);
    file << std::string(20'000, 'x');
  };
  damage();
  {
    ChargeStore store = open(folder_ / "c.duckdb");
    ASSERT_TRUE(store.set_aside().has_value());
    EXPECT_NE(store.set_aside()->find("c.duckdb.set-aside-1: "), std::string::npos);
    EXPECT_EQ(store.applied(), 0U);
    append(store, facts(10).facts(), 10);
  }
  EXPECT_TRUE(std::filesystem::exists(folder_ / "c.duckdb.set-aside-1"));
  damage();
  ChargeStore store = open(folder_ / "c.duckdb");
  EXPECT_NE(store.set_aside()->find("set-aside-2"), std::string::npos);
}

TEST_F(ChargeStoreTest, a_file_of_another_layout_is_set_aside) {
  {
    ChargeStore store = open(folder_ / "c.duckdb");
  }
  // What a later layout would leave: the number is the only thing that must stay readable.
  ASSERT_TRUE(execute(folder_ / "c.duckdb", "UPDATE layout SET version = 99"));
  ChargeStore store = open(folder_ / "c.duckdb");
  ASSERT_TRUE(store.set_aside().has_value());
  EXPECT_NE(store.set_aside()->find("layout is version 99"), std::string::npos);
}

TEST_F(ChargeStoreTest, facts_that_do_not_fit_the_progress_are_set_aside) {
  {
    ChargeStore store = open(folder_ / "c.duckdb");
    append(store, facts(10).facts(), 10);
  }
  ASSERT_TRUE(execute(folder_ / "c.duckdb", "DELETE FROM fact WHERE number = 3"));
  ChargeStore store = open(folder_ / "c.duckdb");
  ASSERT_TRUE(store.set_aside().has_value());
  EXPECT_NE(store.set_aside()->find("9 facts"), std::string::npos) << *store.set_aside();
}

using BillKey = std::tuple<std::string, std::string, std::string, std::string, std::uint32_t>;

TEST_F(ChargeStoreTest, a_bill_is_the_sum_of_its_lines) {
  for (const std::uint64_t between : {std::uint64_t{100}, std::uint64_t{1'000'000}}) {
    const std::string name = "bill-" + std::to_string(between);
    ChargeStore store = open(folder_ / name.c_str(), between);
    const FactBatch batch = facts(3'000, 7);
    append(store, batch.facts(), 250);
    const std::pair<base::Instant, base::Instant> times[] = {
        {{november, 0}, {december, 0}},
        {{november + 1'000, 0}, {november + 500'000, 0}},
        {{november + 7'300, 0}, {november + 7'301, 500'000'000}},
        {{november + 86'400, 0}, {november + 90'000, 0}},
    };
    for (const auto& [from, to] : times) {
      for (const char* account : {"account-0", "account-3"}) {
        std::map<BillKey, std::tuple<int128, int128, std::uint64_t>> expected;
        for (const ChargedFact& fact : batch.facts()) {
          if (fact.tenant != "tenant-1" || fact.account != account) continue;
          if (fact.time < from || fact.time >= to) continue;
          for (const ChargedLine& line : fact.lines) {
            auto& [quantity, amount, count] =
                expected[{std::string(fact.model), std::string(line.item), std::string(line.tier),
                          line.price.to_text(), fact.book_version}];
            quantity += line.quantity.scaled();
            amount += line.amount.scaled();
            ++count;
          }
        }
        const auto bill = store.bill("tenant-1", account, from, to);
        ASSERT_TRUE(bill.has_value()) << bill.error().detail;
        ASSERT_EQ(bill->size(), expected.size());
        for (const BillLine& line : *bill) {
          const auto found = expected.find(
              {line.model, line.item, line.tier, line.price.to_text(), line.book_version});
          ASSERT_NE(found, expected.end()) << line.item;
          EXPECT_EQ(line.quantity.scaled(), std::get<0>(found->second));
          EXPECT_EQ(line.amount.scaled(), std::get<1>(found->second));
          EXPECT_EQ(line.count, std::get<2>(found->second));
          EXPECT_EQ(line.currency, "CNY");
        }
      }
    }
  }
}

TEST_F(ChargeStoreTest, a_start_between_two_roll_ups_changes_none) {
  const FactBatch batch = facts(3'000, 11);
  for (std::size_t at = 0; at < 3'000; at += 500) {
    ChargeStore store = open(folder_ / "c.duckdb", 700);
    append(store, batch.facts().subspan(at, 500), 125);
  }
  const ChargeStore store = open(folder_ / "c.duckdb", 700);
  const std::string hours =
      "(SELECT tenant, account, hour, api_key, item, tier, book_version, sum(quantity), "
      "sum(amount), sum(lines)::BIGINT FROM hours GROUP BY ALL)";
  const std::string lines =
      "(SELECT tenant, account, date_trunc('hour', time), api_key, item, tier, book_version, "
      "sum(quantity), sum(amount), count(*) FROM charges GROUP BY ALL)";
  EXPECT_EQ(only_cell(store, "SELECT count(*) FROM (" + hours + " EXCEPT " + lines + ")"), "0");
  EXPECT_EQ(only_cell(store, "SELECT count(*) FROM (" + lines + " EXCEPT " + hours + ")"), "0");
  EXPECT_EQ(only_cell(store, "SELECT facts || ' ' || rolled_up FROM progress"), "3000 3000");
}

/// Walks all pages.
std::vector<std::pair<std::uint64_t, std::uint32_t>> walk(const ChargeStore& store,
                                                          const ChargeFilter& filter,
                                                          std::size_t limit) {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> seen;
  std::string cursor;
  while (true) {
    const auto page = store.charges(filter, cursor, limit);
    EXPECT_TRUE(page.has_value());
    EXPECT_LE(page->rows.size(), limit);
    for (const ChargeRow& row : page->rows) seen.emplace_back(row.sequence, row.line);
    if (page->next.empty()) return seen;
    cursor = page->next;
  }
}

TEST_F(ChargeStoreTest, pages_have_no_gaps_and_no_doubles) {
  ChargeStore store = open(folder_ / "c.duckdb");
  const FactBatch batch = facts(250, 3);
  append(store, batch.facts(), 50);
  ChargeFilter all{.tenant = "tenant-0"};
  ChargeFilter one_item = all;
  one_item.item = "nlb/lcu-2";
  ChargeFilter narrow = all;
  narrow.account = "account-1";
  narrow.from = base::Instant{november + 100'000, 0};
  narrow.to = base::Instant{november + 2'000'000, 0};
  for (const ChargeFilter& filter : {all, one_item, narrow}) {
    std::vector<std::pair<std::uint64_t, std::uint32_t>> expected;
    for (const ChargedFact& fact : batch.facts()) {
      if (fact.tenant != filter.tenant) continue;
      if (filter.account.has_value() && fact.account != *filter.account) continue;
      if (filter.from.has_value() && (fact.time < *filter.from || fact.time >= *filter.to)) {
        continue;
      }
      std::uint32_t number = 0;
      for (const ChargedLine& line : fact.lines) {
        ++number;
        if (!filter.item.has_value() || line.item == *filter.item) {
          expected.emplace_back(fact.sequence, number);
        }
      }
      if (fact.lines.empty() && !filter.item.has_value()) expected.emplace_back(fact.sequence, 0);
    }
    ASSERT_GT(expected.size(), 10U);
    for (const std::size_t limit : {1, 7, 1'000}) {
      EXPECT_EQ(walk(store, filter, limit), expected) << limit;
    }
  }
}

TEST_F(ChargeStoreTest, a_cursor_that_is_none_is_refused) {
  ChargeStore store = open(folder_ / "c.duckdb");
  for (const char* cursor :
       {"x", "1", "1.", ".1", "1.2.3", "-1.0", "1.2 ", "99999999999999999999.1"}) {
    const auto page = store.charges({.tenant = "t"}, cursor, 10);
    ASSERT_FALSE(page.has_value()) << cursor;
    EXPECT_EQ(page.error().code, ErrorCode::invalid_field);
  }
}

TEST_F(ChargeStoreTest, a_tenant_sees_only_its_own) {
  ChargeStore store = open(folder_ / "c.duckdb", 100);
  // Twins: everything of them is equal but the tenant, and what they pay.
  FactBatch batch;
  std::string id;
  for (Position i = 1; i <= 300; ++i) {
    const ChargedLine line{"m/input",
                           "-",
                           "token",
                           Decimal::whole(1),
                           Decimal::whole(1),
                           {},
                           Decimal::whole(i % 2 == 0 ? 1 : 1'000),
                           Decimal::whole(i % 2 == 0 ? 1 : 1'000)};
    ChargedFact fact;
    fact.sequence = i;
    fact.tenant = i % 2 == 0 ? "left" : "right";
    fact.account = "acme";
    id = "call-" + std::to_string((i + 1) / 2);
    fact.id = id;
    fact.model = "m";
    fact.currency = "CNY";
    fact.time = {november + static_cast<std::int64_t>(i) * 60, 0};
    fact.lines = {&line, 1};
    batch.add(fact);
  }
  append(store, batch.facts(), 40);
  for (const auto& [tenant, price] : {std::pair{"left", 1}, std::pair{"right", 1'000}}) {
    const auto bill = store.bill(tenant, "acme", {november, 0}, {december, 0});
    ASSERT_EQ(bill->size(), 1U);
    EXPECT_EQ((*bill)[0].amount, Decimal::whole(150 * price));
    CostQuery query;
    query.filter = {
        .tenant = tenant, .from = base::Instant{november, 0}, .to = base::Instant{december, 0}};
    query.step = Step::month;
    const auto cost = store.cost_over_time(query);
    ASSERT_EQ(cost->size(), 1U);
    EXPECT_EQ((*cost)[0].amount, Decimal::whole(150 * price));
    const auto page = store.charges({.tenant = tenant}, "", 1'000);
    ASSERT_EQ(page->rows.size(), 150U);
    for (const ChargeRow& row : page->rows) EXPECT_EQ(row.amount, Decimal::whole(price));
  }
  EXPECT_TRUE(store.bill("", "acme", {november, 0}, {december, 0})->empty());
  EXPECT_TRUE(store.bill("lef", "acme", {november, 0}, {december, 0})->empty());
  EXPECT_TRUE(store.charges({.tenant = ""}, "", 10)->rows.empty());
  EXPECT_TRUE(store.charges({.tenant = "left' OR '1'='1"}, "", 10)->rows.empty());
  EXPECT_TRUE(store.charges({.tenant = "left", .id = "' OR true OR '"}, "", 10)->rows.empty());
}

TEST_F(ChargeStoreTest, cost_over_time_agrees_with_the_lines) {
  ChargeStore store = open(folder_ / "c.duckdb", 300);
  const FactBatch batch = facts(2'000, 11);
  append(store, batch.facts(), 170);
  struct Case {
    Step step;
    const char* zone;
    std::int64_t offset;
    std::vector<Dimension> groups;
  };
  using enum Dimension;
  const Case cases[] = {
      {Step::day, "UTC", 0, {}},
      {Step::day, "Asia/Shanghai", 8 * 3'600, {model}},
      {Step::hour, "Asia/Shanghai", 8 * 3'600, {account, item, unit}},
      {Step::day, "Asia/Kolkata", 19'800, {api_key, tier}},
      {Step::month, "Asia/Shanghai", 8 * 3'600, {region, project}},
      {Step::day, "UTC", 0, {resource, source, type}},
  };
  const std::int64_t from = november + 1'234;
  const std::int64_t to = december - 98'765;
  for (const Case& each : cases) {
    std::map<std::pair<std::int64_t, std::vector<std::string>>, std::pair<int128, std::uint64_t>>
        expected;
    for (const ChargedFact& fact : batch.facts()) {
      if (fact.tenant != "tenant-2" || fact.time.seconds < from || fact.time.seconds >= to) {
        continue;
      }
      for (const ChargedLine& line : fact.lines) {
        std::vector<std::string> groups;
        for (const Dimension dimension : each.groups) {
          const std::string_view texts[] = {fact.account,  fact.model,   line.item,    line.tier,
                                            line.unit,     fact.api_key, fact.project, fact.region,
                                            fact.resource, fact.type,    fact.source};
          groups.emplace_back(texts[static_cast<std::size_t>(dimension)]);
        }
        const std::int64_t size = each.step == Step::hour ? 3'600 : 86'400;
        std::int64_t start = (fact.time.seconds + each.offset) / size * size - each.offset;
        if (each.step == Step::month) {
          start = fact.time.seconds < december - each.offset ? november - each.offset
                                                             : december - each.offset;
        }
        auto& [amount, count] = expected[{std::max(start, from), groups}];
        amount += line.amount.scaled();
        ++count;
      }
    }
    CostQuery query;
    query.filter = {
        .tenant = "tenant-2", .from = base::Instant{from, 0}, .to = base::Instant{to, 0}};
    query.step = each.step;
    query.zone = each.zone;
    query.group_by = each.groups;
    const auto cost = store.cost_over_time(query);
    ASSERT_TRUE(cost.has_value()) << cost.error().detail;
    EXPECT_EQ(cost->size(), expected.size());
    for (const CostRow& row : *cost) {
      const auto found = expected.find({row.from.seconds, row.groups});
      ASSERT_NE(found, expected.end()) << base::to_rfc3339(row.from);
      EXPECT_EQ(row.amount.scaled(), found->second.first);
      EXPECT_EQ(row.count, found->second.second);
      EXPECT_EQ(row.currency, "CNY");
      EXPECT_EQ(row.quantity.has_value(), each.groups.size() == 3 && each.groups[2] == unit);
    }
  }
}

TEST_F(ChargeStoreTest, a_day_of_25_hours_is_one_step) {
  ChargeStore store = open(folder_ / "c.duckdb");
  // 2026-10-25: Berlin's clocks go back at 01:00 UTC. One cost at 00:30, 01:30 UTC: both 02:30.
  FactBatch batch;
  const ChargedLine line{"m/input",         "-", "token",           Decimal::whole(1),
                         Decimal::whole(1), {},  Decimal::whole(1), Decimal::whole(1)};
  for (Position i = 0; i < 2; ++i) {
    ChargedFact fact;
    fact.sequence = i + 1;
    fact.tenant = "t";
    fact.currency = "EUR";
    fact.time = {1'792'888'200 + static_cast<std::int64_t>(i) * 3'600, 0};
    fact.lines = {&line, 1};
    batch.add(fact);
  }
  append(store, batch.facts(), 2);
  CostQuery query;
  query.zone = "Europe/Berlin";
  query.filter = {.tenant = "t",
                  .from = base::Instant{1'792'879'200, 0},
                  .to = base::Instant{1'792'969'200, 0}};  // 25 hours.
  query.step = Step::hour;
  EXPECT_EQ(store.cost_over_time(query)->size(), 2U);
  query.step = Step::day;
  const auto day = store.cost_over_time(query);
  ASSERT_EQ(day->size(), 1U);
  EXPECT_EQ((*day)[0].from, *query.filter.from);
  EXPECT_EQ((*day)[0].to, *query.filter.to);
  EXPECT_EQ((*day)[0].amount, Decimal::whole(2));
}

TEST_F(ChargeStoreTest, a_cost_without_a_time_or_with_too_many_steps_is_refused) {
  ChargeStore store = open(folder_ / "c.duckdb");
  CostQuery query;
  query.filter.tenant = "t";
  EXPECT_EQ(store.cost_over_time(query).error().code, ErrorCode::invalid_field);
  query.filter.from = base::Instant{0, 0};
  query.filter.to = base::Instant{december, 0};
  query.step = Step::hour;
  EXPECT_EQ(store.cost_over_time(query).error().code, ErrorCode::invalid_field);
  query.step = Step::month;
  EXPECT_TRUE(store.cost_over_time(query).has_value());
  query.zone = "Mars/Olympus";
  EXPECT_EQ(store.cost_over_time(query).error().code, ErrorCode::invalid_field);
}

}  // namespace
}  // namespace steelyard::charges
