#include "steelyard/batch/chunk_rater.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "steelyard/rating/cloud/demo_book_for_tests.h"

namespace steelyard::batch {
namespace {

std::string usage_of(const std::string& product) {
  return R"({"specversion":"1.0","id":"1","source":"collector/1","type":"cloud.resource.usage",)"
         R"("subject":"acme","time":"2026-11-22T01:00:00Z","data":{"product":")" +
         product + R"(","resource":"a-resource","start":"2026-11-22T00:00:00Z",)" +
         R"("end":"2026-11-22T01:00:00Z","meters":{"units":1}}})" + "\n";
}

/// Rates a text that is gone when it returns.
void rate(ChunkRater& rater, const std::string& line) {
  std::string text = line;
  text.append(json::Document::padding, '\0');
  rater.rate(std::string_view(text).substr(0, line.size()));
}

/// Memory is used again from text to text: what a line could not say is not taken from there.
TEST(ChunkRater, nothing_of_an_earlier_text_is_read) {
  const auto book =
      std::make_shared<const pricebook::PriceBookSeries>(rating::cloud::demo_book(R"(meters:
  units: {kind: counter, unit: unit}
items:
  - {item: demo/units, title: Units, unit: unit, measure: {sum: units}, price: {CNY: 2}}
)"));
  const rating::Rater rater(book);
  ChunkRater chunk_rater(rater);
  rate(chunk_rater, usage_of("demo"));
  ASSERT_EQ(chunk_rater.records().front().status, Status::rated);
  rate(chunk_rater, usage_of("nothing"));
  EXPECT_EQ(chunk_rater.records().front().status, Status::unrated);
  EXPECT_EQ(chunk_rater.records().front().reason, ErrorCode::unknown_product);
}

}  // namespace
}  // namespace steelyard::batch
