// May this be spent? What a gateway waits for over HTTP: holds are opened and released, each on
// disk before it is answered. Load generator and server share a machine; the generator is one
// thread that sends what is mostly made beforehand.

#include <sys/epoll.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/arguments.h"
#include "bench/server_for_bench.h"

namespace {

using namespace bench;
using Clock = std::chrono::steady_clock;

constexpr std::string_view usage_text =
    "bench_hold_http [SECONDS [KEYS]]: holds are opened and released over HTTP, by a server\n"
    "of its own. 5 seconds for each line by default, by 2 gateways with a key each.\n";

struct Shape {
  const char* name;
  int connections;
  int at_once;  ///< Requests under way on a connection.
  int each;     ///< Commands in a request; 1: as requests of their own, else as a batch.
};

std::uint64_t next_number = 0;

struct Outcome {
  std::uint64_t commands = 0;
  std::vector<std::int64_t> micros;  ///< Of each answer.
};

/// A connection with some requests under way: each opens a hold, and when that is answered,
/// releases it.
class Gateway {
 public:
  Gateway(std::uint16_t port, const std::string& key, int each, Outcome& outcome)
      : socket_(connected(port)),
        fields_(" HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + key +
                "\r\nContent-Type: application/" + (each > 1 ? "x-ndjson" : "json") +
                "\r\nContent-Length: "),
        each_(each),
        outcome_(outcome) {
    if (socket_ < 0) give_up("no connection");
  }
  ~Gateway() { close(socket_); }
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  int socket() const { return socket_; }
  bool is_done() const { return waiting_.empty(); }

  void open() {
    const std::uint64_t first = next_number;
    next_number += static_cast<std::uint64_t>(each_);
    ask(true, first);
  }

  void send_all() {
    for (std::string_view rest = out_; !rest.empty();) {
      const ssize_t sent = send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent <= 0) give_up("the server closed a connection");
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    out_.clear();
  }

  /// Takes the answers that are there, and sends what follows from them.
  void receive(bool goes_on) {
    char buffer[65'536];
    const ssize_t got = recv(socket_, buffer, sizeof buffer, 0);
    if (got <= 0) give_up("the server closed a connection");
    in_.append(buffer, static_cast<std::size_t>(got));
    const auto now = Clock::now();
    std::size_t begin = 0;
    while (const std::size_t size = answer_at(begin)) {
      take(std::string_view(in_).substr(begin, size), now, goes_on);
      begin += size;
    }
    in_.erase(0, begin);
    send_all();
  }

 private:
  struct Waiting {
    bool opens;
    std::uint64_t first;  ///< Number of a hold.
    Clock::time_point since;
  };

  /// Opens or releases the holds from a number on.
  void ask(bool opens, std::uint64_t first) {
    std::string path = "/v1/holds";
    std::string body;
    if (each_ > 1) {
      path += "/batch";
      for (int i = 0; i < each_; ++i) {
        const std::uint64_t number = first + static_cast<std::uint64_t>(i);
        const std::string id = "h-" + std::to_string(number);
        body += opens ? R"({"command":"open_hold",)" + members_of(number) + "}\n"
                      : R"({"command":"release_hold","hold":")" + id + R"(","id":")" + id + "\"}\n";
      }
    } else if (opens) {
      body = '{' + members_of(first) + '}';
    } else {
      path += "/h-" + std::to_string(first) + "/release";
    }
    out_ += "POST " + path + fields_;
    out_ += std::to_string(body.size()) + "\r\n\r\n";
    out_ += body;
    waiting_.push_back({opens, first, Clock::now()});
  }

  static std::string members_of(std::uint64_t number) {
    return R"("hold":"h-)" + std::to_string(number) + R"(","account":"account-)" +
           std::to_string(number % 500) + R"(","amount":"0.5")";
  }

  /// Whether all that was asked for was done.
  bool is_good(std::string_view answer, bool opens) const {
    if (each_ == 1) return answer.substr(9).starts_with(opens ? "200" : "204");
    int good = 0;
    const std::string_view mark = opens ? "{\"status\":200" : "{\"status\":204";
    for (std::size_t at = 0; (at = answer.find(mark, at)) != std::string_view::npos; ++at) ++good;
    return good == each_;
  }

  /// The bytes of the answer that begins there; 0: not all of it is here.
  std::size_t answer_at(std::size_t begin) const {
    const std::size_t head = in_.find("\r\n\r\n", begin);
    if (head == std::string::npos) return 0;
    const std::string_view fields = std::string_view(in_).substr(begin, head - begin);
    const std::size_t at = fields.find("Content-Length: ");
    const std::size_t body =
        at == std::string_view::npos ? 0 : std::strtoul(fields.data() + at + 16, nullptr, 10);
    const std::size_t size = head + 4 + body - begin;
    return in_.size() - begin < size ? 0 : size;
  }

  void take(std::string_view answer, Clock::time_point now, bool goes_on) {
    const Waiting done = waiting_.front();
    waiting_.pop_front();
    if (!is_good(answer, done.opens)) give_up("answer: " + std::string(answer));
    outcome_.commands += static_cast<std::uint64_t>(each_);
    outcome_.micros.push_back(
        std::chrono::duration_cast<std::chrono::microseconds>(now - done.since).count());
    if (done.opens) {
      ask(false, done.first);
    } else if (goes_on) {
      open();
    }
  }

  int socket_;
  std::string fields_;
  int each_;
  std::string out_;
  std::string in_;
  std::deque<Waiting> waiting_;
  Outcome& outcome_;
};

