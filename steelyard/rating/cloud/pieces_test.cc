#include "steelyard/rating/cloud/pieces.h"

#include "steelyard/rating/cloud/demo_book_for_tests.h"

namespace steelyard::rating::cloud {
namespace {

using metering::WindowKind;

const char* const product = R"(meters:
  instances: {kind: presence}
  gb:        {kind: counter}
attributes:
  created: {type: time}
items:
  - {item: demo/plain, unit: h, measure: {up: instances}, price: {CNY: 1}}
  - {item: demo/dated, unit: h, from: 2026-11-02, to: 2026-11-04, measure: {up: instances}, price: {CNY: 1}}
  - item: demo/raised
    unit: h
    measure: {up: instances}
    price: {rows: [{CNY: 1, to: "2026-11-02T10:30:00"}, {CNY: 2, from: "2026-11-02T10:30:00"}]}
  - item: demo/night
    unit: GB
    measure: {sum: gb}
    price: {rows: [{hours: 08:00-24:00, CNY: 0.50}, {hours: 00:00-08:00, CNY: 0.25}]}
  - item: demo/market
    unit: h
    measure: {up: instances}
    price: {protect: 1h, rows: [{CNY: 1}]}
)";

class Pieces : public testing::Test {
 protected:
  const PreparedItem& item(const std::string& name) const {
    for (const PreparedItem& each : catalog_.items()) {
      if (each.rule->name == name) return each;
    }
    ADD_FAILURE() << name;
    return catalog_.items().front();
  }

  Fact fact(const std::string& start, const std::string& end,
            const std::string_view created = "") const {
    Fact fact;
    fact.start = instant_at(start);
    fact.end = instant_at(end);
    fact.attributes = {created};
    return fact;
  }

