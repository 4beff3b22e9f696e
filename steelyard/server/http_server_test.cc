// The real listener on a free port, spoken to over real sockets.
#include "steelyard/server/http_server.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "steelyard/server/packed_for_tests.h"
#include "steelyard/server/server_for_tests.h"

namespace steelyard::server {
namespace {

using std::chrono::milliseconds;

TEST(HttpServer, answers_what_the_table_says) {
  DemoServer demo;
  RawClient client(demo.server->port());
  RawAnswer answer = client.ask(
      request_text("GET /v1/things/a%2Fb?limit=7", demo.authorization(Role::tenant_viewer)));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"tenant":"acme","thing":"a/b","limit":7})");
  EXPECT_EQ(answer.field("Content-Type"), "application/json");
  EXPECT_EQ(answer.field("Cache-Control"), "no-store");
  EXPECT_EQ(answer.field("X-Content-Type-Options"), "nosniff");
  EXPECT_NE(answer.field("X-Request-Id"), "");
  EXPECT_NE(answer.field("Date"), "");
  EXPECT_EQ(answer.field("RateLimit-Limit"), "100000");
  EXPECT_EQ(answer.field("Connection"), "") << "it stays open";

  // The same connection goes on, also behind refusals.
  answer = client.ask(request_text("GET /v1/things/a", demo.authorization(Role::tenant_viewer)));
  EXPECT_EQ(answer.body, R"({"tenant":"acme","thing":"a","limit":10})");
  answer = client.ask(request_text("GET /v1/nothing"));
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(code_of(answer), "route_not_found");
  EXPECT_EQ(answer.field("Content-Type"), "application/problem+json");
  answer = client.ask(request_text("PUT /v1/things/a", demo.authorization()));
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.field("Allow"), "GET, HEAD, DELETE");
  answer = client.ask(request_text("DELETE /v1/things/a", demo.authorization()));
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.field("Content-Length"), "");
  client.send(request_text("HEAD /v1/things/a", demo.authorization()));
  answer = client.receive(true);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.field("Content-Length"), "40");
  answer = client.ask(request_text("GET /v1/audit", demo.authorization()));
  EXPECT_EQ(answer.body, "[]") << "from a worker";
}

