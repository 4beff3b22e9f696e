#include <gtest/gtest.h>

#include "steelyard/usage/formats/format_test.h"

namespace steelyard::usage::formats {
namespace {

std::string generation(std::string_view usage) { return read("dashscope.generation", usage); }

// Source: dashscope/dashscope-sdk-python; 3019 - 2048 = 971.
TEST(DashscopeGeneration, published_example_of_text) {
  EXPECT_EQ(generation(R"({"input_tokens":3019,"output_tokens":101,"total_tokens":3120,
                           "prompt_tokens_details":{"cached_tokens":2048}})"),
            "971 + 2048 + 0 in, 101 out");
}

// 1292 = 43 + 1249, of which 1152 are cached; 140 are left.
TEST(DashscopeGeneration, published_example_with_images) {
  EXPECT_EQ(generation(R"({"input_tokens":1292,"output_tokens":87,"total_tokens":1379,
                           "input_tokens_details":{"text_tokens":43,"image_tokens":1249},
                           "prompt_tokens_details":{"cached_tokens":1152}})"),
            "140 + 1152 + 0 in, 87 out");
}

TEST(DashscopeGeneration, cached_tokens_stand_on_top_or_in_the_details) {
  EXPECT_EQ(generation(R"({"input_tokens":10,"cached_tokens":4})"), "6 + 4 + 0 in, 0 out");
  EXPECT_EQ(generation(R"({"input_tokens":10,"cached_tokens":4,
                           "prompt_tokens_details":{"cached_tokens":4}})"),
            "6 + 4 + 0 in, 0 out");
  EXPECT_EQ(generation(R"({"input_tokens":10,"cached_tokens":0,
                           "prompt_tokens_details":{"cached_tokens":4}})"),
            "inconsistent_usage");
}

TEST(DashscopeGeneration, created_cache_is_part_of_the_input) {
  EXPECT_EQ(generation(R"({"input_tokens":10,"prompt_tokens_details":
                           {"cached_tokens":4,"cache_creation_input_tokens":6}})"),
            "0 + 4 + 6 in, 0 out");
  EXPECT_EQ(generation(R"({"input_tokens":10,"prompt_tokens_details":
                           {"cached_tokens":4,"cache_creation_input_tokens":7}})"),
            "inconsistent_usage");
}

TEST(DashscopeGeneration, reasoning_is_at_most_the_output) {
  EXPECT_EQ(generation(R"({"output_tokens":5,"output_tokens_details":{"reasoning_tokens":5}})"),
            "0 + 0 + 0 in, 5 out, 5 reasoning");
  EXPECT_EQ(generation(R"({"output_tokens":5,"output_tokens_details":{"reasoning_tokens":6}})"),
            "inconsistent_usage");
}

TEST(DashscopeGeneration, stated_total_is_input_and_output) {
  EXPECT_EQ(generation(R"({"input_tokens":3,"output_tokens":4,"total_tokens":8})"),
            "inconsistent_usage");
}

TEST(DashscopeGeneration, modalities_are_parts_of_their_count) {
  EXPECT_EQ(generation(R"({"input_tokens":10,
                           "input_tokens_details":{"text_tokens":4,"video_tokens":6}})"),
            "10 + 0 + 0 in, 0 out");
  EXPECT_EQ(generation(R"({"input_tokens":10,
                           "input_tokens_details":{"text_tokens":4,"video_tokens":7}})"),
            "inconsistent_usage");
  EXPECT_EQ(generation(R"({"input_tokens":10,"prompt_tokens_details":{"text_tokens":11}})"),
            "inconsistent_usage");
  EXPECT_EQ(generation(R"({"output_tokens":10,"output_tokens_details":{"text_tokens":11}})"),
            "inconsistent_usage");
}

TEST(DashscopeGeneration, names_of_the_compatible_mode_are_no_usage) {
  EXPECT_EQ(generation(R"({"prompt_tokens":1,"completion_tokens":1})"), "usage_missing");
}

}  // namespace
}  // namespace steelyard::usage::formats
