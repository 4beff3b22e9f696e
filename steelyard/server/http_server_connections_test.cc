// Many connections at once: threads and limits. The real listener, over real sockets.
#include <gtest/gtest.h>

#include "steelyard/server/server_for_tests.h"

namespace steelyard::server {
namespace {

using std::chrono::milliseconds;

/// Two threads share the connections; the one that accepts them has every other one.
ServerOptions two_threads() {
  ServerOptions options;
  options.io_threads = 2;
  return options;
}

std::string hold_of(DemoServer& demo, const std::string& body) {
  return request_text("POST /v1/holds/later", demo.authorization() + ndjson, body);
}

std::string gauge_of_connections(DemoServer& demo) {
  const std::string text = demo.metrics.text();
  const std::string name = "\nsteelyard_http_connections ";
  const std::size_t at = text.find(name) + name.size();
  return text.substr(at, text.find('\n', at) - at);
}

/// They end on threads of their own, a moment later.
void expect_no_connections(DemoServer& demo) {
  for (int i = 0; i < 500 && gauge_of_connections(demo) != "0"; ++i) {
    std::this_thread::sleep_for(milliseconds(10));
  }
  EXPECT_EQ(gauge_of_connections(demo), "0");
}

using Clients = std::vector<std::unique_ptr<RawClient>>;

Clients connect(DemoServer& demo, int count) {
  Clients clients;
  for (int i = 0; i < count; ++i) {
    clients.push_back(std::make_unique<RawClient>(demo.server->port()));
  }
  return clients;
}

/// Each answer has the body of its request; the last request is answered first.
void answer_backwards(std::vector<Reply> replies) {
  for (std::size_t i = replies.size(); i-- > 0;) {
    replies[i].send(Response::json(std::string(replies[i].request().body)));
  }
}

TEST(HttpServer, a_thread_that_is_held_up_holds_up_its_own_connections_only) {
  DemoServer demo(two_threads());
  const Clients clients = connect(demo, 2);
  for (const auto& each : clients) {
    EXPECT_EQ(each->ask(request_text("GET /health")).status, 200);
  }
  demo.demo.may_answer = false;
  clients[1]->send(request_text("GET /v1/waits/here"));
  demo.demo.wait_for_waiting();
  EXPECT_EQ(clients[0]->ask(request_text("GET /health")).status, 200);
  demo.demo.may_answer = true;
  EXPECT_EQ(clients[1]->receive().body, "\"waited\"");
}

TEST(HttpServer, requests_on_many_connections_of_two_threads_are_each_answered_on_its_own) {
  constexpr int count = 40;
  DemoServer demo(two_threads());
  demo.demo.answers_later = true;
  const Clients clients = connect(demo, count);
  for (int round = 0; round < 5; ++round) {
    const auto body_of = [&](int i) { return std::to_string(round) + "-" + std::to_string(i); };
    for (int i = 0; i < count; ++i) clients[i]->send(hold_of(demo, body_of(i)));
    std::vector<Reply> replies = demo.demo.take_later(count);
    ASSERT_EQ(replies.size(), std::size_t{count});
    std::vector<Reply> half;
    for (int i = 0; i < count / 2; ++i) {
      half.push_back(std::move(replies.back()));
      replies.pop_back();
    }
    // Answers come from threads that are none of the server's.
    std::thread other([&] { answer_backwards(std::move(half)); });
    answer_backwards(std::move(replies));
    for (int i = 0; i < count; ++i) EXPECT_EQ(clients[i]->receive().body, body_of(i));
    other.join();
  }
}

TEST(HttpServer, what_is_under_way_on_two_threads_is_answered_before_a_stop) {
  constexpr int count = 40;
  DemoServer demo(two_threads());
  demo.demo.answers_later = true;
  const Clients clients = connect(demo, count);
  for (int i = 0; i < count; ++i) clients[i]->send(hold_of(demo, std::to_string(i)));
  std::vector<Reply> replies = demo.demo.take_later(count);
  std::thread stopper([&] { EXPECT_TRUE(demo.server->stop()); });
  while (RawClient(demo.server->port()).is_connected()) {
    std::this_thread::sleep_for(milliseconds(1));
  }
  answer_backwards(std::move(replies));
  for (int i = 0; i < count; ++i) {
    const RawAnswer answer = clients[i]->receive();
    EXPECT_EQ(answer.body, std::to_string(i));
    EXPECT_EQ(answer.field("Connection"), "close");
    EXPECT_TRUE(clients[i]->is_closed());
  }
  stopper.join();
  EXPECT_EQ(gauge_of_connections(demo), "0");
}

// C4: the connection that is idle longest makes room; others than idle ones stay.
TEST(HttpServer, there_is_room_for_one_more) {
  ServerOptions options;
  options.limits.connections = 4;
  options.io_threads = 1;
  DemoServer demo(options);
  std::vector<std::unique_ptr<RawClient>> idle;
  for (int i = 0; i < 4; ++i) {
    idle.push_back(std::make_unique<RawClient>(demo.server->port()));
    EXPECT_EQ(idle.back()->ask(request_text("GET /health")).status, 200);
  }
  RawClient fifth(demo.server->port());
  EXPECT_EQ(fifth.ask(request_text("GET /health")).status, 200);
  EXPECT_TRUE(idle[0]->is_closed());
  EXPECT_EQ(idle[3]->ask(request_text("GET /health")).status, 200);
}

TEST(HttpServer, connections_of_one_address_are_limited) {
  ServerOptions options;
  options.limits.connections_per_loopback = 2;
  DemoServer demo(options);
  RawClient one(demo.server->port());
  RawClient two(demo.server->port());
  EXPECT_EQ(one.ask(request_text("GET /health")).status, 200);
  EXPECT_EQ(two.ask(request_text("GET /health")).status, 200);
  RawClient three(demo.server->port());
  EXPECT_TRUE(three.is_closed());
  RawClient elsewhere(demo.server->port(), "127.0.0.2");
  EXPECT_EQ(elsewhere.ask(request_text("GET /health")).status, 200);
  EXPECT_NE(demo.metrics.text().find("steelyard_http_refused_total{reason=\"connections\"} 1"),
            std::string::npos);
}

// C4: who is within the limit and busy is served, who is over it is closed, and nothing stays
// counted.
TEST(HttpServer, C4_a_burst_at_the_limit_closes_who_is_over_it_and_counts_nobody_for_ever) {
  constexpr int limit = 8;
  constexpr int burst = 40;
  ServerOptions options = two_threads();
  options.limits.connections = limit;
  DemoServer demo(options);
  demo.demo.answers_later = true;
  for (int round = 1; round <= 3; ++round) {
    Clients within = connect(demo, limit);
    for (int i = 0; i < limit; ++i) within[i]->send(hold_of(demo, std::to_string(i)));
    std::vector<Reply> replies = demo.demo.take_later(limit);
    ASSERT_EQ(replies.size(), std::size_t{limit});

    const Clients over = connect(demo, burst);
    for (const auto& each : over) each->send(hold_of(demo, "over"));
    for (const auto& each : over) EXPECT_EQ(each->receive().status, 0);
    EXPECT_EQ(gauge_of_connections(demo), std::to_string(limit));
    EXPECT_NE(demo.metrics.text().find("steelyard_http_refused_total{reason=\"connections\"} " +
                                       std::to_string(round * burst) + "\n"),
              std::string::npos)
        << demo.metrics.text();

    answer_backwards(std::move(replies));
    for (int i = 0; i < limit; ++i) EXPECT_EQ(within[i]->receive().body, std::to_string(i));
    within.clear();
    expect_no_connections(demo);
    EXPECT_TRUE(demo.demo.later.empty()) << "nobody over the limit was heard";
  }
}

}  // namespace
}  // namespace steelyard::server
