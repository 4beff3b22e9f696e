// The real listener on a free port, spoken to over real sockets.
#include "steelyard/server/http_server.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "steelyard/server/access_matrix_for_tests.h"
#include "steelyard/server/packed_for_tests.h"
#include "steelyard/server/server_for_tests.h"

namespace steelyard::server {
namespace {

using std::chrono::milliseconds;

const std::string ndjson = "Content-Type: application/x-ndjson\r\n";
const std::string json_type = "Content-Type: application/json\r\n";

std::string code_of(const RawAnswer& answer) {
  const auto json = nlohmann::json::parse(answer.body, nullptr, false);
  return json.is_object() ? json.value("code", "none") : "none";
}

/// Limits with which a test of time takes a moment.
ServerOptions hasty() {
  ServerOptions options;
  options.limits.head_time = milliseconds(150);
  options.limits.idle_time = milliseconds(500);
  options.limits.rate_grace = milliseconds(150);
  return options;
}

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

TEST(HttpServer, holds_that_wait_are_answered_when_the_client_sends_no_more_or_the_server_stops) {
  ServerOptions options;
  options.limits.drain_time = milliseconds(50);
  DemoServer demo(options);
  demo.demo.answers_later = true;
  RawClient client(demo.server->port());
  const std::string hold = request_text("POST /v1/holds/later", demo.authorization() + ndjson, "1");
  client.send(hold + hold);
  std::vector<Reply> replies = demo.demo.take_later(2);
  client.end();
  std::this_thread::sleep_for(milliseconds(10));
  for (Reply& each : replies) each.send(Response::json("1"));
  EXPECT_EQ(client.receive().status, 200);
  EXPECT_EQ(client.receive().status, 200);
  EXPECT_TRUE(client.is_closed());

  RawClient other(demo.server->port());
  other.send(hold + hold + hold);
  replies = demo.demo.take_later(3);
  replies.front().send(Response::json("1"));
  EXPECT_EQ(other.receive().status, 200);
  EXPECT_FALSE(demo.server->stop());
  RawAnswer answer = other.receive();
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.field("Connection"), "");
  answer = other.receive();
  EXPECT_EQ(code_of(answer), "stopping");
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_TRUE(other.is_closed());
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
  for (int i = 0; i < 100 && !is_gone(); ++i) std::this_thread::sleep_for(milliseconds(10));
  EXPECT_TRUE(is_gone());
}

// S14: 400 and the connection ends, so that what follows is never read as a request.
TEST(HttpServer, smuggled_requests_are_never_seen) {
  DemoServer demo;
  const std::string auth = demo.authorization(Role::ingest) + ndjson;
  const std::string inner = request_text("DELETE /v1/things/a", demo.authorization());
  for (const std::string& request : {
           "POST /v1/events HTTP/1.1\r\nHost: a\r\n" + auth +
               "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner,
           "POST /v1/events HTTP/1.1\r\nHost: a\r\n" + auth +
               "Content-Length: 0\r\nContent-Length: 0\r\n\r\n" + inner,
           "POST /v1/events HTTP/1.1\r\nHost: a\r\n" + auth + "X: a\r\n b\r\n\r\n" + inner,
           "POST /v1/events HTTP/1.1\r\nHost: a\r\n" + auth + "Content-Length : 0\r\n\r\n" + inner,
           "POST /v1/events HTTP/1.1\nHost: a\n\n" + inner,
           "POST /v1/events HTTP/1.1\r\nHost: a\r\n" + auth +
               "Transfer-Encoding: chunked\r\n\r\n0;x\r\n\r\n" + inner,
           "POST /v1/events HTTP/1.1\r\nHost: a\r\n" + auth +
               "Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n" + inner,
           "POST /v1/events HTTP/1.1\r\nHost: a\r\n" + auth +
               "Transfer-Encoding: chunked\r\n\r\n1\nx\n0\n\n" + inner,
       }) {
    RawClient client(demo.server->port());
    const RawAnswer answer = client.ask(request);
    EXPECT_EQ(answer.status, 400) << request;
    EXPECT_EQ(code_of(answer), "malformed_request");
    EXPECT_EQ(answer.field("Connection"), "close");
    EXPECT_EQ(client.receive().status, 0) << "one answer, not two: " << request;
    EXPECT_TRUE(client.is_closed());
  }
  EXPECT_EQ(demo.logged().find("remove_thing"), std::string::npos);
}

TEST(HttpServer, head_limits_are_kept) {
  DemoServer demo;
  const auto outcome = [&](const std::string& bytes) {
    RawClient client(demo.server->port());
    client.send(bytes);
    const RawAnswer answer = client.receive();
    EXPECT_TRUE(client.is_closed());
    return code_of(answer);
  };
  EXPECT_EQ(outcome("GET /" + std::string(9'000, 'a')), "request_line_too_long");
  EXPECT_EQ(outcome("GET /" + std::string(9'000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n"),
            "request_line_too_long");
  // S15: without a line end, before anybody has said who he is.
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\nX: " + std::string(17'000, 'a')), "head_too_large");
  std::string fields;
  for (int i = 0; i < 70; ++i) fields += "X: 1\r\n";
  EXPECT_EQ(outcome(request_text("GET /health", fields)), "head_too_large");
}

// C5
TEST(HttpServer, slow_senders_are_cut_off) {
  DemoServer demo(hasty());
  {
    RawClient client(demo.server->port());
    client.send("GET /hea");
    const RawAnswer answer = client.receive();
    EXPECT_EQ(code_of(answer), "request_timeout");
    EXPECT_TRUE(client.is_closed());
  }
  {
    RawClient client(demo.server->port());
    client.send(request_text(
        "POST /v1/events", demo.authorization(Role::ingest) + ndjson + "Content-Length: 100\r\n"));
    client.send("{");
    const RawAnswer answer = client.receive();
    EXPECT_EQ(answer.status, 408);
    EXPECT_TRUE(client.is_closed());
  }
  {
    // A byte now and then keeps no head open: its time begins with its first byte.
    RawClient client(demo.server->port());
    bool is_open = true;
    for (int i = 0; i < 60 && is_open; ++i) {
      is_open = client.send("G");
      std::this_thread::sleep_for(milliseconds(10));
    }
    EXPECT_EQ(client.receive().status, 408);
  }
  RawClient idle(demo.server->port());
  EXPECT_EQ(idle.ask(request_text("GET /health")).status, 200);
  EXPECT_TRUE(idle.is_closed()) << "without a word";
}

// E12, E13, E14, S16
TEST(HttpServer, body_limits_are_kept) {
  ServerOptions options;
  options.limits.body_bytes = 100'000;
  options.limits.unpacked_bytes = 1'000'000;
  DemoServer demo(options);
  const std::string auth = demo.authorization(Role::ingest) + ndjson;
  const auto ask = [&](const std::string& request) {
    RawClient client(demo.server->port());
    return code_of(client.ask(request));
  };
  EXPECT_EQ(ask(request_text("POST /v1/events", auth + "Content-Length: 100001\r\n")),
            "body_too_large");
  std::string chunks = request_text("POST /v1/events", auth + "Transfer-Encoding: chunked\r\n");
  for (int i = 0; i < 30; ++i) chunks += "fa0\r\n" + std::string(4'000, 'x') + "\r\n";
  EXPECT_EQ(ask(chunks), "body_too_large");
  const std::string gzip = auth + "Content-Encoding: gzip\r\n";
  EXPECT_EQ(ask(request_text("POST /v1/events", gzip, gzipped(std::string(900'000, '\n')))),
            "body_too_large")
      << "ratio";
  EXPECT_EQ(ask(request_text("POST /v1/events", auth + "Content-Encoding: br\r\n", "x")),
            "unsupported_encoding");
  EXPECT_EQ(ask(request_text("POST /v1/events", gzip, "no gzip")), "archive_is_damaged");
  EXPECT_EQ(ask(request_text("POST /v1/events", gzip + "Content-Encoding: gzip\r\n", "x")),
            "unsupported_encoding");
  EXPECT_EQ(ask(request_text("POST /v1/events", demo.authorization(), "x")),
            "unsupported_media_type");
  EXPECT_EQ(ask(request_text("GET /health", "", "x")), "unsupported_media_type");
  EXPECT_EQ(ask(request_text("GET /docs", "Accept: image/png\r\n")), "not_acceptable");
  EXPECT_EQ(ask(request_text("GET /docs", "Accept: text/html;q=0\r\n")), "not_acceptable");
  // Ranges are not supported: the whole is sent.
  RawClient client(demo.server->port());
  EXPECT_EQ(client.ask(request_text("GET /health", "Range: bytes=0-1,0-1,0-1\r\n")).status, 200);
}

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

TEST(HttpServer, a_field_of_an_answer_stands_once) {
  Response response = Response().with("Retry-After", "1").with("Retry-After", "2");
  response.with("Retry-After", "3");
  ASSERT_EQ(response.fields.size(), 1U);
  EXPECT_EQ(response.fields.front().second, "3");
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

TEST(HttpServer, rates_and_open_requests_are_limited) {
  ServerOptions options;
  options.worker_threads = 2;
  Clock stopped = Clock::system();
  stopped.steady = [] { return std::chrono::nanoseconds(0); };
  DemoServer demo(options, {.per_second = 1, .burst = 3, .concurrent = 1}, stopped);
  demo.demo.may_answer = false;
  RawClient client(demo.server->port());
  RawClient other(demo.server->port());
  const std::string auth = demo.authorization();
  other.send(request_text("GET /v1/waits", auth));
  demo.demo.wait_for_waiting();
  RawAnswer answer = client.ask(request_text("GET /v1/things/a", auth));
  EXPECT_EQ(code_of(answer), "too_many_open_requests");
  EXPECT_GE(std::stoi(answer.field("Retry-After")), 1);
  demo.demo.may_answer = true;
  EXPECT_EQ(other.receive().status, 200);
  for (int i = 0; i < 2; ++i) {
    answer = client.ask(request_text("GET /v1/things/a", auth));
    // The first one's place is given back a moment after its answer.
    if (answer.status == 429 && code_of(answer) == "too_many_open_requests") --i;
  }
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.field("RateLimit-Remaining"), "0");
  do {
    answer = client.ask(request_text("GET /v1/things/a", auth));
  } while (code_of(answer) == "too_many_open_requests");
  EXPECT_EQ(code_of(answer), "rate_limited");
  EXPECT_GE(std::stoi(answer.field("Retry-After")), 1);
  EXPECT_LE(std::stoi(answer.field("Retry-After")), 3);
  EXPECT_EQ(client.ask(request_text("GET /v1/things/a", demo.authorization(Role::auditor))).status,
            200)
      << "another key has its own";
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

// A14
TEST(HttpServer, stops_when_requests_have_ended) {
  DemoServer demo;
  demo.demo.may_answer = false;
  RawClient idle(demo.server->port());
  RawClient waiting(demo.server->port());
  EXPECT_EQ(idle.ask(request_text("GET /health")).status, 200);
  waiting.send(request_text("GET /v1/waits"));
  demo.demo.wait_for_waiting();
  std::thread stopper([&] { EXPECT_TRUE(demo.server->stop()); });
  EXPECT_TRUE(idle.is_closed());
  demo.demo.may_answer = true;
  const RawAnswer answer = waiting.receive();
  EXPECT_EQ(answer.body, "\"waited\"");
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_TRUE(waiting.is_closed());
  stopper.join();
  EXPECT_FALSE(RawClient(demo.server->port()).is_connected());
}

TEST(HttpServer, stops_in_time_whatever_handlers_do) {
  ServerOptions options;
  options.limits.drain_time = milliseconds(100);
  DemoServer demo(options);
  demo.demo.may_answer = false;
  RawClient waiting(demo.server->port());
  waiting.send(request_text("GET /v1/waits"));
  demo.demo.wait_for_waiting();
  std::thread stopper([&] { EXPECT_FALSE(demo.server->stop()); });
  const RawAnswer answer = waiting.receive();
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(code_of(answer), "stopping");
  demo.demo.may_answer = true;
  stopper.join();
}

TEST(HttpServer, replies_may_come_when_the_server_is_gone) {
  std::optional<Reply> kept;
  std::mutex mutex;
  RouteTable table;
  table.add({.method = Method::get,
             .path = "/keep",
             .operation_id = "keep",
             .summary = "Keeps its Reply",
             .tag = "Test",
             .handler = [&](Reply reply) {
               const std::lock_guard lock(mutex);
               kept.emplace(std::move(reply));
             }});
  KeyStore keys{Secret("pepper")};
  const auto idempotency = idempotency_in_memory();
  Metrics metrics;
  const auto log = StructuredLog::to([](std::string_view) {}, Clock::system(), LogLevel::error);
  ServerParts parts;
  parts.keys = &keys;
  parts.idempotency = idempotency.get();
  parts.metrics = &metrics;
  parts.log = log.get();
  auto server = HttpServer::start({}, std::move(table), std::move(parts));
  ASSERT_TRUE(server.has_value());
  RawClient client((*server)->port());
  client.send(request_text("GET /keep"));
  while (true) {
    const std::lock_guard lock(mutex);
    if (kept.has_value()) break;
  }
  server->reset();
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(kept->request().path, "/keep") << "the request lives as long as its Reply";
  kept->send(Response::no_content());
  kept.reset();
}

TEST(HttpServer, refuses_to_speak_plainly_to_the_world) {
  KeyStore keys{Secret("pepper")};
  const auto idempotency = idempotency_in_memory();
  Metrics metrics;
  const auto log = StructuredLog::to([](std::string_view) {}, Clock::system(), LogLevel::error);
  ServerParts parts;
  parts.keys = &keys;
  parts.idempotency = idempotency.get();
  parts.metrics = &metrics;
  parts.log = log.get();
  const auto start = [&](ServerOptions options) {
    return HttpServer::start(std::move(options), RouteTable(), parts);
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
