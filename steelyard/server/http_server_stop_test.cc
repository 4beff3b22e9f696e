// How a server ends. The real listener, over real sockets.
#include <gtest/gtest.h>

#include "steelyard/server/server_for_tests.h"

namespace steelyard::server {
namespace {

using std::chrono::milliseconds;

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
  BareParts bare;
  auto server = HttpServer::start({}, std::move(table), bare.parts());
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

}  // namespace
}  // namespace steelyard::server
