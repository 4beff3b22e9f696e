#include <gtest/gtest.h>

#include "steelyard/usage/formats/format_test.h"

namespace steelyard::usage::formats {
namespace {

std::string embeddings(std::string_view usage) { return read("openai.embeddings", usage); }

// Source: openai/openai-openapi, the example of CreateEmbeddingResponse.
TEST(OpenaiEmbeddings, published_example) {
  EXPECT_EQ(embeddings(R"({"prompt_tokens":8,"total_tokens":8})"), "8 + 0 + 0 in, 0 out");
}

TEST(OpenaiEmbeddings, stated_total_is_the_input) {
  EXPECT_EQ(embeddings(R"({"prompt_tokens":8,"total_tokens":9})"), "inconsistent_usage");
  EXPECT_EQ(embeddings(R"({"prompt_tokens":8,"total_tokens":0})"), "inconsistent_usage");
}

TEST(OpenaiEmbeddings, a_total_alone_is_no_usage) {
  EXPECT_EQ(embeddings(R"({"total_tokens":8})"), "usage_missing");
  EXPECT_EQ(embeddings(R"({"completion_tokens":8})"), "usage_missing");
}

}  // namespace
}  // namespace steelyard::usage::formats
