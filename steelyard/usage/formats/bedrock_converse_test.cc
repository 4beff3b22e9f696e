#include <gtest/gtest.h>

#include "steelyard/usage/formats/format_test.h"

namespace steelyard::usage::formats {
namespace {

std::string converse(std::string_view usage) { return read("bedrock.converse", usage); }

// Source: docs.aws.amazon.com, Bedrock, prompt caching.
TEST(BedrockConverse, published_example) {
  EXPECT_EQ(converse(R"({"inputTokens":15,"outputTokens":395,"totalTokens":410,
                         "cacheReadInputTokens":0})"),
            "15 + 0 + 0 in, 395 out");
}

TEST(BedrockConverse, reads_and_writes_stand_beside_the_input) {
  EXPECT_EQ(converse(R"({"inputTokens":15,"outputTokens":395,"cacheReadInputTokens":1000,
                         "cacheWriteInputTokens":200})"),
            "15 + 1000 + 200 in, 395 out");
}

// 410 = 15 + 395 and 1610 = 410 + 1000 + 200; nothing between fits.
TEST(BedrockConverse, stated_total_is_with_or_without_the_cache) {
  const auto with = [](const char* total) {
    return converse(R"({"inputTokens":15,"outputTokens":395,"cacheReadInputTokens":1000,
                        "cacheWriteInputTokens":200,"totalTokens":)" +
                    std::string(total) + "}");
  };
  EXPECT_EQ(with("410"), "15 + 1000 + 200 in, 395 out");
  EXPECT_EQ(with("1610"), "15 + 1000 + 200 in, 395 out");
  for (const char* const total : {"409", "411", "610", "1410", "1609", "1611", "0"}) {
    EXPECT_EQ(with(total), "inconsistent_usage") << total;
  }
}

TEST(BedrockConverse, cache_counts_alone_are_no_usage) {
  EXPECT_EQ(converse(R"({"cacheReadInputTokens":1,"totalTokens":1})"), "usage_missing");
}

TEST(BedrockConverse, the_prompt_has_a_limit_too) {
  EXPECT_EQ(converse(R"({"inputTokens":9007199254740991,"cacheReadInputTokens":1})"),
            "invalid_quantity");
  // The total fits neither, but the sum that is no count is said first.
  EXPECT_EQ(converse(R"({"inputTokens":9007199254740991,"cacheReadInputTokens":1,
                         "totalTokens":5})"),
            "invalid_quantity");
}

}  // namespace
}  // namespace steelyard::usage::formats
