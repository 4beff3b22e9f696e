// What is too much, too slow or no request. The real listener, over real sockets.
#include <gtest/gtest.h>

#include "steelyard/server/packed_for_tests.h"
#include "steelyard/server/server_for_tests.h"

namespace steelyard::server {
namespace {

using std::chrono::milliseconds;

/// Limits with which a test of time takes a moment.
ServerOptions hasty() {
  ServerOptions options;
  options.limits.head_time = milliseconds(150);
  options.limits.idle_time = milliseconds(500);
  options.limits.rate_grace = milliseconds(150);
  return options;
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

}  // namespace
}  // namespace steelyard::server
