#include "steelyard/report/receipt.h"

#include <gtest/gtest.h>

#include "steelyard/report/estimate.h"

namespace steelyard::report {
namespace {

TEST(Receipt, TierIsSaidInWords) {
  const pricebook::TierRange first{"0k-128k", 0, 128'000};
  EXPECT_EQ(tier_reason(first, 128'000), "128,000 input tokens: more than 0, at most 128,000");
  EXPECT_EQ(tier_reason(first, 0), "0 input tokens: the first tier");
  EXPECT_EQ(tier_reason({"-", 0, {}}, 5), "5 input tokens: the one tier, for any number");
  EXPECT_EQ(tier_reason({"128k+", 128'000, {}}, 128'001),
            "128,001 input tokens: more than 128,000, without an upper bound");
  EXPECT_EQ(tier_reason({"256k-1m", 256'000, 1'000'000}, 1'000'001),
            "1,000,001 input tokens: more than 256,000; above 1,000,000 the book goes on with its "
            "top tier");
}

TEST(Estimate, CountsMayBeWrittenInThousandsAndMillions) {
  EXPECT_EQ(parse_count("128000"), 128'000u);
  EXPECT_EQ(parse_count("128k"), 128'000u);  // K is 1,000, rule D1.
  EXPECT_EQ(parse_count("1M"), 1'000'000u);
  EXPECT_EQ(parse_count("0"), 0u);
  EXPECT_EQ(parse_count("9007199254740991"), 9'007'199'254'740'991u);
  for (const char* text : {"", "k", "-1", "1.5k", "1kk", " 1", "1 k", "0x10", "9007199254740992",
                           "99999999999999999999", "9007199254740991k"}) {
    EXPECT_EQ(parse_count(text).error().code, ErrorCode::invalid_quantity) << text;
  }
}

}  // namespace
}  // namespace steelyard::report
