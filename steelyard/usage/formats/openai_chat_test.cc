#include <gtest/gtest.h>

#include "steelyard/usage/formats/format_test.h"

namespace steelyard::usage::formats {
namespace {

std::string chat(std::string_view usage) { return read("openai.chat", usage); }

// Source: openai/openai-openapi, the example of CompletionUsage.
TEST(OpenaiChat, published_example) {
  EXPECT_EQ(chat(R"({"prompt_tokens":19,"completion_tokens":10,"total_tokens":29,
                     "prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},
                     "completion_tokens_details":{"reasoning_tokens":0}})"),
            "19 + 0 + 0 in, 10 out, 0 reasoning");
}

// 5000 - 1800 - 200 = 3000. Source: OpenAI's usage example with cache writes.
TEST(OpenaiChat, prompt_holds_what_was_read_and_written) {
  EXPECT_EQ(chat(R"({"prompt_tokens":5000,"completion_tokens":7,
                     "prompt_tokens_details":{"cached_tokens":1800,"cache_write_tokens":200}})"),
            "3000 + 1800 + 200 in, 7 out");
}

TEST(OpenaiChat, cached_and_written_are_at_most_the_prompt) {
  EXPECT_EQ(chat(R"({"prompt_tokens":10,"completion_tokens":1,
                     "prompt_tokens_details":{"cached_tokens":6,"cache_write_tokens":4}})"),
            "0 + 6 + 4 in, 1 out");
  constexpr auto one_more = R"({"prompt_tokens":10,"completion_tokens":1,
                     "prompt_tokens_details":{"cached_tokens":6,"cache_write_tokens":5}})";
  EXPECT_EQ(chat(one_more), "inconsistent_usage");
  EXPECT_EQ(detail("openai.chat", one_more),
            "/data/usage: cached + written tokens <= input tokens does not hold: 11 > 10");
  EXPECT_EQ(chat(R"({"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":1}})"),
            "inconsistent_usage");
}

TEST(OpenaiChat, reasoning_is_at_most_the_output) {
  EXPECT_EQ(chat(R"({"prompt_tokens":1,"completion_tokens":5,
                     "completion_tokens_details":{"reasoning_tokens":5}})"),
            "1 + 0 + 0 in, 5 out, 5 reasoning");
  EXPECT_EQ(chat(R"({"prompt_tokens":1,"completion_tokens":5,
                     "completion_tokens_details":{"reasoning_tokens":6}})"),
            "inconsistent_usage");
}

TEST(OpenaiChat, stated_total_is_input_and_output) {
  EXPECT_EQ(chat(R"({"prompt_tokens":3,"completion_tokens":4,"total_tokens":7})"),
            "3 + 0 + 0 in, 4 out");
  for (const char* const total : {"6", "8", "0"}) {
    EXPECT_EQ(chat(R"({"prompt_tokens":3,"completion_tokens":4,"total_tokens":)" +
                   std::string(total) + "}"),
              "inconsistent_usage");
  }
}

TEST(OpenaiChat, modalities_are_parts_of_their_count) {
  const auto with = [](const char* input, const char* output) {
    return chat(R"({"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":)" +
                std::string(input) + R"(,"completion_tokens_details":)" + output + "}");
  };
  EXPECT_EQ(with(R"({"text_tokens":1,"image_tokens":2,"audio_tokens":3,"video_tokens":4})", "{}"),
            "10 + 0 + 0 in, 5 out");
  EXPECT_EQ(with(R"({"text_tokens":2,"image_tokens":2,"audio_tokens":3,"video_tokens":4})", "{}"),
            "inconsistent_usage");
  EXPECT_EQ(with("{}", R"({"text_tokens":4,"audio_tokens":1})"), "10 + 0 + 0 in, 5 out");
  EXPECT_EQ(with("{}", R"({"text_tokens":4,"audio_tokens":2})"), "inconsistent_usage");
}

// Rule D12: a reported 0 is not the same as no report.
TEST(OpenaiChat, reasoning_of_null_is_not_reported) {
  EXPECT_EQ(chat(R"({"prompt_tokens":1,"completion_tokens":5,
                     "completion_tokens_details":{"reasoning_tokens":null}})"),
            "1 + 0 + 0 in, 5 out");
  EXPECT_EQ(chat(R"({"prompt_tokens":1,"completion_tokens":5,"completion_tokens_details":null})"),
            "1 + 0 + 0 in, 5 out");
}

TEST(OpenaiChat, details_are_an_object) {
  for (const char* const wrong : {"[]", "7", "\"x\"", "false"}) {
    const std::string usage =
        R"({"prompt_tokens":1,"prompt_tokens_details":)" + std::string(wrong) + "}";
    EXPECT_EQ(chat(usage), "invalid_field");
    EXPECT_EQ(detail("openai.chat", usage),
              "/data/usage/prompt_tokens_details: " + std::string(wrong) + " is not an object");
  }
}

TEST(OpenaiChat, one_of_input_and_output_is_enough) {
  EXPECT_EQ(chat(R"({"prompt_tokens":1})"), "1 + 0 + 0 in, 0 out");
  EXPECT_EQ(chat(R"({"completion_tokens":1})"), "0 + 0 + 0 in, 1 out");
  EXPECT_EQ(chat(R"({"total_tokens":0})"), "usage_missing");
  EXPECT_EQ(chat(R"({"input_tokens":1,"output_tokens":1})"), "usage_missing");
}

}  // namespace
}  // namespace steelyard::usage::formats
