#include "steelyard/report/text_table.h"

#include <gtest/gtest.h>

namespace steelyard::report {
namespace {

TEST(TextTable, AlignsByCodePoints) {
  TextTable table({{"name"}, {"amount", Align::right}});
  table.add({"千问", "1.5"});
  table.add({"b", "12"});
  EXPECT_EQ(table.to_text(),
            "name  amount\n"
            "────  ──────\n"
            "千问       1.5\n"
            "b         12\n");
}

TEST(TextTable, NothingStandsBehindTheLastLetter) {
  TextTable table({{"a"}, {"b"}, {""}});
  table.add({"x", "", ""});
  table.add_rule();
  EXPECT_EQ(table.to_text(), "a  b\n─  ─\nx\n─  ─\n");
}

TEST(TextTable, GroupsDigitsBeforeThePointOnly) {
  EXPECT_EQ(grouped("1234567.89012"), "1,234,567.89012");
  EXPECT_EQ(grouped("-1000"), "-1,000");
  EXPECT_EQ(grouped("999"), "999");
  EXPECT_EQ(grouped(""), "");
}

TEST(TextTable, PointsStandUnderEachOther) {
  EXPECT_EQ(with_points_aligned({"1", "0.25", "10.5", ""}),
            (std::vector<std::string>{"1   ", "0.25", "10.5 ", "   "}));
}

TEST(TextTable, IndentsWhatIsNotEmpty) {
  EXPECT_EQ(indented("a\n\nb\n"), "  a\n\n  b\n");
  EXPECT_EQ(indented(""), "");
}

}  // namespace
}  // namespace steelyard::report
