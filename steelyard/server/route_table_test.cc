#include "steelyard/server/route_table.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "steelyard/server/openapi.h"
#include "steelyard/server/parameters.h"
#include "steelyard/server/server_for_tests.h"

namespace steelyard::server {
namespace {

Route small(Method method, std::string path, std::string id,
            std::vector<Parameter> parameters = {}) {
  return {.method = method,
          .path = std::move(path),
          .operation_id = std::move(id),
          .summary = "Small",
          .tag = "Test",
          .parameters = std::move(parameters),
          .handler = [](const Request&) { return Response::no_content(); }};
}

TEST(RouteTable, fixed_segments_go_before_parameters) {
  RouteTable table;
  const Parameter name{.name = "name", .in = ParameterIn::path};
  table.add(small(Method::get, "/a/{name}", "one", {name}));
  table.add(small(Method::get, "/a/list", "list"));
  table.add(small(Method::get, "/a/{name}/x", "deep", {name}));
  table.add(small(Method::remove, "/a/{name}", "remove", {name}));
  table.add(small(Method::get, "/", "root"));
  const auto id_of = [&](Method method, std::string_view path) {
    const auto match = table.match(method, path);
    return match.route == nullptr ? std::string("none") : match.route->operation_id;
  };
  EXPECT_EQ(id_of(Method::get, "/a/b"), "one");
  EXPECT_EQ(id_of(Method::head, "/a/b"), "one");
  EXPECT_EQ(id_of(Method::get, "/a/list"), "list");
  EXPECT_EQ(id_of(Method::get, "/a/list/x"), "deep") << "a thing may be called list";
  EXPECT_EQ(id_of(Method::remove, "/a/b"), "remove");
  EXPECT_EQ(id_of(Method::get, "/"), "root");
  EXPECT_EQ(table.match(Method::get, "/a/b%2Fc/x").path_values.front(), "b%2Fc");
  for (const char* path : {"/a", "/a/", "/a/b/", "/a/b/y", "/b", "/a/b/x/y"}) {
    EXPECT_EQ(id_of(Method::get, path), "none") << path;
    EXPECT_TRUE(table.match(Method::get, path).allowed.empty()) << path;
  }
  const auto match = table.match(Method::post, "/a/b");
  EXPECT_EQ(match.route, nullptr);
  EXPECT_EQ(match.allowed, (std::vector<Method>{Method::get, Method::head, Method::remove}));
}

TEST(RouteTableDeathTest, a_wrong_table_ends_the_process) {
  const auto add = [](Route route) {
    RouteTable table;
    table.add(small(Method::get, "/a", "a"));
    table.add(std::move(route));
  };
  EXPECT_DEATH(add(small(Method::get, "/a", "b")), "check failed");
  EXPECT_DEATH(add(small(Method::post, "/a", "a")), "check failed");
  EXPECT_DEATH(add(small(Method::get, "/{x}", "b")), "check failed");
  Route route = small(Method::get, "/b", "b");
  route.problems = {"no_such_word"};
  EXPECT_DEATH(add(std::move(route)), "check failed");
  Route schema = small(Method::post, "/b", "b");
  schema.contents = {{.media_type = "application/json", .schema = "{\"typ\":1}"}};
  EXPECT_DEATH(add(std::move(schema)), "is a word that is not known");
}

/// "place detail" of everything wrong with a query of the demo's get_thing.
std::string wrong_with(const std::string& query, const std::string& thing = "t1") {
  DemoRoutes demo;
  const RouteTable table = demo.table();
  const std::string path = "/v1/things/" + thing;
  const auto match = table.match(Method::get, path);
  Request request;
  std::string text;
  for (const ProblemItem& item : read_parameters(*match.route, match.path_values, query, request)) {
    text += item.place + " " + item.detail + "\n";
  }
  return text;
}

TEST(Parameters, are_checked_by_the_table) {
  EXPECT_EQ(wrong_with(""), "");
  EXPECT_EQ(wrong_with("limit=100&from=2026-11-01T00:00:00%2B08:00&kind=big&kind=small"), "");
  EXPECT_EQ(wrong_with("limit=0"), "query: limit \"0\" must be a whole number, 1 to 100\n");
  EXPECT_EQ(wrong_with("limit=1x"), "query: limit \"1x\" must be a whole number, 1 to 100\n");
  EXPECT_EQ(wrong_with("limit=99999999999999999999"),
            "query: limit \"99999999999999999999\" must be a whole number, 1 to 100\n");
  EXPECT_EQ(wrong_with("limit="), "query: limit \"\" must be a whole number, 1 to 100\n");
  EXPECT_EQ(wrong_with("limit=1&limit=2"), "query: limit must stand once\n");
  EXPECT_EQ(wrong_with("limt=1"), "query: limt is not known; did you mean 'limit'?\n");
  EXPECT_EQ(wrong_with("tenant=x"), "query: tenant is not known; known are limit, from, kind\n");
  EXPECT_EQ(wrong_with("from=yesterday"),
            "query: from \"yesterday\" must be a time as 2026-11-22T08:00:03Z\n");
  EXPECT_EQ(wrong_with("kind=huge"), "query: kind \"huge\" must be one of big, small\n");
  EXPECT_EQ(wrong_with("limit"), "query parameter 1 of the query is not NAME=VALUE\n");
  EXPECT_EQ(wrong_with("", std::string(129, 'a')),
            "path: thing \"" + std::string(60, 'a') + "\" must be 1 to 128 characters\n");
  EXPECT_EQ(wrong_with("", "a%20b%E4%B8%AD"), "");
}

TEST(OpenApi, describes_every_route_once) {
  DemoRoutes demo;
  const RouteTable table = demo.table();
  const std::string text = openapi_document(table, "1.2.3");
  EXPECT_EQ(text, openapi_document(table, "1.2.3")) << "the same table, the same bytes";
  const auto document = nlohmann::json::parse(text);
  EXPECT_EQ(document["openapi"], "3.1.0");
  std::size_t operations = 0;
  for (const auto& [path, methods] : document["paths"].items()) {
    for (const auto& [method, operation] : methods.items()) {
      ++operations;
      EXPECT_FALSE(operation["responses"].empty()) << path;
      EXPECT_TRUE(operation.contains("security")) << path;
    }
  }
  EXPECT_EQ(operations, table.routes().size());
  const auto& create = document["paths"]["/v1/things"]["post"];
  EXPECT_EQ(create["x-scope"], "manage_accounts");
  EXPECT_EQ(create["parameters"][0]["$ref"], "#/components/parameters/Idempotency-Key");
  EXPECT_EQ(document["components"]["schemas"]["Thing"]["additionalProperties"], false);
  EXPECT_TRUE(create["responses"].contains("409"));
  const auto& get = document["paths"]["/v1/things/{thing}"]["get"];
  EXPECT_EQ(get["parameters"][1]["schema"]["maximum"], 100);
  EXPECT_EQ(get["parameters"][1]["schema"]["default"], 10);

  // Every reference leads somewhere.
  for (std::size_t at = text.find("\"$ref\": \"#/"); at != std::string::npos;
       at = text.find("\"$ref\": \"#/", at + 1)) {
    const std::size_t begin = at + 10;
    const std::string pointer = text.substr(begin, text.find('"', begin) - begin);
    EXPECT_NO_THROW(document.at(nlohmann::json::json_pointer(pointer))) << pointer;
  }
}

TEST(OpenApi, page_and_reference_show_every_route) {
  DemoRoutes demo;
  RouteTable table = demo.table();
  Route evil = small(Method::get, "/evil", "evil");
  evil.description = "<script>alert(1)</script> & `code`";
  table.add(std::move(evil));
  const std::string page = docs_page(table, "1.2.3");
  const std::string reference = http_reference(table);
  for (const auto& route : table.routes()) {
    EXPECT_NE(page.find("<article id=\"" + route->operation_id + "\""), std::string::npos);
    EXPECT_NE(reference.find("### " + std::string(name_of(route->method)) + " " + route->path),
              std::string::npos);
  }
  for (const ProblemRow& row : problem_rows()) {
    EXPECT_NE(page.find("id=\"problem-" + std::string(row.word) + "\""), std::string::npos);
  }
  EXPECT_EQ(page.find("<script>alert"), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;alert(1)&lt;/script&gt; &amp; <code>code</code>"),
            std::string::npos);
  // Nothing from elsewhere, nothing inline that the policy would block.
  EXPECT_EQ(page.find("http://"), std::string::npos);
  EXPECT_EQ(page.find("https://"), std::string::npos);
  EXPECT_EQ(page.find(" style="), std::string::npos);
  EXPECT_EQ(page.find(" onclick="), std::string::npos);
}

TEST(OpenApi, an_example_can_be_pasted) {
  DemoRoutes demo;
  const RouteTable table = demo.table();
  EXPECT_EQ(curl_example(*table.match(Method::post, "/v1/things").route),
            "curl \"$STEELYARD_URL/v1/things\" \\\n"
            "  -H \"Authorization: Bearer $STEELYARD_KEY\" \\\n"
            "  -H \"Idempotency-Key: $(uuidgen)\" \\\n"
            "  -H \"Content-Type: application/json\" \\\n"
            "  -d '{\"name\":\"t1\"}'");
  EXPECT_EQ(curl_example(*table.match(Method::remove, "/v1/things/x").route),
            "curl -X DELETE \"$STEELYARD_URL/v1/things/t1\" \\\n"
            "  -H \"Authorization: Bearer $STEELYARD_KEY\"");
}

}  // namespace
}  // namespace steelyard::server
