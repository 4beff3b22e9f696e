#include "steelyard/pricebook/reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace steelyard::pricebook {
namespace {

namespace fs = std::filesystem;

const std::string header = "model,tier,type,price_per_1k_tokens\n";
const std::string yaml = "name: test\ncurrency: CNY\ntime_zone: Asia/Shanghai\n";

Reading read(const std::string& models_csv, const std::string& book_yaml = yaml) {
  return read_and_lint(Sources{book_yaml, models_csv, {}});
}

/// "models.csv:2 tier_gap" for each finding.
std::vector<std::string> words(const Reading& reading) {
  std::vector<std::string> result;
  for (const Finding& finding : reading.findings.list()) {
    result.push_back(finding.place.to_text() + ' ' + finding.word);
  }
  return result;
}

using Words = std::vector<std::string>;

const std::string good = header +
                         "m,0k-32k,input,1\nm,0k-32k,output,2\nm,32k-128k,input,2\n"
                         "m,32k-128k,output,4\n";

TEST(ModelsCsv, a_good_table_has_no_findings) {
  EXPECT_EQ(words(read(good)), Words{});
  EXPECT_EQ(words(read("\xef\xbb\xbf" + good)), Words{});
  std::string with_crlf;
  for (const char c : good) with_crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_EQ(words(read(with_crlf)), Words{});
  EXPECT_EQ(to_models_csv(read(with_crlf).book), good);
}

/// On 8 March 2026 the clocks of New York skip 02:30. By the machine's rules that is a mistake; by
/// those of a log it is what became of a time in a book that was published before.
TEST(ModelsCsv, D6_a_time_that_a_zone_skips_is_taken_by_rules_of_a_log_only) {
  const std::string book = "name: test\ncurrency: CNY\ntime_zone: America/New_York\n";
  const std::string table =
      "model,tier,type,price_per_1k_tokens,effective_from\n"
      "m,-,input,1,2026-03-08T02:30:00\nm,-,output,2,2026-03-08T02:30:00\n";
  EXPECT_EQ(words(read(table, book)),
            (Words{"models.csv:2 malformed_date", "models.csv:3 malformed_date"}));
  base::ZoneBook zones;
  zones.set(base::zone_rules_of_machine("America/New_York"));
  const Reading reading = read_and_lint(Sources{book, table, {}}, zones);
  EXPECT_EQ(words(reading), Words{});
  EXPECT_EQ(base::to_rfc3339(*reading.book.prices.front().validity.from), "2026-03-08T07:00:00Z");
}

TEST(ModelsCsv, columns_may_stand_in_any_order_and_cells_may_be_quoted) {
  const Reading reading = read(
      "type,price_per_1k_tokens,model,tier\n\"input\",0.5,\"a,\"\"b\"\"\",-\noutput,1,\"a,"
      "\"\"b\"\"\",-\n");
  EXPECT_EQ(words(reading), Words{});
  EXPECT_EQ(reading.book.prices.front().model, "a,\"b\"");
}

struct BadRow {
  const char* rows;
  Words expected;
};

TEST(ModelsCsv, every_bad_row_is_said_with_its_line) {
  const std::string ok = "m,-,input,1\nm,-,output,2\n";
  for (const BadRow& bad : std::initializer_list<BadRow>{
           {"x,-,inputs,1\n", {"models.csv:4 unknown_word"}},
           {"x,-,input\n", {"models.csv:4 malformed_csv"}},
           {"x,-,input,1,2\n", {"models.csv:4 malformed_csv"}},
           {"x,-,\"input,1\n", {"models.csv:4 malformed_csv"}},
           {"x,-,\"input\"x,1\n", {"models.csv:4 malformed_csv"}},
           {"x,-,in\"put,1\n", {"models.csv:4 malformed_csv"}},
           {",-,input,1\n", {"models.csv:4 missing_cell"}},
           {"x ,-,input,1\n", {"models.csv:4 unknown_word"}},
           {"x,-,input,\n", {"models.csv:4 missing_cell"}},
           {"x,-,input,-1\n", {"models.csv:4 negative_price"}},
           {"x,-,input,1e-3\n", {"models.csv:4 malformed_price"}},
           {"x,-,input,NaN\n", {"models.csv:4 malformed_price"}},
           {"x,-,input,0.0000000000001\n", {"models.csv:4 malformed_price"}},
           {"x,-,input,100000001\n", {"models.csv:4 malformed_price"}},
           {"x,32k,input,1\n", {"models.csv:4 malformed_tier"}},
           {"x,1k-1k,input,1\n", {"models.csv:4 malformed_tier"}},
           {"x,k-1k,input,1\n", {"models.csv:4 malformed_tier"}},
           {"x,0k-99999999999999999999k,input,1\n", {"models.csv:4 malformed_tier"}},
           {"x,0-1.5k,input,1\n", {"models.csv:4 malformed_tier"}},
           {"m,-,input,1\n", {"models.csv:4 duplicate_price"}},
           {"x,-,output,1\n", {"models.csv:4 missing_cell"}},
           {"x,-,input,1\n", {"models.csv:4 missing_cell"}},
           {"x,0k-1k,input,1\nx,2k-3k,input,1\nx,0k-1k,output,1\nx,2k-3k,output,1\n",
            {"models.csv:5 tier_gap"}},
           {"x,1k-2k,input,1\nx,1k-2k,output,1\n", {"models.csv:4 tier_gap"}},
           {"x,0k-2k,input,1\nx,1k-3k,input,1\nx,0k-2k,output,1\nx,1k-3k,output,1\n",
            {"models.csv:5 tier_overlap"}},
           {"x,-,input,1\nx,0k-3k,output,1\n", {"models.csv:5 tier_overlap"}},
           {"x,0k-1k,input,1\nx,1k-2k,input,1\nx,0k-1k,output,1\n", {"models.csv:5 missing_cell"}},
           {"x,0k-1k,input,1\nx,1k-2k,input,10.1\nx,0k-1k,output,2\nx,1k-2k,output,20\n",
            {"models.csv:5 tenfold_jump"}},
           {"x,-,input,1\nx,-,input_cache_hit,2\nx,-,output,1\n",
            {"models.csv:5 dear_cache_hit"}}}) {
    EXPECT_EQ(words(read(header + ok + bad.rows)), bad.expected) << bad.rows;
  }
}

TEST(ModelsCsv, a_bad_file_is_said) {
  EXPECT_EQ(words(read("")), (Words{"models.csv:1 missing_column"}));
  EXPECT_EQ(words(read("model,tier,type\n")), (Words{"models.csv:1 missing_column"}));
  EXPECT_EQ(words(read("model,tier,type,price\n")), (Words{"models.csv:1 unknown_word"}));
  EXPECT_EQ(words(read(header + "m,-,input,\xff\n")), (Words{"models.csv not_utf8"}));
  EXPECT_EQ(words(read(header + std::string("m\0,-,input,1\n", 13))),
            (Words{"models.csv not_utf8"}));
}

TEST(ModelsCsv, a_mistyped_word_gets_its_nearest) {
  const Reading reading = read(header + "m,-,imput,1\n");
  EXPECT_NE(reading.findings.list().front().message.find("did you mean 'input'?"),
            std::string::npos);
}

TEST(ModelsCsv, dates_part_the_rows_of_one_price) {
  const std::string dated = "model,tier,type,price_per_1k_tokens,effective_from,effective_to\n";
  EXPECT_EQ(
      words(read(dated + "m,-,input,1,,2026-07-01\nm,-,input,2,2026-07-01,\nm,-,output,3,,\n")),
      Words{});
  EXPECT_EQ(
      words(read(dated + "m,-,input,1,,2026-07-02\nm,-,input,2,2026-07-01,\nm,-,output,3,,\n")),
      (Words{"models.csv:3 duplicate_price"}));
  EXPECT_EQ(words(read(dated + "m,-,input,1,2026-07-02,2026-07-01\n")),
            (Words{"models.csv:2 malformed_date"}));
  EXPECT_EQ(words(read(dated + "m,-,input,1,2026-02-30,\n")),
            (Words{"models.csv:2 malformed_date"}));
  EXPECT_EQ(
      words(read(dated + "m,-,input,1,,2026-07-01\nm,-,input,10,2026-07-01,\nm,-,output,15,,\n")),
      (Words{"models.csv:3 tenfold_jump"}));
  // The old tiers and the new ones do not overlap, because they are never in force together.
  EXPECT_EQ(words(read(dated + "m,0k-32k,input,1,,2026-07-01\nm,0k-64k,input,1,2026-07-01,\n"
                               "m,0k-32k,output,1,,2026-07-01\nm,0k-64k,output,1,2026-07-01,\n")),
            Words{});
}

struct BadYaml {
  const char* text;
  Words expected;
};

TEST(BookYaml, every_bad_key_is_said_with_its_line) {
  for (const BadYaml& bad : std::initializer_list<BadYaml>{
           {"curency: CNY\n", {"book.yaml:4 unknown_word"}},
           {"name: again\n", {"book.yaml:4 duplicate_key"}},
           {"k: 1.5\n", {"book.yaml:4 malformed_number"}},
           {"k: 0\n", {"book.yaml:4 malformed_number"}},
           {"upper_bound: open\n", {"book.yaml:4 unknown_word"}},
           {"defaults: {above_top_tier: guess}\n", {"book.yaml:4 unknown_word"}},
           {"effective_from: soon\n", {"book.yaml:4 malformed_date"}},
           {"effective_from: 2026-07-01\neffective_to: 2026-06-01\n",
            {"book.yaml:5 empty_validity"}},
           {"models: {nobody: {above_top_tier: reject}}\n", {"book.yaml unknown_model"}},
           {"aliases: [{alias: a, model: nobody}]\n", {"book.yaml:4 unknown_model"}},
           {"aliases: [{alias: m, model: m}]\n", {"book.yaml:4 alias_shadows_model"}},
           {"aliases:\n  - {alias: a, model: m}\n  - {alias: a, model: m}\n",
            {"book.yaml:6 duplicate_alias"}},
           {"overrides: [{account: a, multiplier: 0}]\n", {"book.yaml:4 malformed_number"}},
           {"overrides: [{account: a}]\n", {"book.yaml:4 missing_key"}},
           {"overrides: [{account: a, price: 1}]\n", {"book.yaml:4 missing_key"}},
           {"overrides: [{account: a, type: loud, multiplier: 2}]\n", {"book.yaml:4 unknown_word"}},
           {"overrides: [{account: a, tier: 9k-10k, multiplier: 2}]\n",
            {"book.yaml:4 override_without_effect"}},
           {"overrides:\n  - {account: a, multiplier: 2}\n  - {account: a, multiplier: 3}\n",
            {"book.yaml:6 override_conflict"}},
           {"overrides: [{account: a, multiplier: 0.3333333333333}]\n",
            {"book.yaml:4 malformed_number"}},
           {"aliases: 5\n", {"book.yaml:4 malformed_yaml"}},
           {"title: [1]\n", {"book.yaml:4 malformed_yaml"}},
           {"title: {\n", {"book.yaml:5 malformed_yaml", "book.yaml:5 malformed_yaml"}}}) {
    const Words found = words(read(good, yaml + bad.text));
    if (std::string(bad.text) == "title: {\n") {
      ASSERT_FALSE(found.empty());
      EXPECT_NE(found.front().find("malformed_yaml"), std::string::npos);
    } else {
      EXPECT_EQ(found, bad.expected) << bad.text;
    }
  }
  EXPECT_EQ(words(read(good, "name: a\n")), (Words{"book.yaml:1 missing_key"}));
  EXPECT_EQ(words(read(good, "name: a\ncurrency: yuan\n")),
            (Words{"book.yaml:2 malformed_currency"}));
  EXPECT_EQ(words(read(good, "name: a\ncurrency: CNY\ntime_zone: Mars\n")),
            (Words{"book.yaml:3 unknown_word"}));
  EXPECT_EQ(words(read(good, std::string(1'000, '['))), (Words{"book.yaml malformed_yaml"}));
  EXPECT_EQ(words(read(good, "- a list\n")), (Words{"book.yaml:1 malformed_yaml"}));
}

TEST(BookYaml, a_multiplier_that_does_not_come_out_even_is_a_warning) {
  const Reading reading =
      read(header + "m,-,input,0.000001\nm,-,output,0.000002\n",
           yaml + "overrides: [{account: a, model: m, type: input, multiplier: 0.0000001}]\n");
  EXPECT_EQ(words(reading), (Words{"book.yaml:4 inexact_multiplier"}));
  EXPECT_TRUE(reading.is_usable());
}

// Source: the price list's own counts.
TEST(ShippedBook, holds_the_whole_list_and_lints_clean) {
  const auto reading = read_and_lint(fs::path(STEELYARD_ROOT) / "pricebooks/aliyun-ai-paas");
  ASSERT_TRUE(reading.has_value()) << reading.error().detail;
  EXPECT_EQ(words(*reading), Words{});
  const PriceBook& book = reading->book;
  std::set<std::string> models;
  std::set<std::pair<std::string, std::string>> tiers;
  for (const ModelPrice& price : book.prices) {
    models.insert(price.model);
    tiers.emplace(price.model, price.tier.label);
  }
  EXPECT_EQ(models.size(), 28u);
  EXPECT_EQ(tiers.size(), 53u);
  EXPECT_EQ(book.prices.size(), 170u);
  EXPECT_EQ(book.products.size(), 20u);
  EXPECT_EQ(book.currency.code(), "CNY");
  EXPECT_TRUE(std::ranges::all_of(book.products, &Product::is_priced));
}

/// Whichever price of the list is typed ten times too high, lint doubts something.
TEST(ShippedBook, a_price_typed_tenfold_is_noticed) {
  const auto shipped = read_and_lint(fs::path(STEELYARD_ROOT) / "pricebooks/aliyun-ai-paas");
  for (std::size_t i = 0; i < shipped->book.prices.size(); ++i) {
    PriceBook book = shipped->book;
    money::Decimal& price = book.prices[i].price;
    money::Decimal tenfold;
    for (int k = 0; k < 10; ++k) tenfold += price;
    price = tenfold;
    EXPECT_FALSE(words(read(to_models_csv(book))).empty())
        << shipped->book.prices[i].place.to_text();
  }
}

TEST(ShippedBook, names_the_products_as_the_list_prints_them) {
  std::ifstream file(std::string(STEELYARD_ROOT) + "/tests/data/seed-price-list.txt");
  std::set<std::string> printed;
  bool in_products = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("2. Cloud")) in_products = true;
    if (in_products && line.find(" |") != std::string::npos) {
      printed.insert(line.substr(0, line.find(" |")));
    }
  }
  const auto reading = read_and_lint(fs::path(STEELYARD_ROOT) / "pricebooks/aliyun-ai-paas");
  std::set<std::string> named;
  for (const Product& product : reading->book.products) named.insert(product.name);
  EXPECT_EQ(named, printed);
}

TEST(ContentHash, changes_with_a_digit_and_with_nothing_else) {
  const std::string hash = read(good).book.content_hash;
  const std::string permuted = header +
                               "m,32k-128k,output,4\nm,32k-128k,input,2\n"
                               "m,0k-32k,output,2.0\nm,0k-32k,input,1.000\n";
  EXPECT_EQ(read(permuted).book.content_hash, hash);
  EXPECT_EQ(read(good, "# a comment\ncurrency: CNY\ntime_zone: Asia/Shanghai\nname: test\n")
                .book.content_hash,
            hash);
  EXPECT_NE(read(header + "m,-,input,1\nm,-,output,2\n").book.content_hash,
            read(header + "m,-,input,1\nm,-,output,2.000000000001\n").book.content_hash);
  EXPECT_NE(read(good, yaml + "k: 1024\n").book.content_hash, hash);
}

TEST(Tier, bounds_follow_k_and_the_kind_of_bound) {
  const TierRange inclusive = *parse_tier("32k-128k", 1'000, UpperBound::inclusive);
  EXPECT_EQ(inclusive.above, 32'000u);
  EXPECT_EQ(inclusive.up_to, 128'000u);
  const TierRange exclusive = *parse_tier("32k-128k", 1'024, UpperBound::exclusive);
  EXPECT_EQ(exclusive.above, 32'767u);
  EXPECT_EQ(exclusive.up_to, 131'071u);
  EXPECT_EQ(parse_tier("256K-1M", 1'000, UpperBound::inclusive)->up_to, 1'000'000u);
  EXPECT_EQ(parse_tier("128k+", 1'000, UpperBound::inclusive)->up_to, std::nullopt);
}

PriceBook version(const std::string& from, const std::string& to, const std::string& rest = "") {
  std::string text = "name: a\ncurrency: CNY\nversion: v" + from + "\n" + rest;
  if (!from.empty()) text += "effective_from: " + from + '\n';
  if (!to.empty()) text += "effective_to: " + to + '\n';
  return read(good, text).book;
}

TEST(Series, versions_follow_each_other) {
  const auto series = make_series({version("2026-07-01", ""), version("", "")});
  ASSERT_TRUE(series.has_value()) << series.error().detail;
  EXPECT_EQ(base::to_rfc3339(*series->versions[0].validity.to), "2026-07-01T00:00:00Z");
  EXPECT_FALSE(make_series({}).has_value());
  EXPECT_FALSE(make_series({version("", ""), version("", "")}).has_value());
  EXPECT_FALSE(make_series({version("2026-01-01", ""), version("2026-01-01", "")}).has_value());
  EXPECT_FALSE(
      make_series({version("2026-01-01", "2026-03-01"), version("2026-02-01", "")}).has_value());
  PriceBook other_name = version("2026-02-01", "");
  other_name.name = "b";
  EXPECT_FALSE(make_series({version("", ""), other_name}).has_value());
  PriceBook other_currency = version("2026-02-01", "");
  other_currency.currency = money::Currency("USD");
  EXPECT_FALSE(make_series({version("", ""), other_currency}).has_value());
}

TEST(Load, says_what_is_wrong_with_a_folder) {
  const auto none = load("/nonexistent");
  ASSERT_FALSE(none.has_value());
  EXPECT_NE(none.error().detail.find("/nonexistent"), std::string::npos);
  const fs::path folder = fs::temp_directory_path() / ("book-" + std::to_string(getpid()));
  fs::create_directories(folder);
  EXPECT_NE(load(folder).error().detail.find("is no price book"), std::string::npos);
  std::ofstream(folder / "book.yaml") << yaml;
  EXPECT_NE(load(folder).error().detail.find("models.csv"), std::string::npos);
  std::ofstream(folder / "models.csv") << header << "m,-,input,-1\nm,-,output,2\n";
  const auto invalid = load(folder);
  ASSERT_FALSE(invalid.has_value());
  EXPECT_EQ(invalid.error().code, ErrorCode::price_book_is_invalid);
  EXPECT_NE(invalid.error().detail.find("models.csv:2: error: price '-1' is negative"),
            std::string::npos)
      << invalid.error().detail;
  fs::remove_all(folder);
}

}  // namespace
}  // namespace steelyard::pricebook
