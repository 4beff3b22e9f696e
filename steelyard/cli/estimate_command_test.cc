#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "steelyard/cli/program_for_tests.h"

// Amounts: by hand from pricebooks/aliyun-ai-paas.

namespace steelyard::cli {
namespace {

using nlohmann::json;

json estimated(const std::string& arguments, int status = 0) {
  const Ran ran = run_program("estimate --format json " + arguments);
  EXPECT_EQ(ran.status, status) << ran.error;
  return json::parse(ran.out);
}

TEST(Estimate, OneModelShowsItsLinesAndTheTotal) {
  // S13, a million times.
  const Ran ran = run_program(
      "estimate --model qwen-plus --input 3019 --cached 2048 --output 104 --calls 1m "
      "--at 2026-11-22");
  EXPECT_EQ(ran.status, 0) << ran.error;
  for (const char* part : {
           "One plain call with 3,019 input tokens, 2,048 of them cached, and 104 output tokens",
           "2026-11-21T16:00:00Z\n",  // Midnight in Shanghai, the book's zone.
           "qwen-plus/input_cache_hit  0k-128k   2,048  ×  0.0002  ÷  1,000  =      0.0004096\n",
           "one call                                                         =      0.0013944\n",
           "1,000,000 calls                                                  =  1,394.4      \n",
       }) {
    std::string expected = part;
    expected.erase(expected.find_last_not_of(" \n") + 1);
    EXPECT_NE(ran.out.find(expected), std::string::npos) << expected << "\nis not in\n" << ran.out;
  }
}

TEST(Estimate, ModelsAreSortedByCost) {
  const json answer = estimated("--model qwen-plus --model qwen-turbo,qwen3-32b --input 3k");
  const json& models = answer["estimates"];
  ASSERT_EQ(models.size(), 3u);
  EXPECT_EQ(models[0]["model"], "qwen-turbo");
  EXPECT_EQ(models[0]["amount"], "0.0009");  // 3000 x 0.0003 / 1000
  EXPECT_EQ(models[0]["percent_above"], "0");
  EXPECT_EQ(models[1]["model"], "qwen-plus");
  EXPECT_EQ(models[1]["amount"], "0.0024");        // 3000 x 0.0008 / 1000
  EXPECT_EQ(models[1]["percent_above"], "166.7");  // 15 / 9 = 1.6667
  EXPECT_EQ(models[2]["amount"], "0.006");         // 3000 x 0.002 / 1000
  EXPECT_EQ(models[2]["percent_above"], "566.7");  // 51 / 9 = 5.6667
}

TEST(Estimate, AllInputChoosesTheTierAndThinkingThePrices) {
  const json s7 = estimated("--model qwen-plus --input 256k --output 1k --thinking");
  EXPECT_EQ(s7["estimates"][0]["amount"], "0.6384");
  EXPECT_EQ(s7["estimates"][0]["tier"], "128k-256k");
  // S17: 39k of 40k cached are still in the second tier.
  const json s17 = estimated("--model qwen3-max --input 40000 --cached 39K --output 10");
  EXPECT_EQ(s17["estimates"][0]["amount"], "0.057356");
}

TEST(Estimate, AllModelsOfTheList) {
  EXPECT_EQ(estimated("--model all --input 1k")["estimates"].size(), 28u);
  const json too_long = estimated("--model all --input 1000001", 1);
  const json& last = too_long["estimates"].back();
  EXPECT_EQ(last["status"], "unrated");
  EXPECT_EQ(last["reason"], "above_top_tier");
}

TEST(Estimate, ModelWithoutPriceSaysWhy) {
  const Ran ran = run_program("estimate --model nope --input 1");
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.out.find("nope: no price (unknown_model): model 'nope' is not in price book"),
            std::string::npos)
      << ran.out;
}

TEST(Estimate, RefusesWhatIsNoCount) {
  for (const auto& [arguments, message] : {
           std::pair{"--model qwen-plus --input 1.5k", "--input: '1.5k' is no count"},
           std::pair{"--model qwen-plus --input -1", "--input"},
           std::pair{"--model qwen-plus --input 9007199254740992", "is more than 9007199254740991"},
           std::pair{"--model qwen-plus --input 9007199254741m", "is more than 9007199254740991"},
           std::pair{"--model qwen-plus --input 1 --cached 2", "--cached 2 is more than --input 1"},
           std::pair{"--model qwen-plus --input 1 --at tomorrow", "tomorrow"},
           std::pair{"--input 1", "--model is required"},
       }) {
    const Ran ran = run_program(std::string("estimate ") + arguments);
    EXPECT_EQ(ran.status, 2) << arguments;
    EXPECT_EQ(ran.out, "") << arguments;
    EXPECT_NE(ran.error.find(message), std::string::npos) << ran.error;
    EXPECT_EQ(std::ranges::count(ran.error, '\n'), 1) << ran.error;
  }
}

}  // namespace
}  // namespace steelyard::cli
