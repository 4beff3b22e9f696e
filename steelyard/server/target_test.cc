#include "steelyard/server/target.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace steelyard::server {
namespace {

TEST(Target, percent_encoding_is_strict) {
  EXPECT_EQ(*percent_decoded("a%20b%2Fc+d", false), "a b/c+d");
  EXPECT_EQ(*percent_decoded("a+b", true), "a b");
  EXPECT_EQ(*percent_decoded("%E4%B8%AD", false), "中");
  for (const std::string_view text :
       {"%", "a%4", "%g1", "%1g", "%00", "%0a", "%7f", "%ff", "%C0%AF", "%ED%A0%80"}) {
    EXPECT_FALSE(percent_decoded(text, false).has_value()) << text;
  }
}

TEST(Target, queries_are_taken_apart) {
  const auto query = parse_query("a=1&b=&a=2%263&c[d]=x=y");
  ASSERT_TRUE(query.has_value());
  ASSERT_EQ(query->size(), 4U);
  EXPECT_EQ((*query)[1].value, "");
  EXPECT_EQ((*query)[2].value, "2&3");
  EXPECT_EQ((*query)[3].name, "c[d]");
  EXPECT_EQ((*query)[3].value, "x=y");
  EXPECT_TRUE(parse_query("")->empty());
  for (const std::string_view text : {"a", "=1", "a=1&&b=2", "a=%", "%zz=1"}) {
    EXPECT_FALSE(parse_query(text).has_value()) << text;
  }
  std::string many = "a=1";
  for (int i = 1; i < 64; ++i) many += "&a=1";
  EXPECT_TRUE(parse_query(many).has_value());
  EXPECT_FALSE(parse_query(many + "&a=1").has_value());
}

RC_GTEST_PROP(Target, what_is_encoded_is_decoded, ()) {
  std::string text;
  for (const std::string& piece :
       *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(std::vector<std::string>{
           "a", "Z", "9", "-", "%", "%41", "+", "&", "=", " ", "/", "ä", "中", "😀", "\"", "~"}))) {
    text += piece;
  }
  RC_ASSERT(*percent_decoded(percent_encoded(text), false) == text);
  RC_ASSERT(*percent_decoded(percent_encoded(text), true) == text);
}

}  // namespace
}  // namespace steelyard::server
