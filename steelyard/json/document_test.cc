#include "steelyard/json/document.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "steelyard/base/limits.h"

namespace steelyard::json {
namespace {

/// "read", or what was wrong and where.
std::string outcome(const std::string& text) {
  Document document;
  if (document.parse_copy(text)) return "read";
  return std::string(document.error().what) + " at " + std::to_string(document.error().offset);
}

std::uint64_t fingerprint(const std::string& text) {
  Document document;
  EXPECT_TRUE(document.parse_copy(text)) << text;
  return document.fingerprint();
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

// Source: the grammar of RFC 8259.
TEST(Document, json_texts_are_read) {
  for (const char* const text : {"null",
                                 "true",
                                 "false",
                                 "0",
                                 "-1.5e-3",
                                 "\"\"",
                                 "\"x\"",
                                 "[]",
                                 "{}",
                                 "[ ]",
                                 "{ }",
                                 "[1]",
                                 "[1,2]",
                                 "[[],[[]],{}]",
                                 R"({"":0})",
                                 R"({"a":{"b":[null,true,"c"]},"d":-0})",
                                 " \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : null } \n",
                                 "[\"\\u0000\"]",
                                 "\"\x7f\"",
                                 "[1E400,-1e-400,123456789012345678901234567890]"}) {
    EXPECT_EQ(outcome(text), "read") << text;
  }
}

TEST(Document, other_texts_are_refused) {
  for (const char* const text : {"",
                                 " ",
                                 "\n",
                                 "nul",
                                 "nulll",
                                 "True",
                                 "NULL",
                                 "tru",
                                 "truefalse",
                                 "undefined",
                                 "NaN",
                                 "-Infinity",
                                 "'x'",
                                 "x",
                                 "\"",
                                 "\"x",
                                 "\"x\\",
                                 "\"x\\\"",
                                 "[",
                                 "]",
                                 "[1",
                                 "[1,",
                                 "[1,]",
                                 "[,1]",
                                 "[,]",
                                 "[1 2]",
                                 "[1,,2]",
                                 "[1]]",
                                 "[1}",
                                 "{",
                                 "}",
                                 "{]",
                                 "{\"a\"",
                                 "{\"a\":",
                                 "{\"a\":1",
                                 "{\"a\":1,",
                                 "{\"a\":1,}",
                                 "{,}",
                                 "{a:1}",
                                 "{'a':1}",
                                 "{1:1}",
                                 "{null:1}",
                                 "{\"a\" 1}",
                                 "{\"a\"::1}",
                                 "{\"a\":1 \"b\":2}",
                                 "{\"a\":}",
                                 "{:1}",
                                 "{\"a\",1}",
                                 "1 2",
                                 "{} {}",
                                 "[]//",
                                 "/**/[]",
                                 "[1/**/]",
                                 "01",
                                 "1.",
                                 ".1",
                                 "+1",
                                 "0x1",
                                 "1e",
                                 "-",
                                 "[-]",
                                 "\xef\xbb\xbf{}",
                                 "\xc2\xa0[]",
                                 "[]\f",
                                 "[]\v",
                                 "[\"\x1f\"]",
                                 "[\"\xff\"]",
                                 "\xff",
                                 "{\"\xff\":1}",
                                 "[\"\\x\"]"}) {
    EXPECT_NE(outcome(text), "read") << text;
  }
}

TEST(Document, a_nul_is_no_white_space) {
  using namespace std::string_literals;
  for (const std::string& text :
       {"\0"s, "1\0"s, "[\0]"s, "\0[]"s, "[]\0"s, "\"\0\""s, "{\"a\0\":1}"s, "1\0002"s}) {
    EXPECT_NE(outcome(text), "read") << text;
  }
}

TEST(Document, an_error_says_what_and_where) {
  EXPECT_EQ(outcome("[1,x]"), "a value was expected at 3");
  EXPECT_EQ(outcome(R"({"a":1,"a":2})"), "a name stands twice in one object at 10");
  EXPECT_EQ(outcome("[1] 2"), "something follows the value at 4");
  EXPECT_EQ(outcome("[\"a\xff\"]"), "a byte that is no UTF-8 at 3");
  EXPECT_EQ(outcome("[1"), "',' or ']' was expected at 2");
  EXPECT_EQ(outcome("[\"abc"), "the text ends inside a string at 5");
  EXPECT_EQ(outcome("{\"a\":"), "the text ends too early at 5");
  EXPECT_EQ(outcome("[01]"), "a number may not begin with 0 at 1");
}

/// What stands behind the text is not looked at: "1" in a line "1234" is 1.
TEST(Document, a_text_ends_where_it_ends) {
  const std::string line = "[1,2]\n3,\"x\"]}" + std::string(Document::padding, ' ');
  Document document;
  ASSERT_TRUE(document.parse(std::string_view(line).substr(0, 5)));
  EXPECT_EQ(document.nodes().size(), 3u);
  const std::string cut = "[\"ab\n\"]" + std::string(Document::padding, ' ');
  EXPECT_FALSE(document.parse(std::string_view(cut).substr(0, 4)));
  EXPECT_EQ(document.error().offset, 4u);
  const std::string open = "[tru\ne]" + std::string(Document::padding, ' ');
  EXPECT_FALSE(document.parse(std::string_view(open).substr(0, 4)));
}

TEST(Document, values_may_be_nested_16_deep) {
  static_assert(limits::json_depth_max == 16);
  EXPECT_EQ(outcome(nested(16)), "read");
  EXPECT_EQ(outcome(nested(17)), "values are nested too deeply at 16");
  EXPECT_EQ(outcome(std::string(1'000'000, '[')), "values are nested too deeply at 16");
  std::string objects = "1";
  for (int i = 0; i < 16; ++i) objects = "{\"a\":" + objects + "}";
  EXPECT_EQ(outcome(objects), "read");
  EXPECT_EQ(outcome("[" + objects + "]").substr(0, 27), "values are nested too deepl");
  // Side by side is not deep.
  EXPECT_EQ(outcome("[" + nested(15) + "," + nested(15) + "]"), "read");
}

// RFC 7493, section 2.3.
TEST(Document, a_name_stands_once_in_an_object) {
  for (const char* const text :
       {R"({"a":1,"a":1})", R"({"a":1,"b":2,"a":3})", R"({"":1,"":2})", R"({"a":1,"\u0061":2})",
        R"({"\u0061":1,"\u0061":2})", R"({"/":1,"\/":2})", "{\"\u00e9\":1,\"\\u00e9\":2}",
        R"({"😀":1,"\ud83d\ude00":2})", R"([{"x":{"a":1,"a":null}}])"}) {
    EXPECT_NE(outcome(text).find("stands twice"), std::string::npos) << text;
  }
  for (const char* const text :
       {R"({"a":1,"A":2})", R"({"a":1,"a ":2})", R"({"a":{"a":{"a":1}}})", R"([{"a":1},{"a":2}])",
        R"({"a":{"b":1},"c":{"b":1},"b":1})", "{\"\u00e9\":1,\"e\u0301\":2}"}) {
    EXPECT_EQ(outcome(text), "read") << text;
  }
}

TEST(Document, a_name_stands_once_among_many) {
  for (const int count : {23, 24, 25, 26, 64, 65, 1000}) {
    for (const int twin : {-1, 0, 1, count / 2, count - 1}) {
      std::string text = "{";
      for (int i = 0; i < count; ++i) {
        text += "\"name" + std::to_string(i) + "\":{\"name0\":[]},";
      }
      text += "\"name" + std::to_string(twin) + "\":0}";
      EXPECT_EQ(outcome(text) == "read", twin == -1) << count << ' ' << twin;
      EXPECT_EQ(outcome("{\"name0\":" + text + "}") == "read", twin == -1) << count << ' ' << twin;
    }
  }
}

TEST(Document, values_stand_in_the_order_of_the_text) {
  Document document;
  ASSERT_TRUE(document.parse_copy(R"( {"a":[1,{"b":"x\ty"}],"c":-2.50,"\u0064":true} )"));
  const Object root(document, document.root());
  const Node* const list = root.find(word("a"));
  ASSERT_NE(list, nullptr);
  EXPECT_EQ(list->type, Type::array);
  EXPECT_EQ(document.text(*list), R"([1,{"b":"x\ty"}])");
  EXPECT_EQ(document.name(*list), "a");
  std::string texts;
  Object(document, *list).each([&](const Node& element) {
    texts += std::string(document.text(element)) + ';';
    EXPECT_TRUE(document.name(element).empty());
    EXPECT_EQ(element.word, 0u);
  });
  EXPECT_EQ(texts, R"(1;{"b":"x\ty"};)");
  EXPECT_EQ(document.text(*Object(document, document.nodes()[3]).find(word("b"))), "x\ty");
  EXPECT_EQ(document.text(*root.find(word("c"))), "-2.50");
  EXPECT_EQ(document.name(*root.find(word("d"))), "d");
  EXPECT_EQ(root.find(word("b")), nullptr);
  EXPECT_EQ(document.nodes().size(), 7u);
  EXPECT_EQ(Object().find(word("a")), nullptr);
}

TEST(Document, whole_numbers_are_ready) {
  Document document;
  ASSERT_TRUE(document.parse_copy("[7,7.0,-7,999999999999999999,1000000000000000000,true]"));
  const auto nodes = document.nodes();
  EXPECT_TRUE(nodes[1].is_whole && nodes[1].whole == 7);
  EXPECT_FALSE(nodes[2].is_whole || nodes[3].is_whole || nodes[5].is_whole || nodes[6].is_whole);
  EXPECT_TRUE(nodes[4].is_whole && nodes[4].whole == 999999999999999999);
  EXPECT_EQ(nodes[6].whole, 1u);
}

/// Nothing of a text is left for the next.
TEST(Document, is_used_again) {
  Document document;
  ASSERT_TRUE(document.parse_copy(R"({"\u0061":"\n","b":[1,2,3],"c":7})"));
  const std::uint64_t first = document.fingerprint();
  EXPECT_FALSE(document.parse_copy(R"({"\u0062":[[[{"a":1,"b":)"));
  ASSERT_TRUE(document.parse_copy(R"({"c":"","b":{"a":"x"}})"));
  EXPECT_EQ(document.nodes().size(), 4u);
  EXPECT_FALSE(document.nodes()[1].is_whole || document.nodes()[1].name_is_unescaped ||
               document.nodes()[1].is_unescaped);
  ASSERT_TRUE(document.parse_copy(R"({"c":7,"b":[1,2,3],"a":"\u000a"})"));
  EXPECT_EQ(document.fingerprint(), first);
}

TEST(Document, fingerprint_is_of_the_value_and_not_of_the_text) {
  const std::uint64_t event = fingerprint(R"({"a":[1,{"x":"A"}],"b":1000,"c":null})");
  for (const char* const text :
       {R"({"c":null,"b":1000,"a":[1,{"x":"A"}]})", R"({"a":[1,{"x":"\u0041"}],"b":1e3,"c":null})",
        " { \"\\u0061\" : [ 1.0 , {\"x\":\"A\"} ] ,\n\"b\":1000.0,\t\"c\":null}\r\n"}) {
    EXPECT_EQ(fingerprint(text), event) << text;
  }
}

/// Values that look alike: each has a fingerprint of its own, at the top, in an object and in
/// an array.
TEST(Document, other_values_have_other_fingerprints) {
  constexpr std::array texts = {
      "null",
      "true",
      "false",
      "0",
      "1",
      "-1",
      "2",
      "-2",
      "3",
      "5",
      "-5",
      "0.5",
      "-0.5",
      "10",
      "\"\"",
      "\"0\"",
      "\"1\"",
      "\"null\"",
      "\"false\"",
      "\"a\"",
      "\"b\"",
      "\"a \"",
      "\"[]\"",
      "[]",
      "[[]]",
      "[[],[]]",
      "[[[]]]",
      "[{}]",
      "[null]",
      "[0]",
      "[1]",
      "[false]",
      "[0,0]",
      "[0,1]",
      "[1,0]",
      "[[0],1]",
      "[0,[1]]",
      "[[0,1]]",
      "[\"\"]",
      "{}",
      R"({"":null})",
      R"({"":0})",
      R"({"":""})",
      R"({"a":null})",
      R"({"a":0})",
      R"({"a":{}})",
      R"({"a":[]})",
      R"({"a":1,"b":2})",
      R"({"a":2,"b":1})",
      R"({"a":{"b":1}})",
      R"({"b":{"a":1}})",
      R"({"a":{},"b":1})",
      R"({"a":{"b":1},"c":2})",
      R"({"a":{"c":2},"b":1})",
      "{\"a\":\"b\"}",
      R"({"b":"a"})",
      "[\"a\",\"b\"]",
      "1e1000000000000000",
      "1e10000000000000000",
  };
  for (const char* const a : texts) {
    for (const char* const b : texts) {
      const std::string left = a;
      const std::string right = b;
      EXPECT_EQ(fingerprint(left) == fingerprint(right), a == b) << a << ' ' << b;
      EXPECT_EQ(fingerprint("{\"x\":" + left + "}") == fingerprint("{\"x\":" + right + "}"), a == b)
          << a << ' ' << b;
      EXPECT_EQ(fingerprint("[" + left + "]") == fingerprint("[" + right + "]"), a == b);
    }
  }
}

}  // namespace
}  // namespace steelyard::json
