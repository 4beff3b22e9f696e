#include "steelyard/charges/duckdb/connection.h"

#include <gtest/gtest.h>

namespace steelyard::charges::duckdb {
namespace {

TEST(DuckdbConnection, a_statement_that_fails_is_told_in_words_of_duckdb_or_ours) {
  const Database database = open_database("", {}).value();
  const auto refused = ask(connect(database), "SELECT nothing");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::store_failed);
  EXPECT_NE(refused.error().detail.find("nothing"), std::string::npos);

  // As where there was no memory for them: no answer, and nothing said.
  duckdb_result none{};
  EXPECT_EQ(duckdb_result_error(&none), nullptr);
  EXPECT_FALSE(words_of(duckdb_result_error(&none)).empty());
}

}  // namespace
}  // namespace steelyard::charges::duckdb
