#include <gtest/gtest.h>

#include "steelyard/usage/formats/format_test.h"

namespace steelyard::usage::formats {
namespace {

std::string deepseek(std::string_view usage) { return read("deepseek.chat", usage); }

// Source: api-docs.deepseek.com, Create Chat Completion; 100 = 70 + 30.
TEST(DeepseekChat, published_example) {
  EXPECT_EQ(deepseek(R"({"prompt_tokens":100,"completion_tokens":40,"total_tokens":140,
                         "prompt_cache_hit_tokens":70,"prompt_cache_miss_tokens":30,
                         "completion_tokens_details":{"reasoning_tokens":12}})"),
            "30 + 70 + 0 in, 40 out, 12 reasoning");
}

TEST(DeepseekChat, hits_and_misses_are_the_prompt) {
  for (const char* const miss : {"29", "31", "0"}) {
    EXPECT_EQ(deepseek(R"({"prompt_tokens":100,"prompt_cache_hit_tokens":70,
                           "prompt_cache_miss_tokens":)" +
                       std::string(miss) + "}"),
              "inconsistent_usage");
  }
  EXPECT_EQ(deepseek(R"({"prompt_tokens":100,"prompt_cache_miss_tokens":100})"),
            "100 + 0 + 0 in, 0 out");
  EXPECT_EQ(deepseek(R"({"prompt_tokens":100,"prompt_cache_hit_tokens":70})"),
            "30 + 70 + 0 in, 0 out");
  EXPECT_EQ(deepseek(R"({"prompt_tokens":100,"prompt_cache_hit_tokens":101})"),
            "inconsistent_usage");
}

TEST(DeepseekChat, hits_under_two_names_are_one_count) {
  EXPECT_EQ(deepseek(R"({"prompt_tokens":100,"prompt_cache_hit_tokens":70,
                         "prompt_tokens_details":{"cached_tokens":70}})"),
            "30 + 70 + 0 in, 0 out");
  EXPECT_EQ(deepseek(R"({"prompt_tokens":100,"prompt_cache_miss_tokens":30,
                         "prompt_tokens_details":{"cached_tokens":70}})"),
            "30 + 70 + 0 in, 0 out");
  EXPECT_EQ(deepseek(R"({"prompt_tokens":100,"prompt_cache_hit_tokens":70,
                         "prompt_tokens_details":{"cached_tokens":0}})"),
            "inconsistent_usage");
}

TEST(DeepseekChat, reasoning_is_at_most_the_output) {
  EXPECT_EQ(deepseek(R"({"completion_tokens":5,
                         "completion_tokens_details":{"reasoning_tokens":6}})"),
            "inconsistent_usage");
}

TEST(DeepseekChat, stated_total_is_input_and_output) {
  EXPECT_EQ(deepseek(R"({"prompt_tokens":3,"completion_tokens":4,"total_tokens":8})"),
            "inconsistent_usage");
}

TEST(DeepseekChat, modalities_are_parts_of_their_count) {
  EXPECT_EQ(deepseek(R"({"prompt_tokens":3,"prompt_tokens_details":{"text_tokens":3}})"),
            "3 + 0 + 0 in, 0 out");
  EXPECT_EQ(deepseek(R"({"prompt_tokens":3,"prompt_tokens_details":{"text_tokens":4}})"),
            "inconsistent_usage");
}

TEST(DeepseekChat, hits_and_misses_alone_are_no_usage) {
  EXPECT_EQ(deepseek(R"({"prompt_cache_hit_tokens":70,"prompt_cache_miss_tokens":30})"),
            "usage_missing");
}

}  // namespace
}  // namespace steelyard::usage::formats
