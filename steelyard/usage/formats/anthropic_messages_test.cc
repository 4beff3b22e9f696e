#include <gtest/gtest.h>

#include "steelyard/usage/formats/format_test.h"

namespace steelyard::usage::formats {
namespace {

std::string messages(std::string_view usage) { return read("anthropic.messages", usage); }

// Source: anthropics/anthropic-sdk-python, Usage; the prompt is 105 + 7123 + 7345.
TEST(AnthropicMessages, published_example) {
  EXPECT_EQ(messages(R"({"input_tokens":105,"output_tokens":6039,"cache_read_input_tokens":7123,
                         "cache_creation_input_tokens":7345,
                         "cache_creation":{"ephemeral_5m_input_tokens":7345,
                                           "ephemeral_1h_input_tokens":0}})"),
            "105 + 7123 + 7345 in, 6039 out");
}

TEST(AnthropicMessages, a_read_larger_than_the_input_is_normal) {
  EXPECT_EQ(messages(R"({"input_tokens":0,"output_tokens":1,"cache_read_input_tokens":9})"),
            "0 + 9 + 0 in, 1 out");
}

TEST(AnthropicMessages, lifetimes_add_up_to_what_was_written) {
  const auto with = [](const char* created, const char* split) {
    return messages(R"({"input_tokens":1,"cache_creation_input_tokens":)" + std::string(created) +
                    R"(,"cache_creation":)" + split + "}");
  };
  EXPECT_EQ(with("7", R"({"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":4})"),
            "1 + 0 + 7 in, 0 out");
  EXPECT_EQ(with("8", R"({"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":4})"),
            "inconsistent_usage");
  EXPECT_EQ(with("6", R"({"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":4})"),
            "inconsistent_usage");
  EXPECT_EQ(with("3", R"({"ephemeral_5m_input_tokens":3})"), "1 + 0 + 3 in, 0 out");
  EXPECT_EQ(with("4", R"({"ephemeral_5m_input_tokens":3})"), "inconsistent_usage");
  EXPECT_EQ(with("7", "{}"), "1 + 0 + 7 in, 0 out");
  EXPECT_EQ(with("7", "null"), "1 + 0 + 7 in, 0 out");
}

TEST(AnthropicMessages, the_split_alone_is_summed) {
  EXPECT_EQ(messages(R"({"input_tokens":1,"cache_creation":{"ephemeral_5m_input_tokens":3,
                         "ephemeral_1h_input_tokens":4}})"),
            "1 + 0 + 7 in, 0 out");
  EXPECT_EQ(messages(R"({"input_tokens":1,"cache_creation_input_tokens":null,
                         "cache_creation":{"ephemeral_1h_input_tokens":4}})"),
            "1 + 0 + 4 in, 0 out");
}

TEST(AnthropicMessages, thinking_is_at_most_the_output) {
  EXPECT_EQ(messages(R"({"output_tokens":5,"output_tokens_details":{"thinking_tokens":5}})"),
            "0 + 0 + 0 in, 5 out, 5 reasoning");
  EXPECT_EQ(messages(R"({"output_tokens":5,"output_tokens_details":{"thinking_tokens":6}})"),
            "inconsistent_usage");
}

TEST(AnthropicMessages, states_no_total) {
  EXPECT_EQ(messages(R"({"input_tokens":1,"output_tokens":1,"total_tokens":99})"),
            "1 + 0 + 0 in, 1 out");
}

TEST(AnthropicMessages, cache_counts_alone_are_no_usage) {
  EXPECT_EQ(messages(R"({"cache_read_input_tokens":9,"cache_creation_input_tokens":9})"),
            "usage_missing");
}

// 2^53 - 1 and 1: each is a count, their sum is none.
TEST(AnthropicMessages, the_prompt_has_a_limit_too) {
  EXPECT_EQ(messages(R"({"input_tokens":9007199254740990,"cache_read_input_tokens":1})"),
            "9007199254740990 + 1 + 0 in, 0 out");
  EXPECT_EQ(messages(R"({"input_tokens":9007199254740991,"cache_read_input_tokens":1})"),
            "invalid_quantity");
  EXPECT_EQ(messages(R"({"input_tokens":1,"cache_creation":
                         {"ephemeral_5m_input_tokens":9007199254740991,
                          "ephemeral_1h_input_tokens":9007199254740991}})"),
            "invalid_quantity");
}

}  // namespace
}  // namespace steelyard::usage::formats
