#include "steelyard/pricebook/products/product_yaml.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "steelyard/pricebook/diff.h"
#include "steelyard/pricebook/products/examples.h"
#include "steelyard/pricebook/products/keys.h"
#include "steelyard/pricebook/reader.h"

namespace steelyard::pricebook {
namespace {

using Words = std::vector<std::string>;
using charge_model::Kernel;
using metering::Dim;
using metering::WindowKind;
using money::Decimal;
using money::Rational;

const std::string cny_book = "name: test\ncurrency: CNY\ntime_zone: Asia/Shanghai\n";
const std::string usd_book = "name: test\ncurrency: USD\ntime_zone: Asia/Shanghai\n";

Reading read(const std::string& product, const std::string& book = cny_book) {
  return read_and_lint(
      Sources{book, "model,tier,type,price_per_1k_tokens\n", {{"products/demo.yaml", product}}});
}

/// A product whose items, and more, are `sections`; it has what they may name.
const std::string head =
    "product: demo\n"
    "name: Demo\n"
    "codes: [demo, extra]\n"
    "groups: {mainland: [cn-hangzhou, cn-beijing]}\n"
    "meters: {up: {kind: presence}, level: {kind: gauge}, count: {kind: counter}}\n"
    "attributes: {region: {}, edition: {values: [basic, ha]}, cores: {type: number}}\n"
    "items:\n"
    "  - {item: demo/a, unit: u, measure: [{max: level}, {sum: count}], shape: [{combine: max}],\n"
    "     where: {edition: basic}, times: [{up: up}], price: {keys: [cores], rows: [{CNY: 1}]}}\n";
const int first_line = 10;

/// "10 unknown_word" for each finding of what stands behind the head.
Words words(const std::string& sections, const std::string& book = cny_book) {
  Words result;
  const Reading reading = read(head + sections, book);
  for (const Finding& finding : reading.findings.list()) {
    result.push_back((finding.place.file == "products/demo.yaml" ? "" : finding.place.file + ':') +
                     std::to_string(finding.place.line) + ' ' + finding.word);
  }
  return result;
}

std::string item(const std::string& rest) { return "  - {item: demo/b, unit: u, " + rest + "}\n"; }

const std::string sum = "measure: {sum: count}, ";
const std::string one = "price: {CNY: 1}";

TEST(ProductYaml, EveryExampleOfTheReferenceIsRead) {
  const Reading reading = read(products::example_file());
  for (const Finding& finding : reading.findings.list()) ADD_FAILURE() << finding.to_text();
  ASSERT_EQ(reading.book.products.size(), 1U);
  EXPECT_GT(reading.book.products.front().items.size(), 30U);
  for (const products::Example& each : products::examples()) {
    EXPECT_EQ(products::mapping(each.mapping).name, each.mapping);
    if (each.section != "book.yaml") continue;
    const Reading filled = read(products::example_file(), cny_book + std::string(each.text));
    for (const Finding& finding : filled.findings.list()) ADD_FAILURE() << finding.to_text();
  }
}

TEST(ProductYaml, AGoodProductHasNoFindings) {
  EXPECT_EQ(words(""), Words{});
  EXPECT_EQ(words(item(sum + one)), Words{});
}

struct Bad {
  std::string sections;
  Words expected;
};

void expect_all(std::initializer_list<Bad> list) {
  for (const Bad& bad : list) EXPECT_EQ(words(bad.sections), bad.expected) << bad.sections;
}

TEST(ProductYaml, WrongKeysAndNamesAreSaid) {
  expect_all({
      {item(sum + one + ", unti: x"), {"10 unknown_word"}},
      {item(sum + one + ", unit: x"), {"10 duplicate_key"}},
      {item(sum), {"10 missing_key"}},
      {item(one), {"10 missing_key"}},
      {"  - {item: demo, unit: u, " + sum + one + "}\n", {"10 unknown_word"}},
      {"  - {item: dmo/b, unit: u, " + sum + one + "}\n", {"10 unknown_word"}},
      {"  - {item: demo/a, unit: u, " + sum + one + "}\n", {"10 duplicate_item"}},
      {"  - just a text\n", {"10 malformed_yaml"}},
      {item("measure: {sum: cuont}, " + one), {"10 unknown_meter"}},
      {item("measure: {summ: count}, " + one), {"10 unknown_word", "10 missing_key"}},
      {item("measure: {sum: count, max: level}, " + one), {"10 unknown_word"}},
      {item("measure: {attribute: edition}, window: fact, " + one), {"10 wrong_kind"}},
      {item("measure: {attribute: core}, window: fact, " + one), {"10 unknown_attribute"}},
      {item(sum + one + ", where: {editon: ha}"), {"10 unknown_attribute"}},
      {item(sum + one + ", where: {edition: hi}"), {"10 unknown_value"}},
      {item(sum + one + ", where: {edition: {nott: ha}}"),
       {"10 unknown_word", "10 missing_key", "10 malformed_yaml"}},
      {item(sum + one + ", where: {edition: []}"), {"10 malformed_yaml", "10 never_applies"}},
      {item(sum + one + ", where: {cores: four}"), {"10 malformed_number"}},
      {item(sum + one + ", by: [listener]"), {"10 unknown_attribute"}},
      {item(sum + one + ", by: [resource]"), {"10 without_effect"}},
      {item(sum + one + ", window: week"), {"10 unknown_word"}},
      {item(sum + one + ", from: soon"), {"10 malformed_date"}},
      {item(sum + one + ", from: 2024-01-02, to: 2024-01-01"), {"10 empty_validity"}},
      {item(sum + one + ", money: {line: {half_up: 13}}"), {"10 malformed_number"}},
      {item(sum + one + ", money: {line: 2}"), {"10 malformed_yaml"}},
      {item(sum + one + ", money: {fee: {}}"), {"10 missing_key"}},
      {item(sum + one + ", on_change: never"), {"10 unknown_word"}},
      {item(sum + one + ", title: a, b c"), {"10 unknown_word"}},
  });
}

TEST(ProductYaml, MetersAreMeasuredAsWhatTheyAre) {
  expect_all({
      {item("measure: {sum: level}, " + one), {"10 wrong_kind"}},
      {item("measure: {max: count}, " + one), {"10 wrong_kind"}},
      {item("measure: {up: count}, " + one), {"10 wrong_kind"}},
      {item("measure: {sum: count, in: hour}, " + one), {"10 without_effect"}},
      {item("measure: {max: level, k: 2}, " + one), {"10 without_effect"}},
      {item("measure: {rank: level}, " + one), {"10 missing_key"}},
      {item("measure: {rank: level, k: 1, drop: 0.05}, " + one), {"10 missing_key"}},
      {item("measure: {rank: level, drop: 1}, " + one), {"10 malformed_number"}},
      {item("measure: {rank: level, k: 0}, " + one), {"10 malformed_number"}},
      {item("measure: {sum: count, window: day}, " + one), {"10 without_effect"}},
      {item("measure: {last: level, waive: inside_window}, " + one), {"10 without_effect"}},
      {item("measure: {attribute: cores}, " + one), {"10 wrong_window"}},
      {item("measure: [{sum: count}, {max: level}], " + one), {"10 missing_combine"}},
      {item(sum + one + ", times: [{up: up, window: day}]"), {"10 wrong_window"}},
  });
}

TEST(ProductYaml, StepsAndNumbersAreChecked) {
  const auto shape = [](const std::string& steps) {
    return item(sum + one + ", shape: [" + steps + "]");
  };
  const auto each = [](const std::string& steps) {
    return item("measure: {sum: count, each: [" + steps + "]}, " + one);
  };
  expect_all({
      {shape("{scael: 2}"), {"10 unknown_word"}},
      {shape("{scale: 2, at_most: 3}"), {"10 unknown_word"}},
      {shape("{}"), {"10 missing_key"}},
      {shape("{scale: -1}"), {"10 malformed_number"}},
      {shape("{scale: 1/0}"), {"10 malformed_number"}},
      {shape("{scale: 1e3}"), {"10 malformed_number"}},
      {shape("{scale: [1]}"), {"10 malformed_number"}},
      {shape("{scale: {}}"), {"10 missing_key"}},
      {shape("{scale: {attribute: edition}}"), {"10 wrong_kind"}},
      {shape("{scale: {by: edition, basic: 1}}"), {"10 missing_value"}},
      {shape("{scale: {by: edition, basic: 1, ha: 2, else: 3}}"), {}},
      {shape("{scale: {by: edition, else: 3, basc: 1}}"), {"10 unknown_value"}},
      {shape("{scale: {rows: []}}"), {"10 missing_key"}},
      {shape("{scale: {rows: [{edition: ha}]}}"), {"10 missing_key", "10 missing_value"}},
      {shape("{scale: {rows: [{value: 1}, {edition: ha, value: 2}]}}"), {"10 never_applies"}},
      {shape("{scale: placeholder}"), {}},
      {shape("{round: 1}"), {"10 malformed_yaml", "10 missing_key"}},
      {shape("{round: {up: 0}}"), {"10 malformed_number"}},
      {shape("{round: {up: 1, down: 1}}"), {"10 unknown_word"}},
      {shape("{at_least: {value: 1, even_zero: yes}}"), {"10 unknown_word"}},
      {shape("{less: {times: 0.5, of: {integral: levl}}}"), {"10 unknown_meter"}},
      {shape("{combine: max}"), {"10 without_effect"}},
      {shape("{combine: mean}"), {"10 unknown_word", "10 without_effect"}},
      {shape("{pool: {}}"), {"10 without_effect"}},
      {shape("{pool: {by: [acount]}}"), {"10 unknown_attribute"}},
      {shape("{pool: {window: minute}}"), {"10 wrong_window"}},
      {shape("{pool: {op: {mean_top: 0}, window: month}}"), {"10 malformed_number"}},
      {shape("{times: level}"), {"10 unknown_word"}},
      {each("{times: levl}"), {"10 unknown_meter"}},
      {each("{times: edition}"), {"10 wrong_kind"}},
      {each("{max_with: cores}"), {"10 unknown_meter"}},
      {each("{pool: {by: account}}"), {"10 unknown_word"}},
      {each("{less: {of: {max: level}}}"), {"10 wrong_kind"}},
      {each("{states: {by: edition, basic: meter}}"), {"10 missing_value"}},
      {each("{states: {by: region, x: 1}}"), {"10 missing_value"}},
  });
}

TEST(ProductYaml, CoversNameTheirMeters) {
  const auto cover = [](const std::string& rows, const std::string& more = "") {
    return item("measure: {max: level}, shape: [{combine: {cover: {as: spec, rows: [" + rows +
                "]}}}], price: {keys: [spec], rows: [{spec: s, CNY: 1}" + more + "]}");
  };
  expect_all({
      {cover("{spec: s, level: 5}, {spec: l, level: 9}"), {}},
      {cover("{spec: s, levl: 5}"), {"10 unknown_word", "10 missing_key"}},
      {cover("{level: 5}"), {"10 missing_key", "10 unknown_value"}},
      {cover("{spec: s, level: 5}, {spec: l, level: 4}"), {"10 never_applies"}},
      {cover("{spec: s, level: 5}", ", {spec: m, CNY: 2}"), {"10 unknown_value"}},
  });
}

TEST(ProductYaml, PricesAreChecked) {
  const auto price = [](const std::string& table) { return item(sum + "price: {" + table + "}"); };
  expect_all({
      {price(""), {"10 missing_price"}},
      {price("CYN: 1"), {"10 unknown_word", "10 missing_price"}},
      {price("CNY: cheap"), {"10 malformed_number"}},
      {price("CNY: -1"), {"10 malformed_number"}},
      {price("CNY: 1/3"), {"10 malformed_number"}},
      {price("CNY: 1000000000001"), {"10 malformed_number"}},
      {price("CNY: 0.1234567890123"), {"10 malformed_number"}},
      {price("CNY: 1, per: 0"), {"10 malformed_number"}},
      {price("CNY: placeholder, USD: one"), {"10 malformed_number"}},
      {price("CNY: 1, free: true"), {"10 without_effect"}},
      {price("CNY: 1, rows: [{CNY: 1}]"), {"10 without_effect"}},
      {price("rows: []"), {"10 missing_key"}},
      {price("rows: [{region: x, CNY: 1}]"), {"10 unknown_word"}},
      {price("keys: [regio], rows: [{CNY: 1}]"), {"10 unknown_attribute"}},
      {price("keys: [region, region], rows: [{CNY: 1}]"), {"10 duplicate_key", "10 duplicate_key"}},
      {price("keys: [edition], rows: [{edition: x, CNY: 1}]"), {"10 unknown_value"}},
      {price("brackets: [{CNY: 1}]"), {"10 wrong_kind"}},
      {price("kernel: graduated, brackets: []"), {"10 missing_price"}},
      {price("kernel: graduated, brackets: [{upto: 5}, {CNY: 1}]"),
       {"10 missing_price", "10 missing_price"}},
      {price("kernel: graduated, brackets: [{upto: 5, CNY: 1}, {upto: 5, CNY: 2}]"),
       {"10 brackets_fall"}},
      {price("kernel: graduated, brackets: [{CNY: 1}, {upto: 5, CNY: 2}]"), {"10 brackets_fall"}},
      {price("kernel: graduated, brackets: [{upto: 5, CNY: 1}, {CNY: placeholder}]"),
       {"10 missing_price"}},
      {price("CNY: {flat: 5}"), {"10 wrong_kind"}},
      {price("kernel: stairstep, CNY: {base: 5}"), {"10 missing_key"}},
      {price("kernel: linear, CNY: 5"), {"10 unknown_word"}},
      {price("CNY: 1, hours: 22:00-06:00"), {"10 malformed_date"}},
      {price("CNY: 1, hours: 08:00-24:01"), {"10 malformed_date"}},
      {price("CNY: 1, protect: 1h"), {"10 unknown_attribute"}},
      {price("CNY: 1, protect: 1"), {"10 malformed_number"}},
      {price("CNY: 1, bid: edition"), {"10 wrong_kind"}},
  });
}

TEST(ProductYaml, RowsThatNeverApplyAreSaid) {
  const auto rows = [](const std::string& list, const std::string& more = "") {
    return item(sum + more + "price: {keys: [region, edition], rows: [" + list + "]}");
  };
  expect_all({
      {rows("{CNY: 1}, {region: x, CNY: 2}"), {"10 never_applies"}},
      {rows("{region: mainland, CNY: 1}, {region: cn-beijing, CNY: 2}"), {"10 never_applies"}},
      {rows("{region: cn-beijing, CNY: 1}, {region: mainland, CNY: 2}"), {}},
      {rows("{region: {not: x}, CNY: 1}, {region: y, CNY: 2}"), {"10 never_applies"}},
      {rows("{edition: [basic, ha], CNY: 1}, {CNY: 2}"), {"10 never_applies"}},
      {rows("{region: x, CNY: 1}, {region: x, CNY: 2}"), {"10 duplicate_price"}},
      {rows("{region: x, CNY: 1}, {region: x, CNY: 2, from: 2024-01-01}"), {}},
      {rows("{region: x, CNY: 1}, {region: x, CNY: 11, from: 2024-01-01}"), {"10 tenfold_jump"}},
      {rows("{CNY: 1, to: 2024-01-01}, {region: x, CNY: 2}"), {}},
      {rows("{edition: ha, CNY: 1}, {CNY: 2}", "where: {edition: basic}, "), {"10 never_applies"}},
      {rows("{CNY: 1, to: 2024-01-01}", "from: 2024-01-01, "), {"10 never_applies"}},
      {item(sum + one + ", where: {edition: {not: [basic, ha]}}"), {"10 never_applies"}},
      {item("measure: {sum: count, where: {edition: ha}}, where: {edition: basic}, " + one),
       {"10 never_applies"}},
  });
}

TEST(ProductYaml, OffersNameWhatThereIs) {
  expect_all({
      {"discounts: [{item: demo/a, multiplier: 0.7}]\n", {}},
      {"discounts: [{item: demo/z, multiplier: 0.7}]\n", {"10 unknown_item"}},
      {"discounts: [{item: demo/a}]\n", {"10 missing_key"}},
      {"discounts: [{item: demo/a, multiplier: 1, where: {edition: ha}}]\n", {"10 never_applies"}},
      {"discounts: [{item: demo/a, multiplier: 1, where: {edtion: ha}}]\n",
       {"10 unknown_attribute"}},
      {"orders: [{order: demo/s, unit: m, price: {CNY: 1}, quantity: [nodes]}]\n", {}},
      {"orders: [{order: demo/s, unit: m}]\n", {"10 missing_key"}},
      {"orders: [{order: demo/s, unit: m, price: {CNY: 1}, where: {editions: x}}]\n",
       {"10 unknown_attribute"}},
      {"orders: [{order: demo/s, unit: m, price: {CNY: 1}, term: {0: 1}}]\n",
       {"10 malformed_number"}},
      {"orders: [{order: demo/s, unit: m, price: {CNY: 1}, period: {start: now}}]\n",
       {"10 unknown_word"}},
      {"orders: [{order: demo/s, unit: m, price: {CNY: 1}, refund: {fee: 15}}]\n",
       {"10 malformed_number"}},
      {"orders:\n - {order: demo/s, unit: m, price: {CNY: 1}}\n - {order: demo/s, unit: m, price: "
       "{CNY: 1}}\n",
       {"12 duplicate_item"}},
      {"plans: [{plan: demo/p, unit: u, covers: [{item: demo/a}]}]\n", {}},
      {"plans: [{plan: demo/p, unit: u, covers: [{item: demo/b}]}]\n", {"10 unknown_item"}},
      {"plans: [{plan: demo/p, unit: u, covers: []}]\n", {"10 missing_key"}},
      {"plans: [{plan: demo/p, unit: u, covers: [{item: demo/a, factor: 0}]}]\n",
       {"10 malformed_number"}},
      {"plans: [{plan: demo/p, unit: u, covers: [{item: demo/a, factor: list_price}]}]\n",
       {"10 wrong_kind"}},
      {"plans: [{plan: demo/p, unit: u, covers: [{item: demo/a, where: {edition: ha}}]}]\n",
       {"10 never_applies"}},
      {"plans: [{plan: demo/p, unit: u, covers: [{item: demo/a, factor: {by: x, y: 1}}]}]\n",
       {"10 unknown_attribute"}},
      {"plans: [{plan: demo/p, unit: u, free: true, covers: [{item: demo/a}]}]\n",
       {"10 missing_key"}},
      {"plans: [{plan: demo/p, unit: u, unless: [demo/q], covers: [{item: demo/a}]}]\n",
       {"10 without_effect", "10 unknown_item"}},
      {"plans: [{plan: demo/p, unit: u, reset: year, covers: [{item: demo/a}]}]\n",
       {"10 unknown_word"}},
  });
}

TEST(ProductYaml, DeclarationsAreChecked) {
  const auto with = [](const std::string& text) {
    Words result;
    const Reading reading = read("product: demo\nname: Demo\n" + text);
    for (const Finding& finding : reading.findings.list()) result.push_back(finding.word);
    return result;
  };
  EXPECT_EQ(with(""), Words{});
  EXPECT_EQ(with("codes: demo\n"), Words{});
  EXPECT_EQ(with("priced: false\n"), Words{"unknown_word"});
  EXPECT_EQ(with("aliases: {other: dem}\n"), Words{"unknown_word"});
  EXPECT_EQ(with("aliases: {demo: demo}\n"), Words{"without_effect"});
  EXPECT_EQ(with("groups: {none: []}\n"), Words{"missing_value"});
  EXPECT_EQ(with("meters: {m: {}}\n"), (Words{"missing_key", "unread_meter"}));
  EXPECT_EQ(with("meters: {m: {kind: gauge}}\n"), Words{"unread_meter"});
  EXPECT_EQ(with("meters: {m: gauge}\n"), (Words{"malformed_yaml", "missing_key", "unread_meter"}));
  EXPECT_EQ(with("attributes: {a: {}}\n"), Words{"unused_attribute"});
  EXPECT_EQ(with("attributes: {region: {values: [a], default: b}}\n"), Words{"unknown_value"});
  EXPECT_EQ(with("attributes: {region: {type: number, default: b}}\n"), Words{"malformed_number"});
  EXPECT_EQ(with("attributes: {region: {type: time, default: b}}\n"), Words{"malformed_date"});
  EXPECT_EQ(with("items: {}\n"), Words{"malformed_yaml"});
  EXPECT_EQ(with("source: a page\nnote: a doubt\n"), Words{});
}

TEST(ProductYaml, AFileIsNamedAsItsProduct) {
  const Reading reading = read("product: other\nname: Other\n");
  ASSERT_EQ(reading.findings.list().size(), 1U);
  EXPECT_EQ(reading.findings.list().front().to_text(),
            "products/demo.yaml:1: error: product 'other' stands in products/demo.yaml "
            "[wrong_name]");
}

TEST(ProductYaml, AMistypedWordGetsItsNearest) {
  const Reading reading = read(head + item("measure: {sum: counts}, " + one));
  EXPECT_EQ(reading.findings.list().front().message,
            "'counts' is no meter of this product; did you mean 'count'?");
  const Reading torn = read(head + item(sum + one + ", title: first, second part"));
  EXPECT_NE(torn.findings.list().front().message.find("a text with a comma stands in quotes"),
            std::string::npos);
}

/// The item that stands behind the head.
CloudItem read_item(const std::string& text, const std::string& book = cny_book) {
  const Reading reading = read(head + text, book);
  for (const Finding& finding : reading.findings.list()) ADD_FAILURE() << finding.to_text();
  return reading.book.products.front().items.back();
}

TEST(ProductYaml, AnItemIsWhatItsFileSays) {
  const CloudItem read = read_item(
      item("title: B, from: 2024-01-01, window: day, by: [region], where: {region: mainland}, "
           "measure: {integral: level, in: second, each: [{times: count}]}, "
           "shape: [{round: {half_up: 1/6}}], tiers_count: all, money: {fee: {down: 2}}, "
           "price: {kernel: stairstep, per: 24, brackets: [{upto: 5, CNY: {flat: 125}}, "
           "{CNY: {flat: 125, base: 5, unit: 80}}]}"));
  EXPECT_EQ(read.name, "demo/b");
  EXPECT_EQ(read.code, "demo");
  EXPECT_EQ(base::to_rfc3339(*read.validity.from), "2023-12-31T16:00:00Z");
  EXPECT_EQ(read.window, WindowKind::day);
  EXPECT_EQ(read.where.front().values, (Words{"cn-hangzhou", "cn-beijing"}));
  EXPECT_EQ(read.measure.front().aggregate, Dim::Aggregate::integral);
  EXPECT_EQ(read.measure.front().unit, metering::TimeUnit::second);
  EXPECT_FALSE(std::get<metering::TimesOf>(read.measure.front().each.front()).is_attribute);
  const auto& round = std::get<metering::Round>(read.shape.front());
  EXPECT_EQ(*round.step.constant, Rational::ratio(1, 6));
  EXPECT_TRUE(read.covered_fills_tiers);
  EXPECT_EQ(read.money.fee->rounding, money::Rounding::toward_zero);
  EXPECT_EQ(read.price.kernel, Kernel::stairstep);
  EXPECT_EQ(read.price.per, Decimal::whole(24));
  const auto& brackets = read.price.rows.front().price->brackets;
  EXPECT_EQ(brackets[0].up_to, Decimal::whole(5));
  EXPECT_EQ(brackets[1].base, Decimal::whole(5));
  EXPECT_EQ(brackets[1].unit, Decimal::whole(80));
}

TEST(ProductYaml, WholeSlotsTakeTheDearestPrice) {
  const auto on_change = [](const std::string& rest) {
    return read_item(item(rest + one)).on_change;
  };
  using enum CloudItem::OnChange;
  EXPECT_EQ(on_change("measure: {up: up}, shape: [{round: {up: 1}}], "), dearest);
  EXPECT_EQ(on_change("measure: {up: up, shape: [{round: {down: 1}}]}, "), dearest);
  EXPECT_EQ(on_change("measure: {up: up, in: minute}, shape: [{round: {up: 60}}], "), dearest);
  EXPECT_EQ(on_change("measure: {up: up, in: day}, window: day, shape: [{round: {up: 1}}], "),
            dearest);
  EXPECT_EQ(on_change("measure: {up: up}, window: day, shape: [{round: {up: 1}}], "), split);
  EXPECT_EQ(on_change("measure: {up: up, in: minute}, shape: [{round: {up: 10}}], "), split);
  EXPECT_EQ(on_change("measure: {up: up}, shape: [{round: {half_up: 1}}], "), split);
  EXPECT_EQ(on_change("measure: {up: up}, "), split);
  EXPECT_EQ(on_change("measure: {up: up}, shape: [{round: {up: 1}}], times: [{max: level}], "),
            split);
  EXPECT_EQ(on_change("on_change: split, measure: {up: up}, shape: [{round: {up: 1}}], "), split);
}

TEST(ProductYaml, OnlyTheBooksCurrencyCounts) {
  const std::string text = item(sum +
                                "price: {keys: [region], rows: [{region: x, CNY: 7, USD: 1}, "
                                "{region: y, CNY: 8}, {region: z, free: true}]}");
  const auto rows = read_item(text).price.rows;
  EXPECT_EQ(rows[0].price->brackets.front().unit, Decimal::whole(7));
  const auto in_usd = read_item(text, usd_book).price.rows;
  EXPECT_EQ(in_usd[0].price->brackets.front().unit, Decimal::whole(1));
  EXPECT_FALSE(in_usd[1].price.has_value());
  EXPECT_TRUE(in_usd[2].is_free);
  EXPECT_TRUE(in_usd[2].price.has_value());
}

TEST(ProductYaml, ABookFillsItsPlaceholdersIn) {
  const std::string product =
      head + item(sum + "price: {keys: [region], rows: [{region: x, CNY: 7}, {CNY: placeholder}]}");
  const auto words_of = [&](const std::string& fill) {
    Words result;
    const Reading reading = read(product, cny_book + "placeholders: [" + fill + "]\n");
    for (const Finding& finding : reading.findings.list()) {
      result.push_back(finding.place.to_text() + ' ' + finding.word);
    }
    return result;
  };
  EXPECT_EQ(words_of("{item: demo/b, price: 2}"), Words{});
  EXPECT_EQ(words_of("{item: demo/b, where: {region: mainland}, price: 2}"), Words{});
  EXPECT_EQ(words_of("{item: demo/b}"), Words{"book.yaml:4 missing_price"});
  EXPECT_EQ(words_of("{item: demo/b, price: placeholder}"), Words{"book.yaml:4 missing_price"});
  EXPECT_EQ(words_of("{item: demo/c, price: 2}"), Words{"book.yaml:4 unknown_item"});
  EXPECT_EQ(words_of("{item: demo/b, where: {regio: x}, price: 2}"),
            Words{"book.yaml:4 unknown_attribute"});
  EXPECT_EQ(words_of("{item: demo/b, where: {region: x}, price: 2}"),
            Words{"book.yaml:4 no_placeholder"});
  EXPECT_EQ(words_of("{item: demo/b, brackets: [{upto: 5, CNY: 1}, {CNY: 2}]}"),
            Words{"book.yaml:4 wrong_kind"});

  const auto rows = [&](const std::string& fill) {
    return read(product, cny_book + "placeholders: [" + fill + "]\n")
        .book.products.front()
        .items.back()
        .price.rows;
  };
  const auto all = rows("{item: demo/b, price: 2}");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1].price->brackets.front().unit, Decimal::whole(2));
  const auto some = rows("{item: demo/b, where: {region: mainland}, price: 2, from: 2026-01-01}");
  ASSERT_EQ(some.size(), 3U);
  EXPECT_EQ(some[1].where.front().values, (Words{"cn-hangzhou", "cn-beijing"}));
  EXPECT_TRUE(some[1].validity.from.has_value());
  EXPECT_FALSE(some[2].price.has_value());
}

