// What other systems read wrongly, each named by what went wrong. Sources: their public
// reports, as shared in the project's notes on mis-billing.
#include <gtest/gtest.h>

#include "steelyard/usage/formats/format_test.h"

namespace steelyard::usage::formats {
namespace {

std::uint64_t prompt_of(std::string_view protocol, std::string_view usage) {
  return read_text(protocol, usage).value().total_input();
}

// BerriAI/litellm#9812, #6575, #6576.
TEST(Misbilling, creation_charged_on_top_of_the_input) {
  EXPECT_EQ(read("anthropic.messages", R"({"input_tokens":3,"cache_creation_input_tokens":12304,
                                           "output_tokens":550})"),
            "3 + 0 + 12304 in, 550 out");
}

// earendil-works/pi#2148: 20212 - 16298 = 3914. Also BerriAI/litellm#6215.
TEST(Misbilling, cached_tokens_billed_in_full_and_again_as_cached) {
  EXPECT_EQ(read("openai.responses", R"({"input_tokens":20212,"output_tokens":931,
                                         "input_tokens_details":{"cached_tokens":16298}})"),
            "3914 + 16298 + 0 in, 931 out");
}

// BerriAI/litellm#14874, langfuse/langfuse#10592: the text count holds the cached part.
TEST(Misbilling, text_count_that_includes_cached_added_again) {
  EXPECT_EQ(read("openai.chat", R"({"prompt_tokens":1000,"completion_tokens":1,
                 "prompt_tokens_details":{"cached_tokens":800,"text_tokens":1000}})"),
            "200 + 800 + 0 in, 1 out");
  EXPECT_EQ(read("gemini.generate_content",
                 R"({"promptTokenCount":1000,"cachedContentTokenCount":800,
                     "candidatesTokenCount":1,"totalTokenCount":1001,
                     "promptTokensDetails":[{"modality":"TEXT","tokenCount":1000}],
                     "cacheTokensDetails":[{"modality":"TEXT","tokenCount":800}]})"),
            "200 + 800 + 0 in, 1 out");
}

// langfuse/langfuse#12306.
TEST(Misbilling, otel_input_already_includes_the_cache) {
  EXPECT_EQ(prompt_of("otel.gen_ai", R"({"gen_ai.usage.input_tokens":500,
      "gen_ai.usage.output_tokens":12,"gen_ai.usage.cache_read.input_tokens":180})"),
            500u);
}

// browser-use/browser-use#5305, #4294.
TEST(Misbilling, creation_counted_twice) {
  EXPECT_EQ(prompt_of("openai.chat", R"({"prompt_tokens":5000,"completion_tokens":1,
      "prompt_tokens_details":{"cached_tokens":1800,"cache_write_tokens":200}})"),
            5000u);
}

// QuantumNous/new-api#3259, #3110: 105 - 7123 would be a negative bill.
TEST(Misbilling, cached_taken_from_an_exclusive_count) {
  EXPECT_EQ(read("anthropic.messages", R"({"input_tokens":105,"output_tokens":1,
                                           "cache_read_input_tokens":7123})"),
            "105 + 7123 + 0 in, 1 out");
}

// linuxarena/control-tower#523: what chooses the tier is the whole prompt, not 105.
TEST(Misbilling, tier_from_an_input_count_that_excludes_the_cache) {
  EXPECT_EQ(prompt_of("anthropic.messages", R"({"input_tokens":105,"output_tokens":6039,
      "cache_read_input_tokens":7123,"cache_creation_input_tokens":7345})"),
            105u + 7123u + 7345u);
}

// BerriAI/litellm#37131: cached tokens count toward the tier.
TEST(Misbilling, tier_from_uncached_tokens_only) {
  EXPECT_EQ(prompt_of("dashscope.compatible", R"({"prompt_tokens":128001,"completion_tokens":1,
      "prompt_tokens_details":{"cached_tokens":128000}})"),
            128001u);
}

// anomalyco/opencode#38427, apache/apisix#14044, Portkey-AI/gateway#1210.
TEST(Misbilling, bedrock_cache_treated_as_included) {
  EXPECT_EQ(read("bedrock.converse", R"({"inputTokens":15,"outputTokens":395,
                                         "cacheReadInputTokens":10,"totalTokens":420})"),
            "15 + 10 + 0 in, 395 out");
}

// maximhq/bifrost#6942: 12307 holds the 12304 written; the true total is 12857, and neither
// 24611 in with 550 out nor 12307 with 600 gives it.
TEST(Misbilling, bedrock_input_that_holds_the_written_tokens_fails_by_its_total) {
  EXPECT_EQ(read("bedrock.converse", R"({"inputTokens":12307,"outputTokens":600,
                                         "cacheWriteInputTokens":12304,"totalTokens":12857})"),
            "inconsistent_usage");
}

