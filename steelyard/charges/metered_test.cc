#include <gtest/gtest.h>

#include <map>

#include "steelyard/charges/charge_store.h"
#include "steelyard/charges/facts_for_tests.h"

namespace steelyard::charges {
namespace {

using for_tests::december;
using for_tests::facts;
using for_tests::Folder;
using for_tests::november;
using money::Decimal;

constexpr std::int64_t day = 86'400;

class MeteredTest : public testing::Test {
 protected:
  void SetUp() override {
    store_ = std::make_unique<ChargeStore>(ChargeStore::open(folder_ / "c.duckdb").value());
    ASSERT_TRUE(store_->append(batch_.facts(), batch_.facts().back().sequence).has_value());
  }

  std::vector<MeterRow> metered(const MeterQuery& query) const {
    auto rows = store_->metered(query);
    EXPECT_TRUE(rows.has_value()) << rows.error().detail;
    return rows.has_value() ? *rows : std::vector<MeterRow>();
  }

  /// What the facts say, added up here.
  template <class Add>
  void each_of_tenant_0(Add add) const {
    for (const ChargedFact& fact : batch_.facts()) {
      if (fact.tenant == "tenant-0") add(fact);
    }
  }

  Folder folder_{testing::TempDir()};
  FactBatch batch_ = facts(1'500);
  std::unique_ptr<ChargeStore> store_;
};

TEST_F(MeteredTest, days_and_groups_add_up_to_what_the_facts_say) {
  std::map<std::pair<std::int64_t, std::string>, Decimal> expected;
  each_of_tenant_0([&](const ChargedFact& fact) {
    for (const ChargedLine& line : fact.lines) {
      const std::int64_t begin = november + (fact.time.seconds - november) / day * day;
      expected[{begin, std::string(line.item)}] += line.amount;
    }
  });
  std::map<std::pair<std::int64_t, std::string>, Decimal> found;
  for (const MeterRow& row : metered({.tenant = "tenant-0",
                                      .measure = Measure::amount,
                                      .from = base::Instant{november, 0},
                                      .to = base::Instant{december, 0},
                                      .window = WindowSize::day,
                                      .group_by = {Dimension::item}})) {
    EXPECT_EQ(row.to.seconds - row.from.seconds, day);
    found[{row.from.seconds, row.groups.at(0)}] = row.value;
  }
  EXPECT_EQ(found, expected);
  EXPECT_GT(found.size(), 30U);
}

TEST_F(MeteredTest, a_period_is_cut_to_the_microsecond) {
  // In the midst of minutes, on a fact's very time.
  base::Instant from;
  std::size_t count = 0;
  each_of_tenant_0([&](const ChargedFact& fact) {
    if (fact.sequence > 100 && from.seconds == 0) from = fact.time;
  });
  each_of_tenant_0([&](const ChargedFact& fact) { count += fact.time >= from ? 1 : 0; });
  Decimal sum;
  for (const MeterRow& row : metered({.tenant = "tenant-0",
                                      .measure = Measure::facts,
                                      .from = from,
                                      .window = WindowSize::hour})) {
    EXPECT_GE(row.from, from);
    sum += row.value;
  }
  EXPECT_EQ(sum, Decimal::whole(static_cast<std::int64_t>(count)));
  const auto all = metered({.tenant = "tenant-0", .measure = Measure::facts, .from = from});
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].value, sum);
  EXPECT_EQ(all[0].from, from);
}

TEST_F(MeteredTest, filters_take_one_of_several_texts_or_none_of_them) {
  const auto quantity = [&](std::vector<DimensionFilter> filters) {
    const auto rows = metered({.tenant = "tenant-0", .filters = std::move(filters)});
    return rows.empty() ? Decimal() : rows.front().value;
  };
  const Decimal all = quantity({});
  const Decimal two = quantity({{Dimension::account, {"account-0", "account-1", "nobody"}}});
  const Decimal others = quantity({{Dimension::account, {"account-0", "account-1"}, true}});
  EXPECT_GT(two, Decimal());
  EXPECT_GT(others, Decimal());
  EXPECT_EQ(two + others, all);
  const Decimal tokens = quantity({{Dimension::unit, {"token"}}});
  EXPECT_GT(tokens, Decimal());
  EXPECT_LT(tokens, all);
  EXPECT_EQ(quantity({{Dimension::account, {"nobody"}}}), Decimal());
}

TEST_F(MeteredTest, months_are_those_of_the_zone) {
  const auto rows = metered({.tenant = "tenant-0",
                             .measure = Measure::facts,
                             .window = WindowSize::month,
                             .zone = "Asia/Shanghai"});
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].to.seconds, december - 8 * 3'600);
  EXPECT_EQ(rows[1].from.seconds, december - 8 * 3'600);
}

TEST_F(MeteredTest, what_can_not_be_answered_is_refused) {
  EXPECT_EQ(store_->metered({.tenant = "tenant-0", .zone = "Mars/Olympus"}).error().code,
            ErrorCode::invalid_field);
  EXPECT_EQ(store_->metered({.tenant = "tenant-0", .window = WindowSize::minute}).error().code,
            ErrorCode::invalid_field);
  EXPECT_TRUE(metered({.tenant = "nobody"}).empty());
  EXPECT_TRUE(metered({.tenant = "tenant-0",
                       .from = base::Instant{december, 0},
                       .to = base::Instant{november, 0}})
                  .empty());
}

}  // namespace
}  // namespace steelyard::charges