TEST(ProductYaml, TheHashCoversWhatAProductSays) {
  const auto hash = [](const std::string& price, const std::string& book = cny_book) {
    return read(head + item(sum + price), book).book.content_hash;
  };
  EXPECT_EQ(hash(one), hash("price: {CNY: 1.0, source: a page}, note: a doubt"));
  EXPECT_EQ(hash(one), hash("price: {CNY: 1, USD: 2}"));
  EXPECT_NE(hash(one), hash("price: {CNY: 2}"));
  EXPECT_NE(hash(one), hash(one + ", title: B"));
  EXPECT_NE(hash("price: {keys: [region], rows: [{region: x, CNY: 1}, {CNY: 2}]}"),
            hash("price: {keys: [region], rows: [{CNY: 2}, {region: x, CNY: 1}]}"));
  EXPECT_NE(
      hash("price: {CNY: placeholder}"),
      hash("price: {CNY: placeholder}", cny_book + "placeholders: [{item: demo/b, price: 2}]\n"));
}

TEST(ProductYaml, ADiffSaysWhatChanges) {
  const auto others = [](const std::string& from, const std::string& to) {
    return diff(read(from).book, read(to).book).others;
  };
  const std::string before =
      head + item(sum + "price: {keys: [region], rows: [{region: x, CNY: 1}, {CNY: 2}]}");
  EXPECT_EQ(others(before, before), Words{});
  EXPECT_EQ(others(before, head), Words{"removed: Demo, item demo/b"});
  EXPECT_EQ(others(head, before), Words{"added: Demo, item demo/b"});
  EXPECT_EQ(others(before, head + item(sum + "price: {keys: [region], rows: [{region: x, CNY: 3}, "
                                             "{CNY: 2}, {region: y, free: true}]}")),
            (Words{"Demo, item demo/b, row region x, CNY changes from '1' to '3'",
                   "added: Demo, item demo/b, row region y: free true, region y"}));
  EXPECT_EQ(others(before, head + item(sum + "price: {keys: [region], rows: [{CNY: 2}, {region: x, "
                                             "CNY: 1}]}")),
            Words{"Demo, item demo/b: what stands there has another order"});
}

