#include <gtest/gtest.h>

#include "steelyard/usage/formats/format_test.h"

namespace steelyard::usage::formats {
namespace {

std::string tokens(std::string_view usage) { return read("tokens", usage); }

// Source: the contract's own example.
TEST(Tokens, published_example) {
  EXPECT_EQ(tokens(R"({"input":971,"cached_input":2048,"output":104,"reasoning":0})"),
            "971 + 2048 + 0 in, 104 out, 0 reasoning");
}

TEST(Tokens, classes_do_not_overlap) {
  EXPECT_EQ(tokens(R"({"input":0,"cached_input":9,"output":0})"), "0 + 9 + 0 in, 0 out");
}

TEST(Tokens, reasoning_is_at_most_the_output) {
  EXPECT_EQ(tokens(R"({"output":5,"reasoning":5})"), "0 + 0 + 0 in, 5 out, 5 reasoning");
  EXPECT_EQ(tokens(R"({"output":5,"reasoning":6})"), "inconsistent_usage");
  EXPECT_EQ(tokens(R"({"input":5,"reasoning":1})"), "inconsistent_usage");
}

TEST(Tokens, cached_input_alone_is_no_usage) {
  EXPECT_EQ(tokens(R"({"cached_input":9,"reasoning":0})"), "usage_missing");
}

TEST(Tokens, the_prompt_has_a_limit_too) {
  EXPECT_EQ(tokens(R"({"input":9007199254740990,"cached_input":1})"),
            "9007199254740990 + 1 + 0 in, 0 out");
  EXPECT_EQ(tokens(R"({"input":9007199254740991,"cached_input":1})"), "invalid_quantity");
}

}  // namespace
}  // namespace steelyard::usage::formats
