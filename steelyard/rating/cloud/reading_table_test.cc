#include "steelyard/rating/cloud/reading_table.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "steelyard/rating/cloud/demo_book_for_tests.h"

namespace steelyard::rating::cloud {
namespace {

const char* const product = R"(meters:
  units: {kind: counter}
  gb:    {kind: counter}
attributes:
  region: {}
  spec: {}
items:
  - {item: demo/all, unit: unit, measure: {sum: units}, price: {CNY: 1}}
  - {item: demo/large, unit: unit, measure: {sum: units}, where: {spec: large}, price: {CNY: 2}}
  - {item: demo/gb, unit: GB, measure: {sum: gb}, price: {CNY: 3}}
)";

class Readings : public testing::Test {
 protected:
  Fact fact(const std::vector<std::string>& meters, std::string_view region,
            std::string_view spec) const {
    Fact fact;
    for (const std::string& each : meters) {
      fact.meters.push_back({static_cast<std::uint16_t>(catalog_.code(0).meter_numbers.find(each)),
                             money::Decimal::whole(7)});
    }
    fact.attributes = {region, spec};
    return fact;
  }
  /// The items that read something of it, or why they can not.
  std::string read(const Fact& fact) {
    std::string text;
    for (const ItemReadings& each : table_.find(fact).items) {
      if (each.problem.has_value()) text += each.problem->detail + "; ";
      for (const Reading& reading : each.readings) {
        text += each.item->rule->name + ' ' + reading.value_in(fact).to_text() + "; ";
      }
    }
    return text;
  }

  pricebook::PriceBookSeries book_ = demo_book(product);
  Catalog catalog_{book_};
  ReadingTable table_{catalog_};
};

TEST_F(Readings, items_read_what_fits) {
  EXPECT_EQ(read(fact({"units"}, "x", "small")), "demo/all 7; ");
  EXPECT_EQ(read(fact({"units"}, "x", "large")), "demo/all 7; demo/large 7; ");
  EXPECT_EQ(read(fact({"gb", "units"}, "x", "small")), "demo/all 7; demo/gb 7; ");
  EXPECT_EQ(read(fact({}, "x", "small")), "");
  EXPECT_EQ(read(fact({"units"}, "x", "")),
            "demo/all 7; /data/attributes/spec is missing: a condition of its price needs it; ");
}

TEST_F(Readings, are_found_again) {
  const Fact one = fact({"units"}, "x", "small");
  const FactReadings* const known = &table_.find(one);
  EXPECT_NE(&table_.find(fact({"units"}, "y", "small")), known);
  EXPECT_NE(&table_.find(fact({"gb"}, "x", "small")), known);
  EXPECT_NE(&table_.find(fact({"units", "gb"}, "x", "small")), known);
  AttributeSet set;
  set.pack(one.code, one.attributes);
  Fact brings_its_set = one;
  brings_its_set.set = &set;
  EXPECT_EQ(&table_.find(brings_its_set), known);
}

TEST_F(Readings, attributes_have_one_number_whatever_is_metered) {
  const std::uint64_t number = table_.find(fact({"units"}, "x", "small")).attributes;
  EXPECT_EQ(table_.find(fact({"gb"}, "x", "small")).attributes, number);
  EXPECT_NE(table_.find(fact({"gb"}, "x", "smal")).attributes, number);
  EXPECT_NE(table_.find(fact({"gb"}, "xs", "mall")).attributes, number);
}

/// Whoever kept a number must not take other attributes for those.
TEST_F(Readings, a_number_is_never_given_twice_though_readings_are_forgotten) {
  std::set<std::uint64_t> numbers;
  for (int i = 0; i < 40'000; ++i) {
    numbers.insert(table_.find(fact({"units"}, std::to_string(i), "small")).attributes);
  }
  EXPECT_EQ(numbers.size(), 40'000U);
  EXPECT_EQ(read(fact({"units"}, "0", "large")), "demo/all 7; demo/large 7; ");
}

}  // namespace
}  // namespace steelyard::rating::cloud
