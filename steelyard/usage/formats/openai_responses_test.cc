#include <gtest/gtest.h>

#include "steelyard/usage/formats/format_test.h"

namespace steelyard::usage::formats {
namespace {

std::string responses(std::string_view usage) { return read("openai.responses", usage); }

// Source: openai/openai-openapi, the example of ResponseUsage.
TEST(OpenaiResponses, published_example) {
  EXPECT_EQ(responses(R"({"input_tokens":36,
                          "input_tokens_details":{"cached_tokens":0,"cache_write_tokens":0},
                          "output_tokens":87,"output_tokens_details":{"reasoning_tokens":0},
                          "total_tokens":123})"),
            "36 + 0 + 0 in, 87 out, 0 reasoning");
}

TEST(OpenaiResponses, cached_and_written_are_at_most_the_input) {
  EXPECT_EQ(responses(R"({"input_tokens":10,
                          "input_tokens_details":{"cached_tokens":6,"cache_write_tokens":4}})"),
            "0 + 6 + 4 in, 0 out");
  EXPECT_EQ(responses(R"({"input_tokens":10,
                          "input_tokens_details":{"cached_tokens":7,"cache_write_tokens":4}})"),
            "inconsistent_usage");
}

TEST(OpenaiResponses, reasoning_is_at_most_the_output) {
  EXPECT_EQ(responses(R"({"output_tokens":5,"output_tokens_details":{"reasoning_tokens":5}})"),
            "0 + 0 + 0 in, 5 out, 5 reasoning");
  EXPECT_EQ(responses(R"({"output_tokens":5,"output_tokens_details":{"reasoning_tokens":6}})"),
            "inconsistent_usage");
}

TEST(OpenaiResponses, stated_total_is_input_and_output) {
  EXPECT_EQ(responses(R"({"input_tokens":3,"output_tokens":4,"total_tokens":7})"),
            "3 + 0 + 0 in, 4 out");
  EXPECT_EQ(responses(R"({"input_tokens":3,"output_tokens":4,"total_tokens":8})"),
            "inconsistent_usage");
}

TEST(OpenaiResponses, modalities_are_parts_of_their_count) {
  EXPECT_EQ(responses(R"({"input_tokens":9,"input_tokens_details":{"image_tokens":9}})"),
            "9 + 0 + 0 in, 0 out");
  EXPECT_EQ(responses(R"({"input_tokens":9,
                          "input_tokens_details":{"image_tokens":9,"text_tokens":1}})"),
            "inconsistent_usage");
  EXPECT_EQ(responses(R"({"output_tokens":9,"output_tokens_details":{"audio_tokens":10}})"),
            "inconsistent_usage");
}

TEST(OpenaiResponses, names_of_another_protocol_are_no_usage) {
  EXPECT_EQ(responses(R"({"prompt_tokens":1,"completion_tokens":1})"), "usage_missing");
}

}  // namespace
}  // namespace steelyard::usage::formats