// earendil-works/pi#5738: 600k for 5 minutes and 400k for an hour.
TEST(Misbilling, one_hour_writes_lost_beside_five_minute_ones) {
  EXPECT_EQ(read("anthropic.messages", R"({"input_tokens":0,"output_tokens":0,"cache_creation":
                 {"ephemeral_5m_input_tokens":600000,"ephemeral_1h_input_tokens":400000}})"),
            "0 + 0 + 1000000 in, 0 out");
}

// BerriAI/litellm#33772.
TEST(Misbilling, written_tokens_dropped) {
  EXPECT_EQ(read("dashscope.compatible", R"({"prompt_tokens":1500,"completion_tokens":1,
                 "prompt_tokens_details":{"cached_tokens":1200,
                                          "cache_creation_input_tokens":300}})"),
            "0 + 1200 + 300 in, 1 out");
}

// QuantumNous/new-api#7229: 1292 - 1152 = 140, whatever was an image.
TEST(Misbilling, image_tokens_inside_the_cached_part_billed_again) {
  EXPECT_EQ(read("dashscope.generation", R"({"input_tokens":1292,"output_tokens":87,
                 "input_tokens_details":{"text_tokens":43,"image_tokens":1249},
                 "prompt_tokens_details":{"cached_tokens":1152}})"),
            "140 + 1152 + 0 in, 87 out");
}

// pydantic/genai-prices#354.
TEST(Misbilling, audio_part_without_a_price_taken_from_its_parent) {
  EXPECT_EQ(read("openai.chat", R"({"prompt_tokens":100,"completion_tokens":50,
                 "prompt_tokens_details":{"audio_tokens":30},
                 "completion_tokens_details":{"audio_tokens":20}})"),
            "100 + 0 + 0 in, 50 out");
}

// theopenco/llmgateway#3435, PostHog/posthog#71065: 136, not 167.
TEST(Misbilling, reasoning_added_to_an_output_that_includes_it) {
  for (const auto& [protocol, usage] :
       {std::pair{"openai.chat", R"({"prompt_tokens":1,"completion_tokens":136,
                         "completion_tokens_details":{"reasoning_tokens":31}})"},
        std::pair{"deepseek.chat", R"({"prompt_tokens":1,"completion_tokens":136,
                         "completion_tokens_details":{"reasoning_tokens":31}})"},
        std::pair{"otel.gen_ai", R"({"gen_ai.usage.input_tokens":1,
                         "gen_ai.usage.output_tokens":136,
                         "gen_ai.usage.reasoning.output_tokens":31})"}}) {
    EXPECT_EQ(read(protocol, usage), "1 + 0 + 0 in, 136 out, 31 reasoning");
  }
}

// vercel/ai#6738, simonw/llm-gemini#75: 1 + 21, not 1.
TEST(Misbilling, gemini_thoughts_left_out) {
  EXPECT_EQ(read("gemini.generate_content", R"({"promptTokenCount":9,"candidatesTokenCount":1,
                 "thoughtsTokenCount":21,"totalTokenCount":31})"),
            "9 + 0 + 0 in, 22 out, 21 reasoning");
}

// promptdriven/pdd#629: the declared protocol decides, never the numbers.
TEST(Misbilling, a_class_read_under_another_protocols_meaning) {
  constexpr auto usage = R"({"input_tokens":100,"output_tokens":1,"cache_read_input_tokens":60,
                             "cached_tokens":60})";
  EXPECT_EQ(read("anthropic.messages", usage), "100 + 60 + 0 in, 1 out");
  EXPECT_EQ(read("dashscope.generation", usage), "40 + 60 + 0 in, 1 out");
  EXPECT_EQ(read("openai.responses", usage), "100 + 0 + 0 in, 1 out");
}

// DeepSeek's hits are OpenAI's cached tokens: 70, not 140.
TEST(Misbilling, one_count_under_two_names_added) {
  EXPECT_EQ(read("deepseek.chat", R"({"prompt_tokens":100,"completion_tokens":1,
                 "prompt_cache_hit_tokens":70,"prompt_cache_miss_tokens":30,
                 "prompt_tokens_details":{"cached_tokens":70}})"),
            "30 + 70 + 0 in, 1 out");
}

// BerriAI/litellm#37992.
TEST(Misbilling, explicit_zero_usage_replaced_by_an_estimate) {
  EXPECT_EQ(read("openai.chat", R"({"prompt_tokens":0,"completion_tokens":0,"total_tokens":0})"),
            "0 + 0 + 0 in, 0 out");
}

// openclaw#120008.
TEST(Misbilling, unknown_usage_shown_as_0) {
  EXPECT_EQ(read("openai.chat", R"({"prompt_tokens":null,"completion_tokens":null})"),
            "usage_missing");
}

}  // namespace
}  // namespace steelyard::usage::formats