void run(const Server& server, const std::vector<std::string>& keys, const Shape& shape,
         int seconds) {
  Outcome outcome;
  const int poll = epoll_create1(0);
  std::vector<std::unique_ptr<Gateway>> gateways;
  for (int i = 0; i < shape.connections; ++i) {
    const std::string& key = keys[static_cast<std::size_t>(i) % keys.size()];
    gateways.push_back(std::make_unique<Gateway>(server.port, key, shape.each, outcome));
    epoll_event event{.events = EPOLLIN, .data = {.ptr = gateways.back().get()}};
    epoll_ctl(poll, EPOLL_CTL_ADD, gateways.back()->socket(), &event);
  }
  const long server_before = server.cpu_ms();
  const long own_before = own_cpu_ms();
  const auto begin = Clock::now();
  const auto end = begin + std::chrono::seconds(seconds);
  for (const auto& each : gateways) {
    for (int i = 0; i < shape.at_once; ++i) each->open();
    each->send_all();
  }
  std::uint64_t commands = 0;
  auto took = Clock::duration::zero();
  while (std::ranges::any_of(gateways, [](const auto& each) { return !each->is_done(); })) {
    epoll_event ready[64];
    const int count = epoll_wait(poll, ready, 64, 5'000);
    if (count <= 0) give_up("no answer for 5 seconds");
    const bool goes_on = Clock::now() < end;
    if (goes_on) {
      commands = outcome.commands;
      took = Clock::now() - begin;
    }
    for (int i = 0; i < count; ++i) static_cast<Gateway*>(ready[i].data.ptr)->receive(goes_on);
  }
  const long all_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin).count();
  close(poll);
  std::ranges::sort(outcome.micros);
  const auto at = [&](std::size_t percent) {
    return static_cast<long long>(outcome.micros[(outcome.micros.size() - 1) * percent / 100]);
  };
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
  std::printf(
      "%-44s %7llu /s   p50 %5lld us   p99 %5lld us   server %3ld %%, generator %3ld %% of a "
      "core\n",
      shape.name,
      static_cast<unsigned long long>(commands * 1'000 / static_cast<std::uint64_t>(ms)), at(50),
      at(99), (server.cpu_ms() - server_before) * 100 / all_ms,
      (own_cpu_ms() - own_before) * 100 / all_ms);
  std::fflush(stdout);
}

void make_accounts(const Server& server) {
  Connection connection(server.port);
  for (int i = 0; i < 500; ++i) {
    std::string text =
        request(server.key, "/v1/accounts/account-" + std::to_string(i), "application/json", "{}");
    text.replace(0, 4, "PUT");
    const int status = connection.ask(text);
    if (status != 200) give_up("account: " + std::to_string(status) + connection.body);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Arguments given(argc, argv, usage_text, 2);
  const int seconds = given.number(1, 5);
  const int key_count = given.number(2, 2);
  Server server;
  make_accounts(server);
  std::vector<std::string> keys;
  for (int i = 0; i < key_count; ++i) keys.push_back(make_key(server, "default"));
  std::puts("hold commands over HTTP (goal 50,000 /s, p99 1,000 us)");
  for (const Shape& shape : {Shape{"one at a time, 1 connection", 1, 1, 1},
                             Shape{"one at a time, 24 connections", 24, 1, 1},
                             Shape{"one at a time, 60 connections", 60, 1, 1},
                             Shape{"8 at once on each of 4 connections", 4, 8, 1},
                             Shape{"16 at once on each of 4 connections", 4, 16, 1},
                             Shape{"batches of 8, 4 connections", 4, 1, 8},
                             Shape{"batches of 16, 4 connections", 4, 1, 16}}) {
    run(server, keys, shape, seconds);
  }
  return 0;
}
