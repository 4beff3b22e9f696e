#include "steelyard/charges/csv_cell.h"

#include <gtest/gtest.h>

namespace steelyard::charges {
namespace {

std::string cell(std::string_view text, bool is_number = false) {
  std::string to;
  append_csv_cell(text, is_number, to);
  return to;
}

TEST(CsvCell, a_text_that_a_spreadsheet_would_run_is_prefixed) {
  EXPECT_EQ(cell("=HYPERLINK(1)"), "'=HYPERLINK(1)");
  EXPECT_EQ(cell("+1"), "'+1");
  EXPECT_EQ(cell("-1"), "'-1");
  EXPECT_EQ(cell("@SUM(A1)"), "'@SUM(A1)");
  EXPECT_EQ(cell("\tx"), "'\tx");
  EXPECT_EQ(cell("=\"a\",b"), "\"'=\"\"a\"\",b\"");
  EXPECT_EQ(cell("a=b"), "a=b");
  EXPECT_EQ(cell(""), "");
}

TEST(CsvCell, a_number_is_written_as_it_is) {
  EXPECT_EQ(cell("-0.0008", true), "-0.0008");
  EXPECT_EQ(cell("1000", true), "1000");
  EXPECT_EQ(cell("-inf", true), "'-inf");
  EXPECT_EQ(cell("-1e-05", true), "'-1e-05");
}

TEST(CsvCell, only_digits_and_one_point_are_a_number) {
  for (const char* text : {"0", "-1", "12.50", "007"}) EXPECT_TRUE(is_csv_number(text)) << text;
  for (const char* text : {"", "-", ".", "1.", ".5", "1e5", "+1", "1 ", "--1", "1.2.3", "nan"}) {
    EXPECT_FALSE(is_csv_number(text)) << text;
  }
}

}  // namespace
}  // namespace steelyard::charges
