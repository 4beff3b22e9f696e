#include "steelyard/server/body_schema.h"

#include <gtest/gtest.h>

namespace steelyard::server {
namespace {

/// "place: detail" of each finding, or "good".
std::string check(const std::string& schema, std::string_view body, BodySchemas& schemas) {
  const auto read = schemas.read(schema);
  if (!read.has_value()) return read.error().detail;
  json::Document document;
  EXPECT_TRUE(document.parse_copy(body)) << body;
  std::string text;
  for (const ProblemItem& item : read->check(document)) {
    text += (text.empty() ? "" : "\n") + item.place + ": " + item.detail;
  }
  return text.empty() ? "good" : text;
}

std::string check(const std::string& schema, std::string_view body) {
  BodySchemas schemas;
  return check(schema, body, schemas);
}

const std::string thing = R"({"type":"object","required":["name"],"properties":{
  "name":{"type":"string","minLength":2,"maxLength":4},
  "amount":{"type":"string","format":"decimal"},
  "count":{"type":"integer","minimum":-5,"maximum":10},
  "at":{"type":"string","format":"date-time"},
  "day":{"type":"string","format":"date"},
  "kind":{"type":"string","enum":["big","small"]},
  "is":{"type":["boolean","null"]},
  "lines":{"type":"array","minItems":1,"maxItems":2,
           "items":{"type":"object","properties":{"a/b":{"type":"number"}}}},
  "tags":{"type":"object","additionalProperties":{"type":"string"}},
  "free":{"type":"object","additionalProperties":true},
  "either":{"oneOf":[{"type":"string"},{"type":"array","items":{"type":"integer"}}]}}})";

TEST(BodySchema, good_bodies_pass) {
  EXPECT_EQ(check(thing, R"({"name":"ab"})"), "good");
  EXPECT_EQ(
      check(thing, R"({"name":"中文中文","amount":"-12.50","count":-5,"at":"2026-11-22T08:00:03Z",
      "day":"2024-02-29","kind":"big","is":null,"lines":[{"a/b":1.5e3}],"tags":{"x":"y"},
      "free":{"a":[1]},"either":[1,2]})"),
      "good");
  EXPECT_EQ(check(thing, R"({"name":"ab","either":"x","is":true,"count":10})"), "good");
}

// S3, and every error names its value and place.
TEST(BodySchema, what_is_wrong_is_named_with_its_place) {
  EXPECT_EQ(check(thing, "[]"), "#: must be an object");
  EXPECT_EQ(check(thing, "{}"), "#/name: is missing");
  EXPECT_EQ(check(thing, R"({"name":"ab","tenant_id":"x"})"),
            "#/tenant_id: is not known; known are name, amount, count, at, day, kind, is, lines, "
            "tags, free, either");
  EXPECT_EQ(check(thing, R"({"name":"ab","amout":"1"})"),
            "#/amout: is not known; did you mean 'amount'?");
  EXPECT_EQ(check(thing, R"({"name":"a"})"), "#/name: must have at least 2 characters");
  EXPECT_EQ(check(thing, R"({"name":"abcde"})"), "#/name: must have at most 4 characters, not 5");
  EXPECT_EQ(check(thing, R"({"name":7})"), "#/name: must be a string");
  EXPECT_EQ(check(thing, R"({"name":"ab","amount":"1e5"})"),
            "#/amount: \"1e5\" must be a decimal as \"12.50\", with at most 12 decimals");
  EXPECT_EQ(check(thing, R"({"name":"ab","amount":1})"), "#/amount: must be a string");
  EXPECT_EQ(check(thing, R"({"name":"ab","count":11})"), "#/count: 11 must be at most 10");
  EXPECT_EQ(check(thing, R"({"name":"ab","count":-6})"), "#/count: -6 must be at least -5");
  EXPECT_EQ(check(thing, R"({"name":"ab","count":1.5})"), "#/count: must be a whole number");
  EXPECT_EQ(check(thing, R"({"name":"ab","count":1e400})"), "#/count: must be a whole number");
  EXPECT_EQ(check(thing, R"({"name":"ab","count":99999999999999999999})"),
            "#/count: must be a whole number");
  EXPECT_EQ(check(thing, R"({"name":"ab","at":"yesterday"})"),
            "#/at: \"yesterday\" must be a time as 2026-11-22T08:00:03Z");
  EXPECT_EQ(check(thing, R"({"name":"ab","day":"2026-02-29"})"),
            "#/day: \"2026-02-29\" must be a date as 2026-11-22");
  EXPECT_EQ(check(thing, R"({"name":"ab","kind":"huge"})"),
            "#/kind: \"huge\" must be one of big, small");
  EXPECT_EQ(check(thing, R"({"name":"ab","is":1})"), "#/is: must be true or false or null");
  EXPECT_EQ(check(thing, R"({"name":"ab","lines":[]})"), "#/lines: must have at least 1 elements");
  EXPECT_EQ(check(thing, R"({"name":"ab","lines":[{},{"a/b":"x"},{}]})"),
            "#/lines/1/a~1b: must be a number\n#/lines: must have at most 2 elements, not 3");
  EXPECT_EQ(check(thing, R"({"name":"ab","tags":{"x":1}})"), "#/tags/x: must be a string");
  EXPECT_EQ(check(thing, R"({"name":"ab","either":[1,"2"]})"),
            "#/either/1: must be a whole number");
  EXPECT_EQ(check(thing, R"({"name":"ab","either":{}})"), "#/either: must be a string or an array");
}

TEST(BodySchema, findings_are_bounded) {
  std::string body = R"({"name":"ab")";
  for (int i = 0; i < 100; ++i) body += ",\"x" + std::to_string(i) + "\":1";
  BodySchemas schemas;
  const auto schema = schemas.read(thing);
  json::Document document;
  ASSERT_TRUE(document.parse_copy(body + "}"));
  EXPECT_EQ(schema->check(document).size(), 20U);
}

TEST(BodySchema, references_and_mistakes_in_schemas) {
  BodySchemas schemas;
  ASSERT_TRUE(schemas.add_named("Thing", thing).has_value());
  EXPECT_FALSE(schemas.add_named("Thing", thing).has_value());
  const std::string list = R"({"type":"array","items":{"$ref":"#/components/schemas/Thing"}})";
  EXPECT_EQ(check(list, R"([{"name":"ab"},{}])", schemas), "#/1/name: is missing");
  for (const auto& [schema, what] : std::vector<std::pair<std::string, std::string>>{
           {"{", "schema # is no JSON"},
           {"[]", "schema # is no object"},
           {R"({"typ":"string"})", "schema #/typ is a word that is not known"},
           {R"({"type":"text"})", "schema #/type is no type"},
           {R"({"minimum":1.5})", "schema #/minimum is no whole number"},
           {R"({"format":"email"})", "schema #/format is none of date-time, date, decimal"},
           {R"({"$ref":"#/components/schemas/X"})",
            "schema #/$ref refers to what is not added yet"},
           {R"({"required":["a"]})", "schema # requires 'a', which is no property"}}) {
    EXPECT_EQ(check(schema, "{}", schemas), what);
  }
}

}  // namespace
}  // namespace steelyard::server
