#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "steelyard/cli/program_for_tests.h"

// Prices and amounts: by hand from pricebooks/aliyun-ai-paas and tests/data/seed-price-list.txt.

namespace steelyard::cli {
namespace {

using nlohmann::json;

constexpr const char* shipped = STEELYARD_ROOT "/pricebooks/aliyun-ai-paas";

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The shipped book with one text of models.csv replaced by another.
void write_changed(const TestFolder& folder, const std::string& from, const std::string& to) {
  std::string csv = text_of_file(std::string(shipped) + "/models.csv");
  const std::size_t at = csv.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  csv.replace(at, from.size(), to);
  folder.write("models.csv", csv);
  folder.write("book.yaml", text_of_file(std::string(shipped) + "/book.yaml"));
}

TEST(PricebookLint, ShippedBookIsFreeOfErrors) {
  const Ran ran = run_program("pricebook lint pricebooks/aliyun-ai-paas");
  EXPECT_EQ(ran.status, 0) << ran.out;
  EXPECT_TRUE(has(ran.out, "pricebooks/aliyun-ai-paas: 170 prices, 0 errors, ")) << ran.out;
}

TEST(PricebookLint, NamesFileAndLineOfAnError) {
  const TestFolder folder;
  write_changed(folder, "qwen-flash,0k-128k,input,0.0002", "qwen-flash,0k-128k,input,-1");
  const Ran ran = run_program("pricebook lint " + folder.path());
  EXPECT_EQ(ran.status, 1);
  EXPECT_TRUE(has(ran.out, "models.csv:2: error: ")) << ran.out;

  const Ran as_json = run_program("pricebook lint --output json " + folder.path());
  EXPECT_EQ(as_json.status, 1);
  const json book = json::parse(as_json.out);
  EXPECT_GE(book["errors"], 1);
  EXPECT_EQ(book["findings"][0]["file"], "models.csv");
  EXPECT_EQ(book["findings"][0]["line"], 2);
}

TEST(PricebookLint, FolderThatIsNoBookCanNotBeRead) {
  const Ran ran = run_program("pricebook lint /no/such/folder");
  EXPECT_EQ(ran.status, 2);
  EXPECT_TRUE(has(ran.error, "/no/such/folder")) << ran.error;
}

TEST(PricebookLint, VersionsMustGoTogether) {
  const TestFolder folder;
  for (const char* version : {"v1", "v2"}) {
    folder.write(std::string(version) + "/book.yaml",
                 text_of_file(std::string(shipped) + "/book.yaml"));
    folder.write(std::string(version) + "/models.csv",
                 text_of_file(std::string(shipped) + "/models.csv"));
  }
  const Ran ran = run_program("pricebook lint " + folder.path());
  EXPECT_EQ(ran.status, 1) << ran.out;
  EXPECT_TRUE(has(ran.error, "effective_from")) << ran.error;
}

TEST(PricebookShow, LooksLikeThePriceList) {
  const Ran ran = run_program("pricebook show --model qwen-plus,qwen-max");
  EXPECT_EQ(ran.status, 0) << ran.error;
  EXPECT_TRUE(has(ran.out, "Price book aliyun-ai-paas, version 1: AI PaaS billing rules\n"));
  EXPECT_TRUE(has(ran.out, "Currency   CNY, prices for 1,000 tokens\n"));
  EXPECT_TRUE(has(ran.out,
                  "qwen-plus  0k-128k    0.0008    0.0008     0.0002        0.0002  0.002      "
                  "0.008\n"))
      << ran.out;
  EXPECT_TRUE(has(ran.out,
                  "           128k-256k  0.0024    0.0024     0.0005        0.0005  0.02       "
                  "0.024\n"))
      << ran.out;
  EXPECT_TRUE(has(ran.out, "20 cloud products"));
  EXPECT_FALSE(has(ran.out, "qwen-flash"));
}

TEST(PricebookShow, OneModelIsFollowedByTheFolder) {
  const Ran ran =
      run_program("pricebook show --model qwen-max --output csv pricebooks/aliyun-ai-paas");
  EXPECT_EQ(ran.status, 0) << ran.error;
  EXPECT_TRUE(has(ran.out, "qwen-max,-,input,0.0024\n")) << ran.out;
}

TEST(PricebookShow, CsvIsTheBooksOwnTable) {
  const Ran ran = run_program("pricebook show --output csv");
  EXPECT_EQ(ran.out, text_of_file(std::string(shipped) + "/models.csv"));
}

TEST(PricebookShow, PricesAreThoseOfTheDate) {
  const TestFolder folder;
  write_changed(folder, "model,tier,type,price_per_1k_tokens\n",
                "model,tier,type,price_per_1k_tokens,effective_from,effective_to\n");
  folder.write("models.csv",
               "model,tier,type,price_per_1k_tokens,effective_from,effective_to\n"
               "m,-,input,1,,2026-07-01\n"
               "m,-,input,2,2026-07-01,\n");
  const auto price = [&](const char* at) {
    const Ran ran =
        run_program(std::string("pricebook show --output json --at ") + at + ' ' + folder.path());
    return json::parse(ran.out)["prices"][0]["price"];
  };
  EXPECT_EQ(price("2026-06-30"), "1");
  EXPECT_EQ(price("2026-07-01"), "2");
  EXPECT_TRUE(has(run_program("pricebook show --at 2026-06-30 " + folder.path()).out,
                  "1 price is in force at other times: see --at\n"));
}

TEST(PricebookShow, UnknownModelIsNearToAKnownOne) {
  const Ran ran = run_program("pricebook show --model qwen-pls");
  EXPECT_EQ(ran.status, 2);
  EXPECT_EQ(ran.error,
            "steelyard: price book aliyun-ai-paas has no model 'qwen-pls'; did you "
            "mean 'qwen-plus'?\n");
}

TEST(PricebookDiff, SaysWhatTheBillWouldChangeBy) {
  const TestFolder folder;
  write_changed(folder, "qwen-plus,0k-128k,output,0.002", "qwen-plus,0k-128k,output,0.0025");
  const std::string usage = folder.write(
      "usage.ndjson",
      // S13: 104 output tokens; half a thousandth of a yuan more per thousand: 0.000052.
      tokens_call("a", "qwen-plus", R"("input":971,"cached_input":2048,"output":104)") +
          tokens_call("b", "qwen-max", R"("input":10)"));
  const std::string books = std::string(shipped) + ' ' + folder.path();
  const Ran ran = run_program("pricebook diff --usage " + usage + ' ' + books);
  EXPECT_EQ(ran.status, 0) << ran.error;
  EXPECT_TRUE(has(ran.out, "qwen-plus/output  0k-128k  raised  0.002  0.0025  +25%\n")) << ran.out;
  EXPECT_TRUE(has(ran.out, "qwen-plus/output   0.000208    0.00026   +0.000052\n")) << ran.out;
  const json answer =
      json::parse(run_program("pricebook diff --output json --usage " + usage + ' ' + books).out);
  EXPECT_EQ(answer["bill"]["total"]["old"], "0.0014184");  // 0.0013944 + 10 x 0.0024 / 1000
  EXPECT_EQ(answer["bill"]["total"]["change"], "0.000052");
}

TEST(PricebookDiff, UsageThatLosesItsPriceIsCounted) {
  const TestFolder folder;
  write_changed(folder, "qwen-max,-,input,0.0024\n", "");
  std::string csv = text_of_file(folder.path("models.csv"));
  for (std::size_t at; (at = csv.find("\nqwen-max,")) != std::string::npos;) {
    csv.erase(at + 1, csv.find('\n', at + 1) - at);
  }
  folder.write("models.csv", csv);
  const std::string usage =
      folder.write("usage.ndjson", tokens_call("b", "qwen-max", R"("input":10)"));
  const Ran ran =
      run_program("pricebook diff --usage " + usage + ' ' + shipped + ' ' + folder.path());
  EXPECT_EQ(ran.status, 1) << ran.error;
  EXPECT_TRUE(has(ran.out, "1 line goes from rated to unrated: unknown_model.\n")) << ran.out;
}

TEST(PricebookDiff, SameBookHasNoChanges) {
  const Ran ran = run_program(std::string("pricebook diff ") + shipped + ' ' + shipped);
  EXPECT_EQ(ran.status, 0);
  EXPECT_TRUE(has(ran.out, "No price changes.\n"));
  const Ran twice = run_program(std::string("pricebook diff --usage - ") + shipped + ' ' + shipped);
  EXPECT_EQ(twice.status, 2);
}

TEST(PricebookImport, PriceListBecomesTheShippedBook) {
  const TestFolder folder;
  const std::string book = folder.path("book");
  const std::string import = "pricebook import tests/data/seed-price-list.txt --output " + book;
  const Ran ran = run_program(import + " --name aliyun-ai-paas");
  EXPECT_EQ(ran.status, 0) << ran.error;
  EXPECT_TRUE(has(ran.error, "170 prices and 0 aliases taken from")) << ran.error;
  const json changes = json::parse(
      run_program(std::string("pricebook diff --output json ") + shipped + ' ' + book).out);
  EXPECT_TRUE(changes["prices"].empty()) << changes["prices"];

  const Ran again = run_program(import);
  EXPECT_EQ(again.status, 2);
  EXPECT_TRUE(has(again.error, "book.yaml exists already: --force overwrites it")) << again.error;
  EXPECT_EQ(run_program(import + " --force").status, 0);
}

TEST(PricebookImport, WritesTheTableToStandardOutput) {
  const Ran ran = run_program("pricebook import tests/data/seed-price-list.txt --from table");
  EXPECT_EQ(std::ranges::count(ran.out, '\n'), 171) << ran.error;
  EXPECT_TRUE(has(ran.out, "\nqwen-plus,0k-128k,input,0.0008\n"));
}

TEST(PricebookImport, RefusesWhatIsNoPriceFile) {
  const Ran ran = run_program("pricebook import -", "hello\n");
  EXPECT_EQ(ran.status, 2);
  EXPECT_TRUE(has(ran.error, "--from says what it is")) << ran.error;
  const Ran other = run_program("pricebook import --from excel -", "hello\n");
  EXPECT_EQ(other.status, 2);
  EXPECT_TRUE(has(other.error, "excel")) << other.error;
}

}  // namespace
}  // namespace steelyard::cli
