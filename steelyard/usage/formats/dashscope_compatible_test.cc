#include <gtest/gtest.h>

#include "steelyard/usage/formats/format_test.h"

namespace steelyard::usage::formats {
namespace {

std::string compatible(std::string_view usage) { return read("dashscope.compatible", usage); }

// Source: help.aliyun.com, Model Studio, context cache; 3019 - 2048 = 971.
TEST(DashscopeCompatible, published_example) {
  EXPECT_EQ(compatible(R"({"prompt_tokens":3019,"completion_tokens":104,"total_tokens":3123,
                           "prompt_tokens_details":{"cached_tokens":2048}})"),
            "971 + 2048 + 0 in, 104 out");
}

TEST(DashscopeCompatible, cached_tokens_stand_on_top_or_in_the_details) {
  EXPECT_EQ(compatible(R"({"prompt_tokens":10,"cached_tokens":4})"), "6 + 4 + 0 in, 0 out");
  EXPECT_EQ(compatible(R"({"prompt_tokens":10,"cached_tokens":4,
                           "prompt_tokens_details":{"cached_tokens":4}})"),
            "6 + 4 + 0 in, 0 out");
  EXPECT_EQ(compatible(R"({"prompt_tokens":10,"cached_tokens":4,
                           "prompt_tokens_details":{"cached_tokens":0}})"),
            "inconsistent_usage");
}

TEST(DashscopeCompatible, created_cache_is_part_of_the_prompt) {
  EXPECT_EQ(compatible(R"({"prompt_tokens":10,"prompt_tokens_details":
                           {"cached_tokens":4,"cache_creation_input_tokens":6}})"),
            "0 + 4 + 6 in, 0 out");
  EXPECT_EQ(compatible(R"({"prompt_tokens":10,"prompt_tokens_details":
                           {"cached_tokens":5,"cache_creation_input_tokens":6}})"),
            "inconsistent_usage");
}

TEST(DashscopeCompatible, reasoning_is_at_most_the_output) {
  EXPECT_EQ(compatible(R"({"completion_tokens":5,
                           "completion_tokens_details":{"reasoning_tokens":5}})"),
            "0 + 0 + 0 in, 5 out, 5 reasoning");
  EXPECT_EQ(compatible(R"({"completion_tokens":5,
                           "completion_tokens_details":{"reasoning_tokens":6}})"),
            "inconsistent_usage");
}

TEST(DashscopeCompatible, stated_total_is_input_and_output) {
  EXPECT_EQ(compatible(R"({"prompt_tokens":3,"completion_tokens":4,"total_tokens":6})"),
            "inconsistent_usage");
}

TEST(DashscopeCompatible, modalities_are_parts_of_their_count) {
  EXPECT_EQ(compatible(R"({"prompt_tokens":10,
                           "prompt_tokens_details":{"text_tokens":4,"image_tokens":6}})"),
            "10 + 0 + 0 in, 0 out");
  EXPECT_EQ(compatible(R"({"prompt_tokens":10,
                           "prompt_tokens_details":{"text_tokens":5,"image_tokens":6}})"),
            "inconsistent_usage");
  EXPECT_EQ(compatible(R"({"completion_tokens":4,
                           "completion_tokens_details":{"text_tokens":5}})"),
            "inconsistent_usage");
}

TEST(DashscopeCompatible, names_of_the_native_mode_are_no_usage) {
  EXPECT_EQ(compatible(R"({"input_tokens":1,"output_tokens":1})"), "usage_missing");
}

}  // namespace
}  // namespace steelyard::usage::formats
