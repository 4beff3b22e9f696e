#include "steelyard/charges/focus.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "steelyard/base/time.h"

namespace steelyard::charges {
namespace {

using money::Decimal;

Decimal decimal(std::string_view text) { return Decimal::parse(text).value(); }

base::Instant at(std::string_view text) { return base::parse_in_zone(text, "UTC").value(); }

ChargeRow call() {
  ChargeRow row;
  row.line = 1;
  row.account = "acme";
  row.source = "gateway/hz-1";
  row.id = "call-1";
  row.type = "ai.model.call";
  row.time = at("2026-11-30T16:30:00Z");
  row.received_at = at("2026-11-30T16:30:01Z");
  row.model = "qwen-plus";
  row.currency = "CNY";
  row.book = "aliyun-ai-paas";
  row.book_version = 1;
  row.item = "qwen-plus/input";
  row.tier = "0k-128k";
  row.unit = "token";
  row.price = decimal("0.0004");
  row.per = Decimal::whole(1000);
  row.list_price = decimal("0.0008");
  row.quantity = Decimal::whole(971);
  row.amount = decimal("0.0003884");
  return row;
}

/// A line of FOCUS by column; no cell here has a comma.
std::map<std::string, std::string> written(const ChargeRow& charge) {
  FocusWriter writer({.zone = "Asia/Shanghai", .issuer = "Example Cloud"});
  std::string line;
  writer.append(charge, line);
  std::map<std::string, std::string> cells;
  std::size_t begin = 0;
  for (const FocusColumn& column : focus_columns()) {
    const std::size_t end = line.find_first_of(",\n", begin);
    cells[std::string(column.name)] = line.substr(begin, end - begin);
    begin = end + 1;
  }
  EXPECT_EQ(begin, line.size());
  return cells;
}

// FOCUS 1.2: mandatory and never null.
constexpr std::string_view mandatory[] = {
    "BilledCost",       "BillingAccountId", "BillingCurrency",   "BillingPeriodStart",
    "BillingPeriodEnd", "ChargeCategory",   "ChargePeriodStart", "ChargePeriodEnd",
    "ContractedCost",   "EffectiveCost",    "InvoiceIssuerName", "ListCost",
    "ProviderName",     "PublisherName",    "ServiceCategory",   "ServiceName"};

TEST(Focus, what_is_mandatory_is_there) {
  auto cells = written(call());
  for (const std::string_view name : mandatory) EXPECT_NE(cells[std::string(name)], "") << name;
  for (const char* const name : {"BillingAccountName", "ChargeClass", "ChargeDescription",
                                 "PricingQuantity", "PricingUnit"}) {
    EXPECT_TRUE(cells.contains(name)) << name;
  }
  EXPECT_EQ(cells.size(), focus_columns().size());
}

TEST(Focus, a_line_is_recomputed_from_its_columns) {
  const auto cells = written(call());
  // 971 tokens at 0.8 CNY a million, half of it for this customer.
  EXPECT_EQ(cells.at("ListUnitPrice"), "0.0008");
  EXPECT_EQ(cells.at("PricingQuantity"), "0.971");
  EXPECT_EQ(cells.at("PricingUnit"), "1000 Tokens");
  EXPECT_EQ(cells.at("ListCost"), "0.0007768");
  EXPECT_EQ(cells.at("ContractedUnitPrice"), "0.0004");
  EXPECT_EQ(cells.at("BilledCost"), "0.0003884");
  EXPECT_EQ(cells.at("ConsumedQuantity"), "971");
  EXPECT_EQ(cells.at("ConsumedUnit"), "Tokens");
  EXPECT_EQ(cells.at("SkuPriceId"), "aliyun-ai-paas@1/qwen-plus/input/0k-128k");
}

TEST(Focus, periods_are_those_of_the_books_time_zone) {
  const auto cells = written(call());  // 00:30 on the first of December in Shanghai.
  EXPECT_EQ(cells.at("BillingPeriodStart"), "2026-11-30T16:00:00Z");
  EXPECT_EQ(cells.at("BillingPeriodEnd"), "2026-12-31T16:00:00Z");
  EXPECT_EQ(cells.at("ChargePeriodStart"), "2026-11-30T16:00:00Z");
  EXPECT_EQ(cells.at("ChargePeriodEnd"), "2026-11-30T17:00:00Z");
}

TEST(Focus, what_is_taken_back_when_its_month_is_over_is_a_correction) {
  ChargeRow row = call();
  row.type = "cloud.resource.void";
  row.item = "ecs/compute";
  row.model.clear();
  row.flags = static_cast<std::uint32_t>(FactFlag::correction);
  row.amount = decimal("-0.0003884");
  EXPECT_EQ(written(row).at("ChargeCategory"), "Adjustment");
  EXPECT_EQ(written(row).at("BilledCost"), "-0.0003884");
  EXPECT_EQ(written(row).at("ConsumedQuantity"), "");
  EXPECT_EQ(written(row).at("ServiceName"), "ecs");
  EXPECT_EQ(written(row).at("ServiceCategory"), "Compute");
  EXPECT_EQ(written(row).at("ChargeClass"), "");
  row.received_at = at("2027-01-03T00:00:00Z");
  EXPECT_EQ(written(row).at("ChargeClass"), "Correction");
}

TEST(Focus, what_a_plan_covers_is_committed) {
  ChargeRow row = call();
  EXPECT_EQ(written(row).at("PricingCategory"), "Standard");
  EXPECT_EQ(written(row).at("CommitmentDiscountId"), "");
  row.tier = "plan storage_plan";
  row.price = Decimal();
  row.amount = Decimal();
  EXPECT_EQ(written(row).at("PricingCategory"), "Committed");
  EXPECT_EQ(written(row).at("CommitmentDiscountId"), "storage_plan");
}

TEST(Focus, a_text_that_a_spreadsheet_would_run_is_made_harmless) {
  ChargeRow row = call();
  row.project = "=HYPERLINK(1)";
  EXPECT_EQ(written(row).at("SubAccountId"), "'=HYPERLINK(1)");
}

}  // namespace
}  // namespace steelyard::charges
