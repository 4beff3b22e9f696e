// When more is asked for than can be done: the real listener, over real sockets.
#include <gtest/gtest.h>

#include "steelyard/server/packed_for_tests.h"
#include "steelyard/server/server_for_tests.h"

namespace steelyard::server {
namespace {

using std::chrono::milliseconds;

const std::string expect = "Expect: 100-continue\r\nContent-Length: 3\r\n";

TEST(HttpServer, C6_who_floods_waits_for_its_turn_and_others_do_not) {
  DemoServer demo;
  demo.demo.answers_later = true;
  const auto of_tenant = [&](const std::string& tenant) {
    return "Authorization: Bearer " + demo.key(Role::ingest, KeyKind::ingest, tenant) + "\r\n" +
           ndjson;
  };
  const std::string loud = of_tenant("loud");
  RawClient first(demo.server->port());
  RawClient second(demo.server->port());
  RawClient quiet(demo.server->port());
  first.send(request_text("POST /v1/events", loud, std::string(std::size_t{600} * 1024, ' ')));
  std::vector<Reply> replies = demo.demo.take_later(1);
  // Its tenant has its share under way.
  second.send(request_text("POST /v1/events", loud, "second"));
  std::this_thread::sleep_for(milliseconds(30));
  quiet.send(request_text("POST /v1/events", of_tenant("quiet"), "quiet"));
  std::vector<Reply> of_quiet = demo.demo.take_later(1);
  ASSERT_EQ(of_quiet.size(), 1U);
  EXPECT_EQ(of_quiet.front().request().body, "quiet");
  of_quiet.front().send(Response::json("{}"));
  EXPECT_EQ(quiet.receive().status, 200);
  EXPECT_TRUE(demo.demo.later.empty());
  replies.front().send(Response::json("{}"));
  replies = demo.demo.take_later(1);
  EXPECT_EQ(replies.front().request().body, "second");
  replies.front().send(Response::json("{}"));
  EXPECT_EQ(first.receive().status, 200);
  EXPECT_EQ(second.receive().status, 200);
}

TEST(HttpServer, C6_who_waits_for_its_turn_takes_no_memory) {
  ServerOptions options;
  options.limits.budget_bytes = 1'600'000;  // Of which 1,280,000 for events.
  DemoServer demo(options);
  demo.demo.answers_later = true;
  const std::string large(600'000, ' ');
  const std::string loud = demo.authorization(Role::ingest) + ndjson;
  RawClient first(demo.server->port());
  RawClient second(demo.server->port());
  RawClient quiet(demo.server->port());
  first.send(request_text("POST /v1/events", loud, large));
  std::vector<Reply> replies = demo.demo.take_later(1);
  second.send(request_text("POST /v1/events", loud + "Content-Length: 600000\r\n"));
  std::this_thread::sleep_for(milliseconds(30));
  const std::string other =
      "Authorization: Bearer " + demo.key(Role::ingest, KeyKind::ingest, "quiet") + "\r\n";
  quiet.send(request_text("POST /v1/events", other + ndjson, std::string(300'000, ' ')));
  std::vector<Reply> of_quiet = demo.demo.take_later(1);
  ASSERT_EQ(of_quiet.size(), 1U) << quiet.receive().body;
  of_quiet.front().send(Response::json("{}"));
  EXPECT_EQ(quiet.receive().status, 200);
  replies.front().send(Response::json("{}"));
  EXPECT_EQ(first.receive().status, 200);
}

TEST(HttpServer, C6_who_sends_slowly_keeps_no_turn) {
  DemoServer demo;
  demo.demo.answers_later = true;
  const std::string loud = demo.authorization(Role::ingest) + ndjson;
  const std::string large =
      request_text("POST /v1/events", loud, std::string(std::size_t{600} * 1024, ' '));
  RawClient slow(demo.server->port());
  RawClient fast(demo.server->port());
  slow.send(std::string_view(large).substr(0, 10'000));
  std::this_thread::sleep_for(milliseconds(30));
  fast.send(request_text("POST /v1/events", loud, "fast"));
  std::vector<Reply> replies = demo.demo.take_later(1);
  EXPECT_EQ(replies.front().request().body, "fast");
  replies.front().send(Response::json("{}"));
  slow.send(std::string_view(large).substr(10'000));
  demo.demo.take_later(1).front().send(Response::json("{}"));
  EXPECT_EQ(slow.receive().status, 200);
  EXPECT_EQ(fast.receive().status, 200);
}

// C1, C2: refused before the body is read, with room kept for holds.
TEST(HttpServer, overload_is_said) {
  ServerOptions options;
  options.limits.budget_bytes = 100'000;
  DemoServer demo(options);
  RawClient client(demo.server->port());
  const RawAnswer answer = client.ask(request_text(
      "POST /v1/events", demo.authorization(Role::ingest) + ndjson + "Content-Length: 80000\r\n"));
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(code_of(answer), "overloaded");
  EXPECT_GE(std::stoi(answer.field("Retry-After")), 1);
  RawClient hold(demo.server->port());
  const std::string body = "{\"x\":\"" + std::string(80'000, 'x') + "\"}";
  EXPECT_EQ(
      hold.ask(request_text("POST /v1/holds", demo.authorization(Role::ingest) + json_type, body))
          .status,
      200);
  // What unpacks to more is counted as it comes.
  RawClient packed(demo.server->port());
  std::string large;
  for (int i = 1'000'000; i < 1'020'000; ++i) large += std::to_string(i) + "\n";
  const std::string small = gzipped(large);
  ASSERT_LT(small.size(), 60'000U);
  EXPECT_EQ(code_of(packed.ask(request_text(
                "POST /v1/events",
                demo.authorization(Role::ingest) + ndjson + "Content-Encoding: gzip\r\n", small))),
            "overloaded");
  EXPECT_NE(demo.metrics.text().find("steelyard_http_refused_total{reason=\"overloaded\"}"),
            std::string::npos);
}

/// A tenant that has its share under way, so that what it sends more waits.
class AtTheDoor : public testing::Test {
 protected:
  AtTheDoor() {
    demo_.demo.answers_later = true;
    first_.send(request_text("POST /v1/events", loud_, std::string(std::size_t{600} * 1024, ' ')));
    under_way_ = demo_.demo.take_later(1);
    wait_in_line();
  }

  void wait_in_line() {
    waiting_.push_back(std::make_unique<RawClient>(demo_.server->port()));
    waiting_.back()->send(request_text("POST /v1/events", loud_ + expect));
  }
  /// They stand in line when what came behind them is answered.
  void wait_until_they_are_seen() { EXPECT_EQ(demo_.ask(request_text("GET /health")).status, 200); }

  /// Everybody gets the answer that it waits for.
  void end() {
    for (Reply& reply : under_way_) reply.send(Response::json("{}"));
    EXPECT_EQ(first_.receive().status, 200);
    for (const auto& each : waiting_) {
      EXPECT_EQ(each->receive(true).status, 100);
      each->send("{}\n");
      demo_.demo.take_later(1).front().send(Response::json("{}"));
      EXPECT_EQ(each->receive().status, 200);
    }
  }

  std::size_t refused() {
    const std::string text = demo_.metrics.text();
    const std::string name = "steelyard_http_refused_total{reason=\"line\"} ";
    const std::size_t at = text.find(name);
    return at == std::string::npos ? 0 : std::stoul(text.substr(at + name.size()));
  }

  /// Who connects later is served later: there is one thread.
  static ServerOptions one_thread() {
    ServerOptions options;
    options.io_threads = 1;
    return options;
  }

  DemoServer demo_{one_thread(), {.per_second = 10'000, .burst = 10'000, .concurrent = 100}};
  const std::string loud_ = demo_.authorization(Role::ingest) + ndjson;
  RawClient first_{demo_.server->port()};
  std::vector<Reply> under_way_;
  std::vector<std::unique_ptr<RawClient>> waiting_;
};

TEST_F(AtTheDoor, C1_who_would_be_refused_is_answered_before_it_is_a_connection) {
  for (int i = 1; i < 32; ++i) wait_in_line();
  wait_until_they_are_seen();
  EXPECT_EQ(refused(), 0U);
  RawClient late(demo_.server->port());
  const RawAnswer answer = late.ask(request_text("POST /v1/events", loud_ + expect));
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(code_of(answer), "too_many_open_requests");
  EXPECT_GE(std::stoi(answer.field("Retry-After")), 1);
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_TRUE(late.is_closed());
  EXPECT_EQ(refused(), 1U);
  EXPECT_NE(demo_.logged().find(answer.field("X-Request-Id")), std::string::npos);
  end();
}

TEST_F(AtTheDoor, the_rules_are_those_of_every_request) {
  RawClient nobody(demo_.server->port());
  EXPECT_EQ(nobody.ask(request_text("POST /v1/events", ndjson + expect)).status, 401);
  EXPECT_TRUE(nobody.is_closed());
  RawClient other(demo_.server->port());
  EXPECT_EQ(other
                .ask(request_text("POST /v1/events",
                                  demo_.authorization(Role::auditor) + ndjson + expect))
                .status,
            403);
  end();
}

TEST_F(AtTheDoor, C6_who_is_not_refused_comes_in) {
  const std::string quiet = "Authorization: Bearer " +
                            demo_.key(Role::ingest, KeyKind::ingest, "quiet") + "\r\n" + ndjson;
  RawClient asks_first(demo_.server->port());
  asks_first.send(request_text("POST /v1/events", quiet + expect));
  EXPECT_EQ(asks_first.receive(true).status, 100);
  asks_first.send("{}\n");
  demo_.demo.take_later(1).front().send(Response::json("{}"));
  EXPECT_EQ(asks_first.receive().status, 200);
  asks_first.send(request_text("POST /v1/events", quiet, "next"));
  demo_.demo.take_later(1).front().send(Response::json("{}"));
  EXPECT_EQ(asks_first.receive().status, 200) << "the connection stays";

  RawClient sends_all(demo_.server->port());
  sends_all.send(request_text("POST /v1/events", quiet, "all at once"));
  std::vector<Reply> replies = demo_.demo.take_later(1);
  EXPECT_EQ(replies.front().request().body, "all at once");
  replies.front().send(Response::json("{}"));
  EXPECT_EQ(sends_all.receive().status, 200);

  RawClient in_parts(demo_.server->port());
  const std::string text = request_text("POST /v1/events", quiet, "parts");
  in_parts.send(std::string_view(text).substr(0, 30));
  std::this_thread::sleep_for(milliseconds(60));
  in_parts.send(std::string_view(text).substr(30));
  demo_.demo.take_later(1).front().send(Response::json("{}"));
  EXPECT_EQ(in_parts.receive().status, 200);

  RawClient silent(demo_.server->port());
  std::this_thread::sleep_for(milliseconds(60));
  EXPECT_EQ(silent.ask(request_text("GET /health")).status, 200);
  EXPECT_EQ(RawClient(demo_.server->port()).ask("nonsense\r\n\r\n").status, 400);
  end();
}

/// What it sends would be lost with the answer, so it is read and thrown away.
TEST_F(AtTheDoor, C1_who_sends_without_asking_reads_its_refusal) {
  for (int i = 1; i < 32; ++i) wait_in_line();
  wait_until_they_are_seen();
  RawClient late(demo_.server->port());
  late.send(request_text("POST /v1/events", loud_, std::string(200'000, ' ')));
  EXPECT_EQ(late.receive().status, 429);
  end();
}

}  // namespace
}  // namespace steelyard::server
