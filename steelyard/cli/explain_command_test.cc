#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "steelyard/cli/program_for_tests.h"

// Amounts: the worked examples S of the price list, by hand from pricebooks/aliyun-ai-paas.

namespace steelyard::cli {
namespace {

using nlohmann::json;

/// The contract's own example, which is S13.
const std::string s13 =
    R"({"specversion":"1.0","id":"call-1","source":"gateway/hz-1","type":"ai.model.call",)"
    R"("subject":"acme","time":"2026-11-22T08:00:03Z","data":{"model":"qwen-plus",)"
    R"("protocol":"openai.chat","thinking":false,"started":"2026-11-22T08:00:00Z",)"
    R"("usage":{"prompt_tokens":3019,"completion_tokens":104,"total_tokens":3123,)"
    R"("prompt_tokens_details":{"cached_tokens":2048}}}})"
    "\n";

const std::string s7 =
    tokens_call("s7", "qwen-plus", R"("input":256000,"output":1000)", R"(,"thinking":true)");

json explained(const std::string& event, const std::string& arguments = {}) {
  const Ran ran = run_program("explain --output json " + arguments, event);
  EXPECT_EQ(ran.error, "");
  return json::parse(ran.out);
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Explain, ReceiptOfS13ShowsItsArithmetic) {
  const Ran ran = run_program("explain", s13);
  EXPECT_EQ(ran.status, 0) << ran.error;
  for (const char* part : {
           "call-1 from gateway/hz-1, -:1",
           "  account      acme\n",
           "  started at   2026-11-22T08:00:00Z, decides the prices\n",
           "  prompt_tokens_details.cached_tokens  2,048\n",
           "  input             971  prompt_tokens 3,019 − cached 2,048 − written 0\n",
           "  total input     3,019  input + cached + written: chooses the tier\n",
           "plain: the usage reports no reasoning count, and the flag thinking is false",
           "aliyun-ai-paas, version 1\n",
           "0k-128k: 3,019 input tokens: more than 0, at most 128,000\n",
           "  qwen-plus/input               971  ×  0.0008  ÷  1,000  =   0.0007768  always",
           "  qwen-plus/input_cache_hit   2,048  ×  0.0002  ÷  1,000  =   0.0004096  always",
           "  qwen-plus/output              104  ×  0.002   ÷  1,000  =   0.000208   always",
           "  sum                                                     =   0.0013944\n",
       }) {
    EXPECT_TRUE(has(ran.out, part)) << part << "\nis not in\n" << ran.out;
  }
  EXPECT_FALSE(has(ran.out, "The same call")) << "the lowest tier, and not at its edge";
}

TEST(Explain, NamesTheRowsOfTheBookThatItTookThePricesFrom) {
  std::istringstream csv(text_of_file(STEELYARD_ROOT "/pricebooks/aliyun-ai-paas/models.csv"));
  std::vector<std::string> rows;
  for (std::string row; std::getline(csv, row);) rows.push_back(row);
  const json receipt = explained(s13);
  ASSERT_EQ(receipt["lines"].size(), 3u);
  for (const json& line : receipt["lines"]) {
    const std::string place = line["place"];
    ASSERT_TRUE(place.starts_with("models.csv:")) << place;
    const std::string item = line["item"];
    EXPECT_EQ(rows[std::stoul(place.substr(11)) - 1],
              "qwen-plus,0k-128k," + item.substr(10) + ',' + line["price"].get<std::string>());
  }
}

TEST(Explain, TierEdgesAreShownOnBothSides) {
  const json receipt = explained(s7);
  EXPECT_EQ(receipt["amount"], "0.6384");
  EXPECT_EQ(receipt["tier_reason"], "256,000 input tokens: more than 128,000, at most 256,000");
  ASSERT_EQ(receipt["what_if"].size(), 2u);
  // 128000 x 0.0008 / 1000 + 1000 x 0.008 / 1000
  EXPECT_EQ(receipt["what_if"][0]["amount"], "0.1104");
  EXPECT_EQ(receipt["what_if"][0]["difference"], "-0.528");
  // 256001 x 0.0048 / 1000 + 1000 x 0.064 / 1000
  EXPECT_EQ(receipt["what_if"][1]["amount"], "1.2928048");
  EXPECT_EQ(receipt["what_if"][1]["difference"], "0.6544048");
}

TEST(Explain, PastTheTopTierThereIsNoPrice) {
  const Ran ran = run_program("explain", tokens_call("s9", "qwen-plus", R"("input":1000000)"));
  EXPECT_TRUE(has(ran.out,
                  "one input token more, past the edge of the tier: no price "
                  "(above_top_tier)."))
      << ran.out;
}

TEST(Explain, OnlyPlainInputIsTakenAway) {
  // S17: 40000 in, 39000 of them cached. 32000 would need 8000 plain tokens less.
  const json receipt = explained(
      tokens_call("s17", "qwen3-max", R"("input":1000,"cached_input":39000,"output":10)"));
  EXPECT_EQ(receipt["amount"], "0.057356");
  EXPECT_TRUE(receipt["what_if"].empty());
}

TEST(Explain, SaysWhyACallIsAThinkingOne) {
  const auto mode = [](const std::string& usage, const std::string& more) {
    return explained(tokens_call("x", "qwen-plus", usage, more))["mode"].get<std::string>();
  };
  EXPECT_EQ(mode(R"("output":5,"reasoning":3)", ""),
            "thinking: the usage reports 3 reasoning tokens");
  EXPECT_EQ(mode(R"("output":5,"reasoning":0)", R"(,"thinking":true)"),
            "plain: the usage reports 0 reasoning tokens, which outranks the flag");
  EXPECT_EQ(mode(R"("output":5)", R"(,"thinking":true)"),
            "thinking: the usage reports no reasoning count, and the flag thinking is true");
  EXPECT_EQ(mode(R"("output":5)", ""),
            "plain: the usage reports no reasoning count, and no flag says thinking");
}

TEST(Explain, SaysNotesInWords) {
  // qwen3-32b has no cache price: 600 + 400 at 0.002.
  const json receipt =
      explained(tokens_call("x", "qwen3-32b", R"("input":600,"cached_input":400)"));
  EXPECT_EQ(receipt["amount"], "0.002");
  EXPECT_EQ(receipt["notes"], json::array({"cache_price_absent"}));
  EXPECT_EQ(receipt["notes_in_words"][0],
            "cache_price_absent: qwen3-32b has no price for cached input; the 400 cached tokens "
            "are billed with the input.");
  // S23: the model's only prices.
  const json only =
      explained(tokens_call("x", "qwen3-30b-a3b-thinking-2507", R"("input":1000,"output":1000)"));
  EXPECT_EQ(only["amount"], "0.0083");
  EXPECT_EQ(only["notes_in_words"][0],
            "qwen3-30b-a3b-thinking-2507 has only thinking prices: "
            "they are taken whatever the mode.");
}

TEST(Explain, WrittenTokensAreInputInAnthropicsForm) {
  // The published example: the prompt is 105 + 7123 + 7345.
  const json receipt = explained(call(
      "a", R"("model":"qwen-plus","protocol":"anthropic.messages","usage":{"input_tokens":105,)"
           R"("output_tokens":6039,"cache_read_input_tokens":7123,)"
           R"("cache_creation_input_tokens":7345})"));
  EXPECT_EQ(receipt["tokens"][3]["tokens"], 14573);
  EXPECT_EQ(receipt["tokens"][0]["from"], "input_tokens, beside what is cached or written");
  EXPECT_EQ(receipt["lines"][0]["quantity"], "7450");
}

TEST(Explain, CustomersOwnPricesAndAliasesStandBesideTheList) {
  const TestFolder folder;
  const std::string book = STEELYARD_ROOT "/pricebooks/aliyun-ai-paas/";
  std::string yaml = text_of_file(book + "book.yaml");
  yaml.replace(yaml.find("aliases: []"), 11, "aliases: [{alias: plus, model: qwen-plus}]");
  yaml.replace(yaml.find("overrides: []"), 13, "overrides: [{account: acme, multiplier: 0.85}]");
  folder.write("book.yaml", yaml);
  folder.write("models.csv", text_of_file(book + "models.csv"));
  const Ran ran = run_program("explain --pricebook " + folder.path(),
                              tokens_call("x", "plus", R"("input":1000)"));
  EXPECT_TRUE(has(ran.out, "plus, another name of qwen-plus")) << ran.out << ran.error;
  EXPECT_TRUE(has(ran.out, "1,000  ×  0.00068  ÷  1,000  =     0.00068")) << ran.out;
  EXPECT_TRUE(has(ran.out,
                  "acme has a price of its own for qwen-plus/input: 0.00068 instead of "
                  "the list price 0.0008."))
      << ran.out;
  EXPECT_TRUE(has(ran.out, "The same call at list prices: 0.0008 CNY, 0.00012 more."));
}

TEST(Explain, SaysWhichEventIsTheDuplicate) {
  const TestFolder folder;
  const std::string changed = tokens_call("s7", "qwen-plus", R"("input":256000,"output":1001)");
  const std::string file = folder.write("day.ndjson", s13 + s7 + '\n' + s7 + changed);
  const Ran ran = run_program("explain --id s7 " + file);
  EXPECT_EQ(ran.status, 1);
  EXPECT_TRUE(has(ran.out, "s7 from gateway, " + file + ":2\n")) << ran.out;
  EXPECT_TRUE(has(ran.out, "s7 from gateway, " + file + ":4\n")) << ran.out;
  EXPECT_TRUE(has(ran.out, "with the same content stand at " + file + ":2: charged once, there."));
  EXPECT_TRUE(
      has(ran.out, "with other content stand at " + file + ":2: this line is not charged."));
}

TEST(Explain, RefusalsComeWithTheirPlaceAndWhatToDo) {
  const Ran rejected = run_program(
      "explain",
      call("bad", R"("model":"qwen-plus","protocol":"openai.chat","usage":{)"
                  R"("prompt_tokens":10,"prompt_tokens_details":{"cached_tokens":11}})"));
  EXPECT_EQ(rejected.status, 1);
  EXPECT_TRUE(has(rejected.out, "  reason       inconsistent_usage: /data/usage")) << rejected.out;
  EXPECT_TRUE(has(rejected.out, "11 > 10"));
  EXPECT_TRUE(has(rejected.out, "  to do        Check that the protocol is the one"));

  const Ran unrated = run_program("explain", tokens_call("u", "qwen-pluss", R"("input":1)"));
  EXPECT_EQ(unrated.status, 1);
  EXPECT_TRUE(has(unrated.out, "  reason       unknown_model: model 'qwen-pluss'")) << unrated.out;
  EXPECT_TRUE(has(unrated.out, "  to do        Add its prices to models.csv or an alias"));
  EXPECT_FALSE(has(unrated.out, "CNY"));

  const Ran no_json = run_program("explain --line 2 -", s13 + "no json\n");
  EXPECT_EQ(no_json.status, 1);
  EXPECT_TRUE(has(no_json.out, "An event, -:2\n")) << no_json.out;
  EXPECT_TRUE(has(no_json.out, "malformed_json"));
}

TEST(Explain, FailedCallWithoutUsageCostsNothing) {
  const Ran ran = run_program(
      "explain", call("f", R"("model":"qwen-plus","protocol":"openai.chat","status":500)"));
  EXPECT_EQ(ran.status, 0);
  EXPECT_TRUE(has(ran.out, "  amount       0 CNY\n")) << ran.out;
  EXPECT_TRUE(has(ran.out, "The call failed and reports no usage: it costs nothing."));
}

TEST(Explain, OneClearSentenceIfThereIsNothingToExplain) {
  const Ran none = run_program("explain --id nope --source s -", s13);
  EXPECT_EQ(none.status, 2);
  EXPECT_EQ(none.error, "steelyard: there is no event with id 'nope' from source 's'\n");
  const Ran many = run_program("explain", s13 + s7);
  EXPECT_EQ(many.status, 2);
  EXPECT_EQ(many.out, "");
  EXPECT_EQ(many.error,
            "steelyard: there is more than one event: choose with --id, --source or --line\n");
  const Ran no_file = run_program("explain /no/such/file");
  EXPECT_EQ(no_file.status, 2);
  EXPECT_TRUE(has(no_file.error, "/no/such/file"));
}

TEST(Explain, AgreesWithRate) {
  const json rated = json::parse(run_program("rate --output ndjson -", s13).out);
  const json receipt = explained(s13);
  EXPECT_EQ(receipt["amount"], rated["amount"]);
  for (std::size_t i = 0; i < rated["lines"].size(); ++i) {
    for (const auto& [key, value] : rated["lines"][i].items()) {
      EXPECT_EQ(receipt["lines"][i][key], value) << key;
    }
  }
}

}  // namespace
}  // namespace steelyard::cli
