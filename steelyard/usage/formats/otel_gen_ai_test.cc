#include <gtest/gtest.h>

#include "steelyard/usage/formats/format_test.h"

namespace steelyard::usage::formats {
namespace {

std::string otel(std::string_view usage) { return read("otel.gen_ai", usage); }

// Source: open-telemetry/semantic-conventions-genai; 500 - 180 = 320.
TEST(OtelGenAi, published_example) {
  EXPECT_EQ(otel(R"({"gen_ai.usage.input_tokens":500,"gen_ai.usage.output_tokens":12,
                     "gen_ai.usage.cache_read.input_tokens":180})"),
            "320 + 180 + 0 in, 12 out");
}

TEST(OtelGenAi, reads_and_writes_are_part_of_the_input) {
  EXPECT_EQ(otel(R"({"gen_ai.usage.input_tokens":10,"gen_ai.usage.cache_read.input_tokens":6,
                     "gen_ai.usage.cache_creation.input_tokens":4})"),
            "0 + 6 + 4 in, 0 out");
  EXPECT_EQ(otel(R"({"gen_ai.usage.input_tokens":10,"gen_ai.usage.cache_read.input_tokens":6,
                     "gen_ai.usage.cache_creation.input_tokens":5})"),
            "inconsistent_usage");
}

TEST(OtelGenAi, reasoning_is_at_most_the_output) {
  EXPECT_EQ(otel(R"({"gen_ai.usage.output_tokens":5,"gen_ai.usage.reasoning.output_tokens":5})"),
            "0 + 0 + 0 in, 5 out, 5 reasoning");
  EXPECT_EQ(otel(R"({"gen_ai.usage.output_tokens":5,"gen_ai.usage.reasoning.output_tokens":6})"),
            "inconsistent_usage");
}

TEST(OtelGenAi, deprecated_names_are_second_names) {
  EXPECT_EQ(otel(R"({"gen_ai.usage.prompt_tokens":5,"gen_ai.usage.completion_tokens":7})"),
            "5 + 0 + 0 in, 7 out");
  EXPECT_EQ(otel(R"({"gen_ai.usage.prompt_tokens":5,"gen_ai.usage.input_tokens":5,
                     "gen_ai.usage.completion_tokens":7,"gen_ai.usage.output_tokens":7})"),
            "5 + 0 + 0 in, 7 out");
  EXPECT_EQ(otel(R"({"gen_ai.usage.prompt_tokens":5,"gen_ai.usage.input_tokens":6})"),
            "inconsistent_usage");
  EXPECT_EQ(otel(R"({"gen_ai.usage.completion_tokens":0,"gen_ai.usage.output_tokens":7})"),
            "inconsistent_usage");
}

TEST(OtelGenAi, names_are_full) {
  EXPECT_EQ(otel(R"({"input_tokens":5,"output_tokens":7})"), "usage_missing");
  EXPECT_EQ(otel(R"({"gen_ai":{"usage":{"input_tokens":5}}})"), "usage_missing");
}

}  // namespace
}  // namespace steelyard::usage::formats
