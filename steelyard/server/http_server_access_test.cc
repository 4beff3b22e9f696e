// Who may what, and what is carried out once. The real listener, over real sockets.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "steelyard/server/access_matrix_for_tests.h"
#include "steelyard/server/server_for_tests.h"

namespace steelyard::server {
namespace {

TEST(HttpServer, credentials_decide) {
  DemoServer demo;
  const auto status = [&](const std::string& fields) {
    RawClient client(demo.server->port());
    return client.ask(request_text("GET /v1/things/a", fields)).status;
  };
  const std::string good = demo.authorization();
  EXPECT_EQ(status(good), 200);
  EXPECT_EQ(status(""), 401);
  EXPECT_EQ(status("Authorization: Basic YTpi\r\n"), 401);
  EXPECT_EQ(status("Authorization: Bearer nonsense\r\n"), 401);
  EXPECT_EQ(status(good + good), 401) << "two";
  EXPECT_EQ(status(demo.authorization(Role::ingest)), 403);
  RawClient client(demo.server->port());
  RawAnswer answer = client.ask(request_text("GET /v1/things/a"));
  EXPECT_NE(answer.field("WWW-Authenticate"), "");
  answer = client.ask(request_text("GET /v1/audit", demo.authorization(Role::finance)));
  EXPECT_NE(answer.body.find("`read_audit`"), std::string::npos) << "the scope is named";

  // S7: a key in a URL is refused, and shown by neither answer nor log.
  const std::string key = demo.keys_by_role.at(Role::root);
  for (std::string target : {"/v1/things/a?key=" + key, "/v1/" + key}) {
    answer = client.ask(request_text("GET " + target, good));
    EXPECT_EQ(code_of(answer), "key_in_url");
    EXPECT_EQ(answer.body.find(key.substr(20)), std::string::npos);
    target.replace(target.find("steelyard_"), 10, "steelyard%5F");
    EXPECT_EQ(code_of(client.ask(request_text("GET " + target, good))), "key_in_url");
  }
  // Revoked: from the next request on (S5).
  const std::string id = std::string(parse_api_key(key)->id);
  EXPECT_TRUE(demo.keys.revoke(id, Clock::system().wall()));
  EXPECT_EQ(status(good), 401);
  for (const auto& [role, each] : demo.keys_by_role) {
    EXPECT_EQ(demo.logged().find(each.substr(20)), std::string::npos);
  }
  EXPECT_NE(demo.logged().find(id), std::string::npos) << "its use is listed by key";
}

// S1, S2: every role with every kind of key on every route, as the tables say; and the tenant
// comes from the key whatever the request says.
TEST(HttpServer, every_role_may_what_its_table_says) {
  DemoServer demo;
  RawClient client(demo.server->port());
  std::map<std::string, std::string> keys;
  int number = 0;
  std::size_t allowed = 0;
  const auto cases = access_matrix(demo.server->routes());
  for (const AccessCase& each : cases) {
    std::string& key =
        keys[std::to_string(static_cast<int>(each.role)) + std::string(name_of(each.kind))];
    if (key.empty()) key = demo.key(each.role, each.kind);
    const int status = client
                           .ask(sample_request(*each.route, "Authorization: Bearer " + key + "\r\n",
                                               "k" + std::to_string(++number)))
                           .status;
    if (each.is_allowed) {
      ++allowed;
      EXPECT_LT(status, 300) << each.name();
      EXPECT_GE(status, 200) << each.name();
    } else {
      EXPECT_EQ(status, 403) << each.name();
    }
  }
  EXPECT_GT(allowed, 20U);
  EXPECT_GT(cases.size() - allowed, 60U);
  for (const auto& route : demo.server->routes().routes()) {
    if (!route->scope.has_value()) continue;
    EXPECT_EQ(client.ask(sample_request(*route, "")).status, 401) << route->operation_id;
  }
}

// TWIN: the same requests, the other tenant's key.
TEST(HttpServer, tenants_come_from_the_key_alone) {
  DemoServer demo;
  RawClient client(demo.server->port());
  const std::string twin =
      "Authorization: Bearer " + demo.key(Role::root, KeyKind::full, "twin") + "\r\n";
  EXPECT_EQ(client.ask(request_text("GET /v1/things/a", twin)).body,
            R"({"tenant":"twin","thing":"a","limit":10})");
  EXPECT_EQ(client.ask(request_text("GET /v1/things/a", twin + "X-Tenant: acme\r\n")).body,
            R"({"tenant":"twin","thing":"a","limit":10})");
  EXPECT_EQ(client.ask(request_text("GET /v1/things/a?tenant=acme", twin)).status, 422);

  // One tenant's Idempotency-Key is not another's.
  const std::string fields = json_type + "Idempotency-Key: same\r\n";
  const std::string body = R"({"name":"a"})";
  EXPECT_EQ(client.ask(request_text("POST /v1/things", twin + fields, body)).body,
            "{\"number\":1}");
  EXPECT_EQ(client.ask(request_text("POST /v1/things", demo.authorization() + fields, body)).body,
            "{\"number\":2}");
}

TEST(HttpServer, commands_are_carried_out_once) {
  DemoServer demo;
  RawClient client(demo.server->port());
  const auto create = [&](const std::string& key, const std::string& body) {
    return client.ask(request_text(
        "POST /v1/things",
        demo.authorization() + json_type + (key.empty() ? "" : "Idempotency-Key: " + key + "\r\n"),
        body));
  };
  EXPECT_EQ(code_of(create("", R"({"name":"a"})")), "idempotency_key_missing");
  EXPECT_EQ(code_of(create(std::string(129, 'k'), R"({"name":"a"})")), "idempotency_key_missing");
  RawAnswer answer = create("k1", R"({"name":"a"})");
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.field("Location"), "/v1/things/a");
  EXPECT_EQ(answer.field("Idempotent-Replayed"), "");
  answer = create("k1", R"({"name":"a"})");
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.body, "{\"number\":1}");
  EXPECT_EQ(answer.field("Location"), "/v1/things/a");
  EXPECT_EQ(answer.field("Idempotent-Replayed"), "true");
  EXPECT_EQ(code_of(create("k1", R"({"name":"b"})")), "idempotency_key_reused");
  EXPECT_EQ(demo.demo.commands, 1);

  // A refusal changed nothing: the key is free for the same command, and for a right one.
  EXPECT_EQ(create("k2", R"({"name":"poor"})").status, 402);
  EXPECT_EQ(create("k2", R"({"name":"poor"})").field("Idempotent-Replayed"), "");
  EXPECT_EQ(demo.demo.commands, 3);
  EXPECT_EQ(create("k2", R"({"name":"b"})").status, 201);
  EXPECT_EQ(code_of(create("k2", R"({"name":"poor"})")), "idempotency_key_reused");
  EXPECT_FALSE(create("k3", R"({"name":"full"})").field("Retry-After").empty());
  EXPECT_EQ(create("k3", R"({"name":"full"})").status, 507);
  EXPECT_EQ(demo.demo.commands, 6);

  // What is wrong with the body uses up no key.
  answer = create("k4", R"({"name":"a","tenant_id":"x","amount":1.5})");
  EXPECT_EQ(code_of(answer), "invalid_body");
  const auto errors = nlohmann::json::parse(answer.body)["errors"];
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_EQ(errors[0]["place"], "#/tenant_id");
  EXPECT_EQ(code_of(create("k4", R"({"name":"a","name":"b"})")), "malformed_json");
  EXPECT_EQ(create("k4", R"({"name":"a"})").status, 201);
}

}  // namespace
}  // namespace steelyard::server
