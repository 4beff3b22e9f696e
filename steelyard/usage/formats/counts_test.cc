// What holds for a count in every format: how it may be written, when it is absent, and what
// is said first when several things are wrong.
#include <gtest/gtest.h>

#include <array>

#include "steelyard/usage/formats/format_test.h"

namespace steelyard::usage::formats {
namespace {

/// The names of the input and the output of each protocol (token billing, section 3).
struct Names {
  const char* protocol;
  const char* input;
  const char* output;  ///< Empty: it reports none.
};

constexpr std::array protocols = {
    Names{"openai.chat", "prompt_tokens", "completion_tokens"},
    Names{"openai.responses", "input_tokens", "output_tokens"},
    Names{"openai.embeddings", "prompt_tokens", ""},
    Names{"anthropic.messages", "input_tokens", "output_tokens"},
    Names{"gemini.generate_content", "promptTokenCount", "candidatesTokenCount"},
    Names{"dashscope.generation", "input_tokens", "output_tokens"},
    Names{"dashscope.compatible", "prompt_tokens", "completion_tokens"},
    Names{"bedrock.converse", "inputTokens", "outputTokens"},
    Names{"deepseek.chat", "prompt_tokens", "completion_tokens"},
    Names{"otel.gen_ai", "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"},
    Names{"tokens", "input", "output"},
};

std::string one(const char* name, const std::string& value) {
  return std::string("{\"") + name + "\":" + value + "}";
}

TEST(Counts, every_protocol_of_the_contract_has_a_format) {
  ASSERT_EQ(all().size(), protocols.size());
  for (std::size_t i = 0; i < protocols.size(); ++i) {
    EXPECT_EQ(all()[i].protocol, protocols[i].protocol);
    EXPECT_FALSE(all()[i].source.empty());
    EXPECT_EQ(find(protocols[i].protocol), &all()[i]);
  }
  EXPECT_EQ(find("openai"), nullptr);
  EXPECT_EQ(find("OpenAI.chat"), nullptr);
  EXPECT_EQ(find(""), nullptr);
}

TEST(Counts, whole_numbers_may_be_written_in_any_notation) {
  struct Case {
    const char* text;
    const char* value;
  };
  constexpr std::array cases = {
      Case{"0", "0"},
      Case{"-0", "0"},
      Case{"-0.0e5", "0"},
      Case{"0e99999999999999999999", "0"},
      Case{"5", "5"},
      Case{"1e3", "1000"},
      Case{"1E+3", "1000"},
      Case{"1000.0", "1000"},
      Case{"10e-1", "1"},
      Case{"1.5e1", "15"},
      Case{"9007199254740991", "9007199254740991"},
      Case{"9007199254740991.000", "9007199254740991"},
      Case{"900719925474099100e-2", "9007199254740991"},
      Case{"0.009007199254740991e18", "9007199254740991"},
  };
  for (const Names& names : protocols) {
    for (const Case& each : cases) {
      EXPECT_EQ(read(names.protocol, one(names.input, each.text)),
                std::string(each.value) + " + 0 + 0 in, 0 out")
          << names.protocol << ' ' << each.text;
    }
  }
}

TEST(Counts, anything_else_is_an_invalid_quantity) {
  constexpr std::array cases = {
      "-1",
      "0.5",
      "-0.5",
      "1e-1",
      "1000.5",
      "1e30",
      "1e40",
      "-1e3",
      "\"5\"",
      "\"\"",
      "true",
      "false",
      "[]",
      "{}",
      "[5]",
      "9007199254740992",                           // 2^53
      "9007199254740991.5",                         //
      "9223372036854775807",                        // 2^63 - 1
      "9223372036854775808",                        // 2^63
      "18446744073709551615",                       // 2^64 - 1
      "18446744073709551616",                       // 2^64
      "18446744073709551617",                       // 2^64 + 1
      "10000000000000000000000000000000000000000",  // 10^40
      "1e18446744073709551617",                     // 10^(2^64 + 1): not 10
      "1e-18446744073709551616",                    // 10^-(2^64): not 1
      "1e99999999999999999999",
  };
  for (const Names& names : protocols) {
    for (const char* const text : cases) {
      const std::string usage = one(names.input, text);
      EXPECT_EQ(read(names.protocol, usage), "invalid_quantity") << names.protocol << ' ' << text;
      if (*names.output != '\0') {
        EXPECT_EQ(read(names.protocol, one(names.output, text)), "invalid_quantity")
            << names.protocol << ' ' << text;
      }
    }
  }
}

TEST(Counts, a_bad_count_is_named_with_its_place_and_value) {
  EXPECT_EQ(detail("openai.chat", R"({"prompt_tokens":-5})"),
            "/data/usage/prompt_tokens: -5 is not a whole number from 0 to 9007199254740991");
  EXPECT_EQ(detail("openai.chat", R"({"prompt_tokens_details":{"cached_tokens":"5"}})"),
            "/data/usage/prompt_tokens_details/cached_tokens: \"5\" is not a whole number from 0 "
            "to 9007199254740991");
  EXPECT_EQ(detail("openai.chat", R"({"prompt_tokens_details":{"audio_tokens":0.5}})"),
            "/data/usage/prompt_tokens_details/audio_tokens: 0.5 is not a whole number from 0 to "
            "9007199254740991");
}

TEST(Counts, null_is_absent_and_0_is_0) {
  for (const Names& names : protocols) {
    EXPECT_EQ(read(names.protocol, "{}"), "usage_missing") << names.protocol;
    EXPECT_EQ(read(names.protocol, one(names.input, "null")), "usage_missing") << names.protocol;
    EXPECT_EQ(read(names.protocol, one(names.input, "0")), "0 + 0 + 0 in, 0 out");
    if (*names.output == '\0') continue;
    EXPECT_EQ(read(names.protocol,
                   std::string("{\"") + names.input + "\":null,\"" + names.output + "\":7}"),
              "0 + 0 + 0 in, 7 out");
  }
}

TEST(Counts, unknown_members_mean_nothing) {
  for (const Names& names : protocols) {
    EXPECT_EQ(read(names.protocol,
                   std::string("{\"new\":[{\"x\":-1}],\"") + names.input + "\":3,\"later\":\"?\"}"),
              "3 + 0 + 0 in, 0 out");
  }
}

TEST(Counts, a_name_may_be_written_with_escapes) {
  EXPECT_EQ(read("tokens", R"({"inpu\u0074":3})"), "3 + 0 + 0 in, 0 out");
}

TEST(Counts, a_bad_number_is_said_before_missing_usage_and_that_before_inconsistency) {
  // The total does not fit, and the cached tokens are no number.
  EXPECT_EQ(read("openai.chat", R"({"prompt_tokens":1,"total_tokens":9,
                                    "prompt_tokens_details":{"cached_tokens":"x"}})"),
            "invalid_quantity");
  EXPECT_EQ(read("openai.chat", R"({"prompt_tokens_details":{"cached_tokens":0.5}})"),
            "invalid_quantity");
  EXPECT_EQ(read("openai.chat", R"({"prompt_tokens_details":7,"total_tokens":9})"),
            "invalid_field");
  // More cached than prompt, but there is no prompt and no output at all.
  EXPECT_EQ(read("openai.chat", R"({"prompt_tokens_details":{"cached_tokens":5}})"),
            "usage_missing");
  EXPECT_EQ(read("deepseek.chat", R"({"prompt_cache_miss_tokens":5})"), "usage_missing");
}

TEST(Counts, a_count_longer_than_a_line_is_shown_cut) {
  const std::string digits(10'000, '9');
  EXPECT_EQ(detail("tokens", one("input", digits)),
            "/data/usage/input: " + digits.substr(0, 60) +
                "… is not a whole number from 0 to 9007199254740991");
}

}  // namespace
}  // namespace steelyard::usage::formats
