#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "steelyard/pricebook/imports/importer.h"
#include "steelyard/pricebook/reader.h"

namespace steelyard::pricebook::imports {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(std::string(STEELYARD_ROOT) + '/' + path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// "model tier item price" of each row, for comparing by eye.
std::vector<std::string> rows_of(const PriceBook& book) {
  std::vector<std::string> rows;
  for (const ModelPrice& price : book.prices) {
    rows.push_back(price.model + ' ' + price.tier.label + ' ' + std::string(name_of(price.item)) +
                   ' ' + price.price.to_text());
  }
  return rows;
}

std::string words_of(const Findings& findings) {
  std::string words;
  for (const Finding& finding : findings.list()) {
    words += finding.place.to_text() + ' ' + finding.word + '\n';
  }
  return words;
}

// Source: the published list, whose copy stands in tests/data.
TEST(TableImport, the_published_list_is_the_shipped_models_csv) {
  const auto imported = read_table(text_of("tests/data/seed-price-list.txt"), "seed");
  ASSERT_TRUE(imported.has_value()) << imported.error().detail;
  EXPECT_EQ(to_models_csv(imported->book), text_of("pricebooks/aliyun-ai-paas/models.csv"));
  EXPECT_FALSE(imported->findings.has_errors());
  EXPECT_EQ(imported->book.currency.code(), "CNY");
  ASSERT_EQ(imported->findings.list().size(), 1u);
  EXPECT_NE(imported->findings.list()[0].message.find("20 products"), std::string::npos);
}

TEST(TableImport, prices_for_a_million_tokens_are_divided_exactly) {
  const auto imported = read_table(
      "Model | Tier | Type | Price (USD/1M tokens) |\n"
      "m | 0k-32k | input | 0.25 |\noutput | 2 | ||\n32k+ | input | 0.5 | |\noutput | 4 | ||\n",
      "list");
  ASSERT_TRUE(imported.has_value());
  EXPECT_EQ(rows_of(imported->book),
            (std::vector<std::string>{"m 0k-32k input 0.00025", "m 0k-32k output 0.002",
                                      "m 32k+ input 0.0005", "m 32k+ output 0.004"}));
}

TEST(TableImport, what_is_wrong_has_its_line) {
  const auto imported = read_table(
      "prose\nModel | Pricing tier | Type | Price (CNY/1k tokens) |\n"
      "m | - | input | free |\noutput (loud) | 1 | ||\nm | 9k-1k | input | 1 |\n",
      "list");
  ASSERT_TRUE(imported.has_value());
  EXPECT_EQ(words_of(imported->findings),
            "list:3 malformed_price\nlist:4 malformed_row\nlist:5 malformed_tier\n");
  const auto no_table = read_table("nothing here\n", "list");
  ASSERT_FALSE(no_table.has_value());
  EXPECT_EQ(no_table.error().code, ErrorCode::file_is_malformed);
}

// Shapes: BerriAI/litellm, model_prices_and_context_window.json. Per token × 1,000.
TEST(LiteLlmImport, prices_are_read_from_their_text) {
  const auto imported = read_litellm(R"({
  "sample_spec": {"input_cost_per_token": 0.0},
  "deepseek/deepseek-chat": {"input_cost_per_token": 2.7e-07, "input_cost_per_token_cache_hit": 7e-08,
    "output_cost_per_token": 1.1e-06, "mode": "chat", "max_tokens": 8192},
  "free": {"input_cost_per_token": 0, "output_cost_per_token": 0.0}
})",
                                     "litellm.json");
  ASSERT_TRUE(imported.has_value()) << imported.error().detail;
  EXPECT_EQ(rows_of(imported->book),
            (std::vector<std::string>{"deepseek/deepseek-chat - input 0.00027",
                                      "deepseek/deepseek-chat - input_cache_hit 0.00007",
                                      "deepseek/deepseek-chat - output 0.0011", "free - input 0",
                                      "free - output 0"}));
  EXPECT_EQ(words_of(imported->findings), "");
}

TEST(LiteLlmImport, a_whole_request_is_repriced_above_a_bound) {
  const auto imported = read_litellm(R"({"gemini-2.5-pro": {
    "input_cost_per_token": 1.25e-06, "input_cost_per_token_above_200k_tokens": 2.5e-06,
    "output_cost_per_token": 1e-05, "output_cost_per_token_above_200k_tokens": 1.5e-05,
    "cache_read_input_token_cost": 3.1e-07}})",
                                     "l");
  ASSERT_TRUE(imported.has_value());
  EXPECT_EQ(
      rows_of(imported->book),
      (std::vector<std::string>{
          "gemini-2.5-pro 0k-200k input 0.00125", "gemini-2.5-pro 0k-200k input_cache_hit 0.00031",
          "gemini-2.5-pro 0k-200k output 0.01", "gemini-2.5-pro 200k+ input 0.0025",
          "gemini-2.5-pro 200k+ input_cache_hit 0.00031", "gemini-2.5-pro 200k+ output 0.015"}));
}

TEST(LiteLlmImport, tiered_pricing_keeps_its_ends) {
  const auto imported = read_litellm(R"({"dashscope/qwen-flash": {"tiered_pricing": [
    {"range": [0, 256000.0], "input_cost_per_token": 5e-08, "output_cost_per_token": 4e-07},
    {"range": [256000.0, 1e6], "input_cost_per_token": 2.5e-07, "output_cost_per_token": 2e-06,
     "output_cost_per_reasoning_token": 2e-06}]}})",
                                     "l");
  ASSERT_TRUE(imported.has_value());
  EXPECT_EQ(rows_of(imported->book),
            (std::vector<std::string>{"dashscope/qwen-flash 0k-256k input 0.00005",
                                      "dashscope/qwen-flash 0k-256k output 0.0004",
                                      "dashscope/qwen-flash 256k-1m input 0.00025",
                                      "dashscope/qwen-flash 256k-1m output 0.002"}));
  EXPECT_EQ(words_of(imported->findings), "l:4 not_taken_over\n");
}

