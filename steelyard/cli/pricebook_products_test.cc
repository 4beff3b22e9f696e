#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "steelyard/cli/program_for_tests.h"

namespace steelyard::cli {
namespace {

using nlohmann::json;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Made up for these tests.
constexpr const char* product = R"(product: demo
name: Demo
codes: [demo]
aliases: {old-demo: demo}
groups: {mainland: [cn-hangzhou, cn-beijing]}
meters: {instances: {kind: presence}, gb_out: {kind: counter, unit: GB}}
attributes: {region: {}, state: {values: [running, stopped], default: running}}
items:
  - item: demo/instance
    title: Instance
    unit: instance-hour
    where: {state: running}
    measure: {up: instances}
    shape: [{round: {up: 1}}]
    price: {keys: [region], rows: [{region: mainland, CNY: 0.147, USD: 0.02}, {CNY: placeholder}]}
  - item: demo/traffic
    unit: GB
    window: month
    measure: {sum: gb_out}
    price: {kernel: graduated, brackets: [{upto: 10, CNY: 0.8}, {CNY: 0.7}]}
)";

/// A book of one product and no models.
void write_book(const TestFolder& folder, const std::string& currency,
                const std::string& more = {}) {
  folder.write("book.yaml",
               "name: demo\ncurrency: " + currency + "\ntime_zone: Asia/Shanghai\n" + more);
  folder.write("models.csv", "model,tier,type,price_per_1k_tokens\n");
  folder.write("products/demo.yaml", product);
}

TEST(PricebookProducts, ABookOfProductsNeedsNoModels) {
  const TestFolder folder;
  write_book(folder, "CNY");
  const Ran ran = run_program("pricebook lint " + folder.path());
  EXPECT_EQ(ran.status, 0) << ran.out;
}

TEST(PricebookProducts, TwoBooksShareTheirFilesByALink) {
  const TestFolder cny;
  const TestFolder usd;
  write_book(cny, "CNY");
  usd.write("book.yaml", "name: demo-intl\ncurrency: USD\n");
  usd.write("models.csv", "model,tier,type,price_per_1k_tokens\n");
  std::filesystem::create_directory_symlink(cny.path("products"), usd.path("products"));
  EXPECT_EQ(run_program("pricebook lint " + usd.path()).status, 0);
  EXPECT_TRUE(has(run_program("pricebook show --product demo " + cny.path()).out, "0.147"));
  const Ran ran = run_program("pricebook show --product demo " + usd.path());
  EXPECT_TRUE(has(ran.out, "0.02")) << ran.out;
  EXPECT_FALSE(has(ran.out, "0.147")) << ran.out;
}

TEST(PricebookProducts, AProductIsShownAsItsPricePage) {
  const TestFolder folder;
  write_book(folder, "CNY");
  const Ran ran = run_program("pricebook show --product old-demo " + folder.path());
  EXPECT_EQ(ran.status, 0) << ran.error;
  EXPECT_TRUE(has(ran.out, "Demo (demo), as data.product: demo, old-demo for demo\n")) << ran.out;
  EXPECT_TRUE(has(ran.out,
                  "\ndemo/instance  Instance\n"
                  "  only state running\n"
                  "  in each hour: hours with instances\n"
                  "  then rounded up to 1\n"
                  "  if the price changes inside, all at the dearest\n"
                  "  CNY for 1 instance-hour\n"
                  "    region    price\n"
                  "    ────────  ───────────\n"
                  "    mainland  0.147\n"
                  "    *         placeholder\n"))
      << ran.out;
  EXPECT_TRUE(has(ran.out, "  CNY graduated, for 1 GB\n    0.8 up to 10; 0.7\n")) << ran.out;
}

TEST(PricebookProducts, AProductIsAlsoJson) {
  const TestFolder folder;
  write_book(folder, "CNY");
  const Ran ran = run_program("pricebook show --product Demo --output json " + folder.path());
  const json page = json::parse(ran.out);
  EXPECT_EQ(page["items"][0]["price"]["rows"][0]["price"][0]["unit"], "0.147");
  EXPECT_EQ(page["items"][0]["price"]["rows"][1]["price"], nullptr);
  EXPECT_EQ(page["items"][1]["price"]["rows"][0]["price"][0]["upto"], "10");
}

TEST(PricebookProducts, AnUnknownProductIsNearToAKnownOne) {
  const TestFolder folder;
  write_book(folder, "CNY");
  const Ran ran = run_program("pricebook show --product demoo " + folder.path());
  EXPECT_EQ(ran.status, 2);
  EXPECT_EQ(ran.error, "steelyard: price book demo has no product 'demoo'; did you mean 'demo'?\n");
}

TEST(PricebookProducts, PlaceholdersAreListedUntilTheBookFillsThemIn) {
  const TestFolder folder;
  write_book(folder, "CNY");
  const Ran ran = run_program("pricebook show --placeholders --output json " + folder.path());
  const json list = json::parse(ran.out)["placeholders"];
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0]["item"], "demo/instance");
  EXPECT_EQ(list[0]["place"], "products/demo.yaml:15");
  EXPECT_TRUE(has(run_program("pricebook show --placeholders " + folder.path()).out,
                  "1 number in CNY of price book demo not known"));

  write_book(folder, "CNY", "placeholders: [{item: demo/instance, price: 0.2}]\n");
  const Ran filled = run_program("pricebook show --placeholders --output json " + folder.path());
  EXPECT_EQ(json::parse(filled.out)["placeholders"].size(), 0U) << filled.out;
}

TEST(PricebookProducts, ADiffNamesTheItemThatChanges) {
  const TestFolder before;
  const TestFolder after;
  write_book(before, "CNY");
  write_book(after, "CNY");
  std::string changed = product;
  changed.replace(changed.find("0.147"), 5, "0.15");
  after.write("products/demo.yaml", changed);
  const Ran ran = run_program("pricebook diff " + before.path() + ' ' + after.path());
  EXPECT_TRUE(has(ran.out,
                  "Demo, item demo/instance, row region mainland, CNY changes from '0.147' to "
                  "'0.15'\n"))
      << ran.out;
}

}  // namespace
}  // namespace steelyard::cli
