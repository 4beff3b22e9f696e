#include "steelyard/charges/duckdb/wide_functions.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace steelyard::charges::duckdb {
namespace {

class WideFunctionsTest : public testing::Test {
 protected:
  WideFunctionsTest() {
    auto opened = open_database("", {});
    database_ = *std::move(opened);
    connection_ = connect(database_);
    EXPECT_TRUE(register_wide_functions(connection_).has_value());
  }

  /// Of the first column, a DECIMAL(38,12).
  std::vector<std::string> texts(const std::string& sql) {
    std::vector<std::string> all;
    const auto outcome = for_each_row(connection_, sql, [&](const Row& row) {
      all.push_back(row.is_null(0) ? "NULL" : row.decimal(0).to_text());
    });
    EXPECT_TRUE(outcome.has_value()) << outcome.error().detail;
    return all;
  }

  Database database_;
  Connection connection_;
};

TEST_F(WideFunctionsTest, a_number_stays_the_number_that_it_is) {
  EXPECT_EQ(texts("SELECT wide_quantity(n) FROM (VALUES (1::BIGINT), (-7), (0), (NULL), "
                  "(9223372036854775807), (-9223372036854775808)) AS t(n)"),
            (std::vector<std::string>{"1", "-7", "0", "NULL", "9223372036854775807",
                                      "-9223372036854775808"}));
  EXPECT_EQ(texts("SELECT wide_amount(n) FROM (VALUES (0.000000000001::DECIMAL(18,12)), "
                  "(-999999.999999999999), (NULL), (999999.999999999999)) AS t(n)"),
            (std::vector<std::string>{"0.000000000001", "-999999.999999999999", "NULL",
                                      "999999.999999999999"}));
}

TEST_F(WideFunctionsTest, constants_are_numbers_too) {
  EXPECT_EQ(texts("SELECT wide_quantity(-42::BIGINT) FROM range(3)"),
            (std::vector<std::string>{"-42", "-42", "-42"}));
  EXPECT_EQ(texts("SELECT wide_amount(NULL) FROM range(2)"),
            (std::vector<std::string>{"NULL", "NULL"}));
}

TEST_F(WideFunctionsTest, they_are_what_a_cast_would_be) {
  const std::string numbers =
      "(SELECT (hash(i) >> 1)::BIGINT - 4611686018427387904 AS n FROM "
      "range(10000) AS t(i))";
  EXPECT_EQ(texts("SELECT count(*)::DECIMAL(38,12) FROM " + numbers +
                  " WHERE wide_quantity(n) <> n::DECIMAL(38,12) OR wide_amount((n % "
                  "1000000000000000000 / 1e12)::DECIMAL(18,12)) <> (n % 1000000000000000000 / "
                  "1e12)::DECIMAL(18,12)::DECIMAL(38,12)"),
            std::vector<std::string>{"0"});
}

}  // namespace
}  // namespace steelyard::charges::duckdb
