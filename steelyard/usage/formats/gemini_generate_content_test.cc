#include <gtest/gtest.h>

#include "steelyard/usage/formats/format_test.h"

namespace steelyard::usage::formats {
namespace {

std::string gemini(std::string_view usage) { return read("gemini.generate_content", usage); }

// Source: googleapis/python-genai; 31 = 9 + 1 + 21, and 22 = 1 + 21.
TEST(GeminiGenerateContent, published_example) {
  EXPECT_EQ(gemini(R"({"promptTokenCount":9,"candidatesTokenCount":1,"thoughtsTokenCount":21,
                       "totalTokenCount":31})"),
            "9 + 0 + 0 in, 22 out, 21 reasoning");
}

// 100 + 20 in, of which 64 are cached; 7 out; 127 together.
TEST(GeminiGenerateContent, tool_prompts_stand_beside_the_prompt) {
  EXPECT_EQ(gemini(R"({"promptTokenCount":100,"toolUsePromptTokenCount":20,
                       "cachedContentTokenCount":64,"candidatesTokenCount":7,
                       "totalTokenCount":127})"),
            "56 + 64 + 0 in, 7 out");
}

TEST(GeminiGenerateContent, stated_total_holds_thoughts_and_tool_prompts) {
  constexpr auto usage = R"({"promptTokenCount":100,"toolUsePromptTokenCount":20,
                             "candidatesTokenCount":7,"thoughtsTokenCount":3,"totalTokenCount":)";
  EXPECT_EQ(gemini(std::string(usage) + "130}"), "120 + 0 + 0 in, 10 out, 3 reasoning");
  for (const char* const total : {"127", "110", "107", "131"}) {
    EXPECT_EQ(gemini(std::string(usage) + total + "}"), "inconsistent_usage");
  }
}

TEST(GeminiGenerateContent, cached_content_is_at_most_the_input) {
  EXPECT_EQ(gemini(R"({"promptTokenCount":9,"cachedContentTokenCount":9})"), "0 + 9 + 0 in, 0 out");
  EXPECT_EQ(gemini(R"({"promptTokenCount":9,"cachedContentTokenCount":10})"), "inconsistent_usage");
}

TEST(GeminiGenerateContent, thoughts_may_exceed_the_candidates) {
  EXPECT_EQ(gemini(R"({"promptTokenCount":9,"thoughtsTokenCount":5})"),
            "9 + 0 + 0 in, 5 out, 5 reasoning");
  EXPECT_EQ(gemini(R"({"promptTokenCount":9,"candidatesTokenCount":5,"thoughtsTokenCount":0})"),
            "9 + 0 + 0 in, 5 out, 0 reasoning");
}

TEST(GeminiGenerateContent, modalities_are_parts_of_their_count) {
  const std::string usage = R"({"promptTokenCount":10,"cachedContentTokenCount":6,
      "candidatesTokenCount":4,"thoughtsTokenCount":9,"toolUsePromptTokenCount":3,)";
  const std::string fits = "7 + 6 + 0 in, 13 out, 9 reasoning";
  struct Case {
    const char* list;
    int whole;
  };
  for (const Case& each :
       {Case{"promptTokensDetails", 10}, Case{"cacheTokensDetails", 6},
        Case{"candidatesTokensDetails", 4}, Case{"toolUsePromptTokensDetails", 3}}) {
    const auto with = [&](int text_tokens) {
      return gemini(usage + '"' + each.list + R"(":[{"modality":"IMAGE","tokenCount":1},)" +
                    R"({"modality":"AUDIO"},{"modality":"VIDEO","tokenCount":null},)" +
                    R"({"modality":"TEXT","tokenCount":)" + std::to_string(text_tokens) + "}]}");
    };
    EXPECT_EQ(with(each.whole - 1), fits) << each.list;
    EXPECT_EQ(with(each.whole), "inconsistent_usage") << each.list;
  }
}

TEST(GeminiGenerateContent, details_are_lists_of_objects) {
  const auto with = [](const char* list) {
    return R"({"promptTokenCount":10,"promptTokensDetails":)" + std::string(list) + "}";
  };
  EXPECT_EQ(gemini(with("null")), "10 + 0 + 0 in, 0 out");
  EXPECT_EQ(gemini(with("[]")), "10 + 0 + 0 in, 0 out");
  EXPECT_EQ(gemini(with(R"({"TEXT":1})")), "invalid_field");
  EXPECT_EQ(gemini(with("[1]")), "invalid_field");
  EXPECT_EQ(detail("gemini.generate_content", with(R"([{"tokenCount":1},7])")),
            "/data/usage/promptTokensDetails/1: 7 is not an object");
  EXPECT_EQ(detail("gemini.generate_content", with(R"([{"tokenCount":1},{"tokenCount":-1}])")),
            "/data/usage/promptTokensDetails/1/tokenCount: -1 is not a whole number from 0 to "
            "9007199254740991");
}

TEST(GeminiGenerateContent, any_of_its_four_counts_is_usage) {
  EXPECT_EQ(gemini(R"({"toolUsePromptTokenCount":1})"), "1 + 0 + 0 in, 0 out");
  EXPECT_EQ(gemini(R"({"thoughtsTokenCount":1})"), "0 + 0 + 0 in, 1 out, 1 reasoning");
  EXPECT_EQ(gemini(R"({"totalTokenCount":1,"cachedContentTokenCount":0})"), "usage_missing");
}

TEST(GeminiGenerateContent, sums_have_the_limit_of_a_count) {
  EXPECT_EQ(gemini(R"({"promptTokenCount":9007199254740991,"toolUsePromptTokenCount":1})"),
            "invalid_quantity");
  EXPECT_EQ(gemini(R"({"candidatesTokenCount":9007199254740991,"thoughtsTokenCount":1})"),
            "invalid_quantity");
  EXPECT_EQ(gemini(R"({"candidatesTokenCount":9007199254740990,"thoughtsTokenCount":1})"),
            "0 + 0 + 0 in, 9007199254740991 out, 1 reasoning");
}

}  // namespace
}  // namespace steelyard::usage::formats