  /// "10:00+1800..3600; …": the window, and seconds since it began.
  std::string cut(const std::string& name, WindowKind kind, const Fact& fact) {
    std::vector<Piece> pieces;
    const auto result = cutter_.cut_gauge(item(name), kind, fact, pieces);
    if (!result.has_value()) return std::string(base::name_of(result.error().code));
    std::string text;
    for (const Piece& each : pieces) {
      text += (text.empty() ? "" : "; ") + cutter_.calendar().to_text(each.window.from).substr(5) +
              '+' + std::to_string(each.from / 1'000'000'000) + ".." +
              std::to_string(each.to / 1'000'000'000);
    }
    return text;
  }

  pricebook::PriceBookSeries book_ = demo_book(product);
  Catalog catalog_{book_};
  Cutter cutter_{base::Calendar("Asia/Shanghai")};
};

TEST_F(Pieces, a_gauge_is_cut_at_windows) {
  const Fact three = fact("2026-11-02T09:30:00", "2026-11-02T11:15:00");
  EXPECT_EQ(cut("demo/plain", WindowKind::hour, three),
            "11-02T09:00+1800..3600; 11-02T10:00+0..3600; 11-02T11:00+0..900");
  EXPECT_EQ(cut("demo/plain", WindowKind::day, three), "11-02T00:00+34200..40500");
  EXPECT_EQ(cut("demo/plain", WindowKind::fact, three), "11-02T11:14:59+0..6300");
}

TEST_F(Pieces, an_end_at_an_edge_does_not_touch_the_next_window) {
  EXPECT_EQ(cut("demo/plain", WindowKind::hour, fact("2026-11-02T09:00:00", "2026-11-02T10:00:00")),
            "11-02T09:00+0..3600");
  EXPECT_EQ(cut("demo/plain", WindowKind::hour, fact("2026-11-02T09:59:59", "2026-11-02T10:00:01")),
            "11-02T09:00+3599..3600; 11-02T10:00+0..1");
}

TEST_F(Pieces, a_moment_is_one_piece_of_no_length) {
  EXPECT_EQ(cut("demo/plain", WindowKind::hour, fact("2026-11-02T10:00:00", "2026-11-02T10:00:00")),
            "11-02T10:00+0..0");
}

TEST_F(Pieces, midnight_and_month_end_are_edges_in_the_zone_of_the_book) {
  const Fact fact_over_both = fact("2026-10-31T23:30:00", "2026-11-01T00:30:00");
  EXPECT_EQ(cut("demo/plain", WindowKind::day, fact_over_both),
            "10-31T00:00+84600..86400; 11-01T00:00+0..1800");
  EXPECT_EQ(cut("demo/plain", WindowKind::month, fact_over_both),
            "10-01T00:00+2676600..2678400; 11-01T00:00+0..1800");
}

TEST_F(Pieces, only_what_lies_within_the_rule_counts) {
  EXPECT_EQ(cut("demo/dated", WindowKind::day, fact("2026-11-01T12:00:00", "2026-11-05T00:00:00")),
            "11-02T00:00+0..86400; 11-03T00:00+0..86400");
  EXPECT_EQ(cut("demo/dated", WindowKind::day, fact("2026-11-01T12:00:00", "2026-11-02T00:00:00")),
            "");
  EXPECT_EQ(cut("demo/dated", WindowKind::day, fact("2026-11-04T00:00:00", "2026-11-05T00:00:00")),
            "");
}

TEST_F(Pieces, a_new_price_cuts_a_window) {
  EXPECT_EQ(
      cut("demo/raised", WindowKind::hour, fact("2026-11-02T10:00:00", "2026-11-02T11:00:00")),
      "11-02T10:00+0..1800; 11-02T10:00+1800..3600");
}

TEST_F(Pieces, the_protection_of_a_market_price_ends_a_piece) {
  const Fact protected_fact = fact("2026-11-02T09:00:00", "2026-11-02T10:00:00",
                                   "2026-11-02T00:20:00Z");  // Until 09:20 in Shanghai.
  EXPECT_EQ(cut("demo/market", WindowKind::hour, protected_fact),
            "11-02T09:00+0..1200; 11-02T09:00+1200..3600");
  std::vector<Piece> pieces;
  ASSERT_TRUE(
      cutter_.cut_gauge(item("demo/market"), WindowKind::hour, protected_fact, pieces).has_value());
  EXPECT_EQ(pieces[0].moment.price_second, instant_at("2026-11-02T08:20:00").seconds);
  EXPECT_EQ(pieces[1].moment.price_second, instant_at("2026-11-02T09:20:00").seconds);
}

TEST_F(Pieces, a_gauge_has_at_most_ten_thousand) {
  Fact long_fact = fact("2026-01-01T00:00:00", "2027-02-21T16:00:00");
  std::vector<Piece> pieces;
  EXPECT_TRUE(
      cutter_.cut_gauge(item("demo/plain"), WindowKind::hour, long_fact, pieces).has_value());
  EXPECT_EQ(pieces.size(), 10'000U);
  ++long_fact.end.seconds;
  EXPECT_EQ(cut("demo/plain", WindowKind::hour, long_fact), "invalid_time");
}

TEST_F(Pieces, a_counter_is_one_piece_where_its_last_instant_lies) {
  struct {
    const char* start;
    const char* end;
    const char* window;
    bool straddles;
  } const cases[] = {
      {"2026-11-02T09:00:00", "2026-11-02T10:00:00", "2026-11-02T09:00", false},
      {"2026-11-02T10:00:00", "2026-11-02T10:00:00", "2026-11-02T10:00", false},
      {"2026-11-02T09:59:59", "2026-11-02T10:00:01", "2026-11-02T10:00", true},
      {"2026-11-01T00:00:00", "2026-11-02T10:00:00", "2026-11-02T09:00", true},
  };
  for (const auto& each : cases) {
    std::vector<Piece> pieces;
    bool straddles = false;
    cutter_.cut_counter(item("demo/plain"), WindowKind::hour, fact(each.start, each.end), pieces,
                        straddles);
    ASSERT_EQ(pieces.size(), 1U);
    EXPECT_EQ(cutter_.calendar().to_text(pieces[0].window.from), each.window);
    EXPECT_EQ(straddles, each.straddles) << each.start;
  }
}

TEST_F(Pieces, a_counter_outside_the_rule_has_none) {
  std::vector<Piece> pieces;
  bool straddles = false;
  cutter_.cut_counter(item("demo/dated"), WindowKind::hour,
                      fact("2026-11-03T23:00:00", "2026-11-04T00:00:00"), pieces, straddles);
  EXPECT_EQ(pieces.size(), 1U) << "its last instant is the last of the rule";
  cutter_.cut_counter(item("demo/dated"), WindowKind::hour,
                      fact("2026-11-03T23:00:00", "2026-11-04T00:00:01"), pieces, straddles);
  EXPECT_EQ(pieces.size(), 1U);
}

}  // namespace
}  // namespace steelyard::rating::cloud
