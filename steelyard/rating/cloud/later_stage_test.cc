#include <gtest/gtest.h>

#include "steelyard/rating/cloud/demo_book_for_tests.h"
#include "steelyard/rating/cloud/engine.h"

namespace steelyard::rating::cloud {
namespace {

const char* const product = R"(meters:
  gb:   {kind: counter}
  mbps: {kind: gauge}
attributes:
  region: {}
  line:   {}
items:
  - item: demo/pooled
    unit: GB
    measure: {sum: gb}
    shape:
      - {pool: {by: [account, region, line]}}
      - {round: {up: 1}}
      - {pool: {by: [account, region], window: month}}
    times: [{up: mbps, window: hour}]
    price: {CNY: 1}
plans:
  - {plan: demo/bundle, unit: GB, reset: none, covers: [{item: demo/pooled}]}
)";

/// The stage that lacks something is not the first: nothing half made may be left for the next
/// fact of the same resource and window to find.
TEST(LaterStages, a_fact_that_lacks_what_they_need_leaves_nothing) {
  const pricebook::PriceBookSeries book = demo_book(product);
  const Catalog catalog(book);
  Engine engine(catalog, 0, "CNY");
  const base::Instant start = instant_at("2026-11-02T08:00:00");
  const auto rate = [&](const char* meter, std::string_view region, std::string_view line) {
    Fact fact;
    fact.account = "acme";
    fact.resource = "r";
    fact.start = start;
    fact.end = {start.seconds + 3'600, 0};
    fact.attributes = {region, line};
    fact.meters = {{static_cast<std::uint16_t>(catalog.code(0).meter_numbers.find(meter)),
                    money::Decimal::parse("2.5").value()}};
    return engine.apply(fact);
  };
  for (const auto& [region, line] : {std::pair("", ""), std::pair("", "l"), std::pair("hz", "")}) {
    const Charge charge = rate("gb", region, line);
    EXPECT_FALSE(charge.is_rated);
    EXPECT_EQ(charge.reason, ErrorCode::missing_attribute);
  }
  EXPECT_EQ(rate("mbps", "", "l").reason, ErrorCode::missing_attribute);
  EXPECT_EQ(engine.cells().open_windows(), 0U);
  EXPECT_TRUE(rate("gb", "hz", "l").is_rated);
  const Charge charge = rate("mbps", "hz", "l");
  ASSERT_TRUE(charge.is_rated) << charge.detail;
  EXPECT_EQ(charge.amount.to_text(), "3");
}

}  // namespace
}  // namespace steelyard::rating::cloud
