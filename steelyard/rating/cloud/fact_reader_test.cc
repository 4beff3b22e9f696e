#include "steelyard/rating/cloud/fact_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "steelyard/json/document.h"
#include "steelyard/rating/cloud/demo_book_for_tests.h"

namespace steelyard::rating::cloud {
namespace {

const char* const product = R"(meters:
  units: {kind: counter}
attributes:
  region: {}
  spec: {values: [small, large], default: small}
  core: {type: number}
items:
  - {item: demo/units, unit: unit, measure: {sum: units}, price: {CNY: 1}}
)";

class FactReading : public testing::Test {
 protected:
  /// What is read of a usage with attributes as they are written; its text is gone afterwards.
  Fact read(const std::string& attributes) {
    Fact fact;
    const Result<void> result = read_into(fact, attributes);
    EXPECT_TRUE(result.has_value()) << result.error().detail;
    return fact;
  }
  std::string error_of(const std::string& attributes) {
    Fact fact;
    const Result<void> result = read_into(fact, attributes);
    return result.has_value() ? "none" : result.error().detail;
  }

  pricebook::PriceBookSeries book_ = demo_book(product);
  Catalog catalog_{book_};
  FactReader reader_{catalog_};

 private:
  Result<void> read_into(Fact& fact, const std::string& attributes) {
    const std::string text =
        R"({"specversion":"1.0","id":"1","source":"collector/1","type":"cloud.resource.usage",)"
        R"("subject":"acme","time":"2026-11-22T01:00:00Z","data":{"product":"demo","resource":"r",)"
        R"("start":"2026-11-22T00:00:00Z","end":"2026-11-22T01:00:00Z","meters":{"units":1})" +
        (attributes.empty() ? "" : R"(,"attributes":)" + attributes) + "}}";
    json::Document document;
    EXPECT_TRUE(document.parse_copy(text));
    usage::UsageEvent event;
    STEELYARD_PASS(usage::read_event(document, event));
    return reader_.read(event, fact);
  }
};

using Texts = std::vector<std::string_view>;

TEST_F(FactReading, texts_outlive_the_event) {
  const Fact fact = read(R"({"region":"cn-\u0068angzhou","core":4.50})");
  EXPECT_EQ(fact.attributes, (Texts{"cn-hangzhou", "small", "4.5"}));
  EXPECT_EQ(read(R"({"region":"cn-\u0068angzhou","core":4.50})").attributes.front().data(),
            fact.attributes.front().data());
}

TEST_F(FactReading, attributes_that_say_the_same_are_one_set_however_they_are_written) {
  const Fact fact = read(R"({"region":"x","core":4,"spec":"small"})");
  for (const char* const same :
       {R"({"core":4,"region":"x"})", R"({ "region" : "x", "core": "4.0", "spec": null })",
        R"({"region":"\u0078","core":4.000})"}) {
    const Fact other = read(same);
    EXPECT_EQ(other.set->packed, fact.set->packed) << same;
    EXPECT_EQ(other.set->hash, fact.set->hash) << same;
    EXPECT_EQ(other.attributes, fact.attributes) << same;
  }
}

/// Spellings of one set stand apart in the table, so that many of them cost no search.
TEST_F(FactReading, the_same_attributes_in_many_spellings_are_read) {
  for (int i = 0; i < 20'000; ++i) {
    std::string blanks;
    for (int bit = 0; bit < 15; ++bit) blanks += (i >> bit & 1) != 0 ? ' ' : '\t';
    ASSERT_EQ(read("{" + blanks + R"("region":"x"})").attributes[0], "x");
    if (i % 300 == 0) reader_.forget();
  }
}

TEST_F(FactReading, attributes_that_say_something_else_are_another_set) {
  const std::vector<std::string> different = {
      "",
      R"({"region":"small"})",
      R"({"region":"smal"})",
      R"({"spec":"large"})",
      R"({"region":"4"})",
      R"({"core":4})",
      R"({"region":"x","core":4})",
  };
  std::vector<std::string> sets;
  for (const std::string& each : different) sets.push_back(read(each).set->packed);
  for (std::size_t i = 0; i < sets.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(sets[i], sets[j]) << different[i];
  }
  EXPECT_EQ(read("{}").set->packed, sets.front());
}

TEST_F(FactReading, an_error_is_one_each_time) {
  const std::string nothing = R"({"regio":"x"})";
  const std::string answer = error_of(nothing);
  EXPECT_NE(answer.find("did you mean 'region'?"), std::string::npos) << answer;
  EXPECT_EQ(error_of(nothing), answer);
  EXPECT_EQ(error_of(R"({"spec":"huge"})"),
            "/data/attributes/spec: 'huge' is none of small, large");
  EXPECT_EQ(error_of(R"({"spec":"huge"})"),
            "/data/attributes/spec: 'huge' is none of small, large");
  EXPECT_EQ(read(R"({"spec":"large"})").attributes[1], "large");
}

TEST_F(FactReading, what_is_kept_is_forgotten_where_it_is_too_much) {
  const std::string long_text(1 << 20, 'x');
  const char* const first = read(R"({"region":"first"})").attributes[0].data();
  reader_.forget();
  EXPECT_EQ(read(R"({"region":"first"})").attributes[0].data(), first);
  for (char i = 'a'; i < 'k'; ++i) {
    EXPECT_EQ(read(R"({"region":")" + long_text + i + "\"}").attributes[0], long_text + i);
  }
  reader_.forget();
  const Fact fact = read(R"({"region":"first","spec":"large"})");
  EXPECT_EQ(fact.attributes, (Texts{"first", "large", ""}));
}

}  // namespace
}  // namespace steelyard::rating::cloud