TEST(LiteLlmImport, what_can_not_be_taken_over_is_said) {
  const auto imported = read_litellm(R"({
"image": {"output_cost_per_image": 0.04},
"batch": {"input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06, "input_cost_per_token_batches": 5e-07},
"negative": {"input_cost_per_token": -1e-06},
"tiny": {"input_cost_per_token": 1e-30},
"text": {"input_cost_per_token": "1e-06"},
"gap": {"tiered_pricing": [{"range": [0, 10], "input_cost_per_token": 1}, {"range": [20, 30], "input_cost_per_token": 1}]},
"half": {"tiered_pricing": [{"range": [0, 10.5], "input_cost_per_token": 1}]},
"none": 5
})",
                                     "l");
  ASSERT_TRUE(imported.has_value());
  EXPECT_EQ(rows_of(imported->book),
            (std::vector<std::string>{"batch - input 0.001", "batch - output 0.001"}));
  EXPECT_EQ(
      words_of(imported->findings),
      "l:2 not_taken_over\nl:2 unpriced\nl:3 not_taken_over\nl:4 malformed_price\nl:4 unpriced\n"
      "l:5 malformed_price\nl:5 unpriced\nl:6 malformed_price\nl:6 unpriced\n"
      "l:7 malformed_tier\nl:8 malformed_tier\nl:9 malformed_entry\n");
}

// Shapes: pydantic/genai-prices, prices/new_data/v2/data.json. Per million ÷ 1,000.
TEST(GenaiPricesImport, tiers_dates_and_names) {
  const auto imported = read_genai_prices(R"([{"id": "google", "models": [
  {"id": "gemini-pro", "match": {"or": [{"equals": "gemini-pro"}, {"equals": "gemini-pro-latest"}]},
   "prices": {"input_mtok": {"base": 1.25, "tiers": [{"start": 200000, "price": 2.5}]},
              "output_mtok": 10, "cache_read_mtok": 0.31, "input_audio_mtok": 1}},
  {"id": "dated", "match": {"starts_with": "dated"}, "prices": [
    {"prices": {"input_mtok": 2, "output_mtok": 8}},
    {"constraint": {"start_date": "2026-06-10"}, "prices": {"input_mtok": 1, "output_mtok": 4}}]},
  {"id": "night", "match": {"equals": "night"}, "prices": [
    {"prices": {"input_mtok": 2}},
    {"constraint": {"start_time": "16:30:00Z", "end_time": "00:30:00Z"}, "prices": {"input_mtok": 1}}]}
]}])",
                                          "g");
  ASSERT_TRUE(imported.has_value()) << imported.error().detail;
  EXPECT_EQ(
      rows_of(imported->book),
      (std::vector<std::string>{
          "google/gemini-pro 0k-200k input 0.00125",
          "google/gemini-pro 0k-200k input_cache_hit 0.00031",
          "google/gemini-pro 0k-200k output 0.01", "google/gemini-pro 200k+ input 0.0025",
          "google/gemini-pro 200k+ input_cache_hit 0.00031", "google/gemini-pro 200k+ output 0.01",
          "google/dated - input 0.002", "google/dated - output 0.008", "google/dated - input 0.001",
          "google/dated - output 0.004"}));
  const Validity& later = imported->book.prices.back().validity;
  EXPECT_EQ(base::to_rfc3339(*later.from), "2026-06-10T00:00:00Z");
  ASSERT_EQ(imported->book.aliases.size(), 1u);
  EXPECT_EQ(imported->book.aliases[0].name, "google/gemini-pro-latest");
  EXPECT_EQ(words_of(imported->findings),
            "g:4 not_taken_over\ng:5 not_taken_over\ng:10 not_taken_over\ng:8 unpriced\n");
}

/// Whatever is imported can be read again as a book.
TEST(Imports, an_imported_book_lints) {
  const auto imported = read_litellm(
      R"({"m": {"input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06}})", "l");
  Sources sources;
  sources.book_yaml = to_book_yaml(*imported, "imported");
  sources.models_csv = to_models_csv(imported->book);
  const Reading reading = read_and_lint(sources);
  EXPECT_EQ(words_of(reading.findings), "");
  EXPECT_EQ(reading.book.currency.code(), "USD");
}

TEST(Imports, no_json_is_said_with_its_line) {
  for (const auto& read : {read_litellm, read_genai_prices}) {
    const auto broken = read("{\n\"a\": 1,\n\"a\": 2}", "file.json");
    ASSERT_FALSE(broken.has_value());
    EXPECT_NE(broken.error().detail.find("file.json:3"), std::string::npos)
        << broken.error().detail;
  }
  EXPECT_FALSE(read_litellm("[]", "l").has_value());
  EXPECT_FALSE(read_genai_prices("{}", "g").has_value());
}

TEST(Imports, the_format_is_guessed_from_the_text) {
  EXPECT_EQ(guess("{\"m\":{}}")->name, "litellm");
  EXPECT_EQ(guess("\n[{}]")->name, "genai-prices");
  EXPECT_EQ(guess("Model | Tier")->name, "table");
  EXPECT_EQ(guess("hello"), nullptr);
}

}  // namespace
}  // namespace steelyard::pricebook::imports