TEST(ProductYaml, LimitsHold) {
  std::string deep = "product: demo\nname: Demo\nnote: &a [x]\n";
  for (char name = 'a'; name < 'k'; ++name) {
    const std::string before(1, name);
    const std::string next(1, static_cast<char>(name + 1));
    deep += std::string("n") + next + ": &" + next + " [";
    for (int i = 0; i < 9; ++i) deep += "*" + before + ", ";
    deep += "*" + before + "]\n";
  }
  EXPECT_EQ(read(deep).findings.list().front().word, "too_large");
  EXPECT_EQ(read("product: demo\nname: &a [*a]\n").findings.has_errors(), true);
  std::string rows;
  for (int i = 0; i < 5'001; ++i) rows += "{region: r" + std::to_string(i) + ", CNY: 1}, ";
  EXPECT_EQ(words(item(sum + "price: {keys: [region], rows: [" + rows + "]}")),
            Words{"10 too_large"});
}

TEST(ProductYaml, KeysOfTheFormatAreKnown) {
  for (const products::Mapping& mapping : products::mappings()) {
    EXPECT_FALSE(mapping.meaning.empty()) << mapping.name;
    for (const products::Key& key : mapping.keys) {
      EXPECT_FALSE(key.meaning.empty()) << mapping.name << ' ' << key.name;
    }
  }
}

}  // namespace
}  // namespace steelyard::pricebook