TEST(HttpServer, bodies_arrive_whole_and_unpacked) {
  DemoServer demo;
  RawClient client(demo.server->port());
  const std::string auth = demo.authorization(Role::ingest) + ndjson;
  std::string body;
  for (int i = 0; i < 40'000; ++i) body += "{\"line\":" + std::to_string(i) + "}\n";
  const auto seen = [&] {
    const std::lock_guard lock(demo.demo.mutex);
    return demo.demo.last_body;
  };
  EXPECT_EQ(client.ask(request_text("POST /v1/events", auth, body)).status, 200);
  EXPECT_EQ(seen(), body);
  EXPECT_EQ(
      client
          .ask(request_text("POST /v1/events", auth + "Content-Encoding: gzip\r\n", gzipped(body)))
          .status,
      200);
  EXPECT_EQ(seen(), body);
  EXPECT_EQ(client
                .ask(request_text("POST /v1/events", auth + "Content-Encoding: zstd\r\n",
                                  zstandard(body)))
                .status,
            200);
  EXPECT_EQ(seen(), body);
  EXPECT_EQ(client
                .ask(request_text("POST /v1/events", auth + "Transfer-Encoding: chunked\r\n") +
                     "3\r\n{}\n\r\n4\r\n{}\r\n\r\n0\r\n\r\n")
                .status,
            200);
  EXPECT_EQ(seen(), "{}\n{}\r\n");
  // Empty, in both ways.
  EXPECT_EQ(client.ask(request_text("POST /v1/events", auth + "Content-Length: 0\r\n")).status,
            200);
  EXPECT_EQ(seen(), "");
  EXPECT_EQ(client
                .ask(request_text("POST /v1/events", auth + "Transfer-Encoding: chunked\r\n") +
                     "0\r\n\r\n")
                .status,
            200);

  // Byte by byte, then two requests in one piece.
  const std::string two = request_text("POST /v1/events", auth, "{}\n") +
                          request_text("POST /v1/events", auth, "{\"second\":1}\n");
  for (const char c : two) ASSERT_TRUE(client.send({&c, 1}));
  EXPECT_EQ(client.receive().body, "{\"bytes\":3}");
  EXPECT_EQ(client.receive().body, "{\"bytes\":13}");
  client.send(two);
  EXPECT_EQ(client.receive().body, "{\"bytes\":3}");
  EXPECT_EQ(client.receive().body, "{\"bytes\":13}");
}

TEST(HttpServer, holds_of_one_connection_wait_together_and_are_answered_in_order) {
  DemoServer demo;
  demo.demo.answers_later = true;
  RawClient client(demo.server->port());
  const auto hold = [&](const std::string& body) {
    return request_text("POST /v1/holds/later", demo.authorization() + ndjson, body);
  };
  client.send(hold("1") + hold("2") + hold("3"));
  std::vector<Reply> replies = demo.demo.take_later(3);
  // What comes while they wait is started too, also in pieces.
  client.send(hold("4") + hold("5").substr(0, 20));
  client.send(hold("5").substr(20));
  for (Reply& each : demo.demo.take_later(2)) replies.push_back(std::move(each));
  ASSERT_EQ(replies.size(), 5U);
  std::string order;
  for (const Reply& each : replies) order += each.request().body;
  EXPECT_EQ(order, "12345");
  for (std::size_t i = replies.size(); i-- > 0;) {
    replies[i].send(Response::json(std::string(replies[i].request().body)));
  }
  for (const char* body : {"1", "2", "3", "4", "5"}) EXPECT_EQ(client.receive().body, body);
  EXPECT_EQ(client.ask(request_text("GET /v1/audit", demo.authorization())).status, 200);
}

TEST(HttpServer, what_may_not_overtake_waits_for_what_was_sent_before) {
  DemoServer demo;
  demo.demo.answers_later = true;
  RawClient client(demo.server->port());
  const std::string hold = request_text("POST /v1/holds/later", demo.authorization() + ndjson, "1");
  const std::string thing =
      request_text("POST /v1/things", demo.authorization() + json_type + "Idempotency-Key: k-1\r\n",
                   R"({"name":"t1"})");
  client.send(hold + thing + request_text("GET /v1/nothing") + hold);
  std::vector<Reply> first = demo.demo.take_later(1);
  std::this_thread::sleep_for(milliseconds(30));
  EXPECT_EQ(demo.demo.commands, 0) << "another request waits for the hold";
  first.front().send(Response::json("1"));
  EXPECT_EQ(client.receive().body, "1");
  EXPECT_EQ(client.receive().status, 201);
  EXPECT_EQ(client.receive().status, 404);
  demo.demo.take_later(1).front().send(Response::json("2"));
  EXPECT_EQ(client.receive().body, "2");

  // The body that does not come holds up no answer.
  client.send(hold + hold.substr(0, hold.size() - 1));
  demo.demo.take_later(1).front().send(Response::json("3"));
  EXPECT_EQ(client.receive().body, "3");
  client.send(hold.substr(hold.size() - 1));
  demo.demo.take_later(1).front().send(Response::json("4"));
  EXPECT_EQ(client.receive().body, "4");
  // Nor does what is no request.
  client.send(hold + "nonsense\r\n\r\n" + hold);
  demo.demo.take_later(1).front().send(Response::json("5"));
  EXPECT_EQ(client.receive().body, "5");
  EXPECT_EQ(client.receive().status, 400);
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(demo.demo.later.size(), 0U);
}

TEST(HttpServer, expect_continue_is_answered_or_refused_before_the_body) {
  DemoServer demo;
  RawClient client(demo.server->port());
  const std::string expect = "Expect: 100-continue\r\nContent-Length: 3\r\n";
  client.send(request_text("POST /v1/events", demo.authorization(Role::ingest) + ndjson + expect));
  EXPECT_EQ(client.receive(true).status, 100);
  client.send("{}\n");
  EXPECT_EQ(client.receive().status, 200);
  client.send(request_text("POST /v1/events", ndjson + expect));
  EXPECT_EQ(client.receive().status, 401);
  EXPECT_TRUE(client.is_closed()) << "nobody knows whether the body comes";
  // Nothing that it has sent must be thrown away first.
  const auto is_gone = [&] {
    return demo.metrics.text().find("steelyard_http_connections 0\n") != std::string::npos;
  };
  for (int i = 0; i < 300 && !is_gone(); ++i) std::this_thread::sleep_for(milliseconds(10));
  EXPECT_TRUE(is_gone());
}

/// Who asks and does not wait for the answer meets no closed socket with its body.
TEST(HttpServer, a_body_that_comes_behind_its_refusal_is_thrown_away) {
  DemoServer demo;
  RawClient client(demo.server->port());
  client.send(request_text("POST /v1/events",
                           ndjson + "Expect: 100-continue\r\nContent-Length: 30000\r\n"));
  EXPECT_EQ(client.receive().status, 401);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(client.send(std::string(10'000, ' '))) << i;
  EXPECT_TRUE(client.is_closed()) << "by an end, not by a reset";
}

TEST(HttpServer, a_field_of_an_answer_stands_once) {
  Response response = Response().with("Retry-After", "1").with("Retry-After", "2");
  response.with("Retry-After", "3");
  ASSERT_EQ(response.fields.size(), 1U);
  EXPECT_EQ(response.fields.front().second, "3");
}

TEST(HttpServer, handlers_cannot_end_the_server) {
  DemoServer demo;
  RawClient client(demo.server->port());
  RawAnswer answer = client.ask(request_text("GET /v1/throws"));
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.body.find("canary"), std::string::npos);
  EXPECT_NE(demo.logged().find("canary"), std::string::npos);
  EXPECT_NE(demo.logged().find(answer.field("X-Request-Id")), std::string::npos);
  answer = client.ask(request_text("GET /v1/forgets"));
  EXPECT_EQ(code_of(answer), "internal_error");
  EXPECT_EQ(client.ask(request_text("GET /health")).status, 200);
}

TEST(HttpServer, says_how_it_is) {
  DemoServer demo;
  RawClient client(demo.server->port());
  EXPECT_EQ(client.ask(request_text("GET /health")).body, "{\"status\":\"alive\"}\n");
  EXPECT_EQ(client.ask(request_text("GET /ready")).status, 200);
  demo.is_ready = false;
  const RawAnswer not_ready = client.ask(request_text("GET /ready"));
  EXPECT_EQ(not_ready.status, 503);
  EXPECT_NE(not_ready.body.find("replaying the log"), std::string::npos);
  EXPECT_EQ(client.ask(request_text("GET /health")).status, 200);
  const RawAnswer metrics = client.ask(request_text("GET /metrics"));
  EXPECT_EQ(metrics.status, 200);
  EXPECT_NE(metrics.body.find("steelyard_http_requests_total{route=\"health\",status=\"200\"} 2"),
            std::string::npos);
  const RawAnswer openapi = client.ask(request_text("GET /openapi.json"));
  EXPECT_TRUE(nlohmann::json::parse(openapi.body)["paths"].contains("/v1/things/{thing}"));
  EXPECT_TRUE(nlohmann::json::parse(openapi.body)["paths"].contains("/docs"));
  const RawAnswer docs = client.ask(request_text("GET /docs"));
  EXPECT_NE(docs.field("Content-Security-Policy").find("default-src 'none'"), std::string::npos);
  EXPECT_EQ(docs.field("Referrer-Policy"), "no-referrer");
  for (const char* path : {"/docs/style.css", "/docs/script.js"}) {
    EXPECT_NE(docs.body.find(path), std::string::npos);
    EXPECT_EQ(client.ask(request_text(std::string("GET ") + path)).status, 200);
  }
}

TEST(HttpServer, refuses_to_speak_plainly_to_the_world) {
  BareParts bare;
  const auto start = [&](ServerOptions options) {
    return HttpServer::start(std::move(options), RouteTable(), bare.parts());
  };
  ServerOptions options;
  options.address = "0.0.0.0";
  auto refused = start(options);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().detail,
            "keys and usage would cross the network in the clear on 0.0.0.0: give a TLS "
            "certificate and key, listen on 127.0.0.1, or say --insecure if a proxy in front does "
            "TLS");
  options.is_insecure = true;
  const auto open = start(options);
  ASSERT_TRUE(open.has_value());
  options.address = "localhost";
  EXPECT_FALSE(start(options).has_value());
  options.address = "127.0.0.1";
  options.port = (*open)->port();
  refused = start(options);
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().detail.find("Address already in use"), std::string::npos);
}

}  // namespace
}  // namespace steelyard::server
