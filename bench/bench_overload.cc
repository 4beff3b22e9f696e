// What the server gets done when ten times as much is offered as it can do (row C1 of the failure
// catalogue), and what another tenant notices of it (C6). The server has one core, the load
// generator another one, so that offering more does not take from the server what it needs to
// do it.
//
// Goodput is what is answered while more is offered, by what is answered in as long at the peak;
// the other tenant asks in both. The two take turns, so that both meet the server as it becomes
// with what it has written; and each is counted from a second behind its begin to its end, so that
// neither leaves work to the other.
//
// What the server writes behind its answers comes in waves of many seconds: of 36 seconds on each
// side, figures lay ten percent apart.

#include <sys/epoll.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
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
    "bench_overload [SECONDS [CONNECTIONS [CORES]]]: what the server gets done when ten times\n"
    "as much is offered as it can do, and what another tenant notices. 120, 400 and 1 by\n"
    "default. With two cores server and generator share both.\n";

constexpr int events_each = 1'000;   // 380 kB.
constexpr int events_of_quiet = 20;  // A hundred times a second.
constexpr auto quiet_interval = std::chrono::milliseconds(10);
constexpr int peak_connections = 8;
constexpr std::uint64_t times_offered = 10;
constexpr auto so_long_before = std::chrono::seconds(12);
constexpr int rounds = 6;  // Of peak and more than that, in turn.
constexpr auto lead_in = std::chrono::seconds(1);
constexpr int connections_of_a_key = 32;  // As many as may be open.

std::uint64_t next_id = 0;
Clock::time_point counted_from;
Clock::time_point counted_to;

/// A batch of events, which gets ids that never were each time it is offered.
struct Batch {
  Batch(const std::string& key, int events) : body(batch_of_events(events)), count(events) {
    for (std::size_t at = 0; (at = body.find(id_mark, at)) != std::string::npos; ++at) {
      places.push_back(at + 2);
    }
    head = "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + key +
           "\r\nContent-Type: application/x-ndjson\r\nExpect: 100-continue\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n";
  }

  std::string head;
  std::string body;
  std::vector<std::size_t> places;
  int count;
};

struct Outcome {
  std::uint64_t offered = 0;         ///< Batches.
  std::uint64_t taken = 0;           ///< Batches, acknowledged.
  std::uint64_t counted = 0;         ///< Of those, from `counted_from` to `counted_to`.
  std::uint64_t refused = 0;         ///< By 429 or 503, with Retry-After.
  std::uint64_t lost = 0;            ///< No answer, or another one.
  std::vector<std::int64_t> micros;  ///< How long those that were taken took.

  std::int64_t p99() {
    if (micros.empty()) return 0;
    std::ranges::sort(micros);
    return micros[(micros.size() - 1) * 99 / 100];
  }
};

/// A connection that says what it will send, and sends it if it may; it is opened again after a
/// refusal.
class Offering {
 public:
  Offering(int poll, std::uint16_t port, const std::string& key, int events, Outcome& outcome)
      : poll_(poll), port_(port), batch_(key, events), outcome_(outcome) {}
  ~Offering() { end(); }
  Offering(const Offering&) = delete;
  Offering& operator=(const Offering&) = delete;

  bool is_free() const { return !is_offering_; }

  void offer(Clock::time_point now) {
    ++outcome_.offered;
    is_offering_ = true;
    since_ = now;
    in_.clear();
    if (socket_ < 0) open();
    if (socket_ < 0 || send(socket_, batch_.head.data(), batch_.head.size(), MSG_NOSIGNAL) !=
                           static_cast<ssize_t>(batch_.head.size())) {
      lose();
    }
  }

  /// The socket has something, or room for something.
  void go_on(std::uint32_t events) {
    if ((events & EPOLLOUT) != 0 && !unsent_.empty()) send_body();
    if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) == 0 || socket_ < 0) return;
    char buffer[16'384];
    const ssize_t got = recv(socket_, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
      if (is_offering_) return lose();
      return end();
    }
    in_.append(buffer, static_cast<std::size_t>(got));
    while (is_offering_ && take_answer()) {
    }
  }

 private:
  void open() {
    socket_ = connected(port_);
    if (socket_ < 0) return;
    watch(EPOLL_CTL_ADD, EPOLLIN);
  }

  void watch(int how, std::uint32_t events) {
    epoll_event event{.events = events, .data = {.ptr = this}};
    epoll_ctl(poll_, how, socket_, &event);
  }

  void end() {
    if (socket_ >= 0) close(socket_);
    socket_ = -1;
    unsent_ = {};
  }

  void lose() {
    ++outcome_.lost;
    is_offering_ = false;
    end();
  }

  void send_body() {
    const ssize_t sent = send(socket_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) return lose();
    if (sent > 0) unsent_.remove_prefix(static_cast<std::size_t>(sent));
    watch(EPOLL_CTL_MOD, unsent_.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT);
  }

  bool take_answer() {
    const std::size_t end_of_head = in_.find("\r\n\r\n");
    if (end_of_head == std::string::npos) return false;
    const std::string head = in_.substr(0, end_of_head + 2);
    const int status = std::atoi(head.c_str() + 9);
    if (status == 100) {
      in_.erase(0, end_of_head + 4);
      renumber(batch_.body, batch_.places, next_id);
      next_id += static_cast<std::uint64_t>(batch_.count);
      unsent_ = batch_.body;
      send_body();
      return true;
    }
    const char* const length = strcasestr(head.c_str(), "content-length:");
    const std::size_t size =
        length == nullptr ? 0 : static_cast<std::size_t>(std::atol(length + 15));
    if (in_.size() < end_of_head + 4 + size) return false;
    is_offering_ = false;
    if (status == 200) {
      const auto now = Clock::now();
      ++outcome_.taken;
      if (now >= counted_from && now < counted_to) ++outcome_.counted;
      outcome_.micros.push_back(
          std::chrono::duration_cast<std::chrono::microseconds>(now - since_).count());
    } else if ((status == 429 || status == 503) &&
               strcasestr(head.c_str(), "retry-after:") != nullptr) {
      ++outcome_.refused;
    } else {
      ++outcome_.lost;
    }
    if (strcasestr(head.c_str(), "connection: close") != nullptr) end();
    return false;
  }

  int poll_;
  std::uint16_t port_;
  Batch batch_;
  Outcome& outcome_;
  int socket_ = -1;
  bool is_offering_ = false;
  Clock::time_point since_;
  std::string_view unsent_;
  std::string in_;
};

/// Who offers batches at a rate, or each as soon as it is answered if that is nothing.
struct Crowd {
  std::vector<std::unique_ptr<Offering>> connections;
  Clock::duration interval{};
  Clock::time_point next = Clock::now();
  std::size_t place = 0;

  /// What nobody is free for is not offered.
  void offer(Clock::time_point now) {
    if (interval == Clock::duration::zero()) {
      for (const auto& each : connections) {
        if (each->is_free()) each->offer(now);
      }
      return;
    }
    for (; next <= now; next += interval) {
      for (std::size_t tried = 0; tried < connections.size(); ++tried) {
        Offering& each = *connections[place++ % connections.size()];
        if (!each.is_free()) continue;
        each.offer(now);
        break;
      }
    }
  }

  bool is_free() const {
    return std::ranges::all_of(connections, [](const auto& each) { return each->is_free(); });
  }
};

/// Lets them offer for so long, and before that for a while that is not counted, and waits for the
/// last answers.
void run(std::vector<Crowd*> crowds, int poll, Clock::duration so_long,
         Clock::duration before = {}) {
  const auto begin = Clock::now();
  const auto end = begin + before + so_long;
  counted_from = begin + before;
  counted_to = end;
  for (Crowd* crowd : crowds) crowd->next = begin;
  const auto is_free = [&] {
    return std::ranges::all_of(crowds, [](const Crowd* each) { return each->is_free(); });
  };
  for (auto now = begin; now < end || !is_free(); now = Clock::now()) {
    if (now > end + std::chrono::seconds(30)) give_up("no answer for 30 seconds");
    if (now < end) {
      for (Crowd* crowd : crowds) crowd->offer(now);
    }
    epoll_event ready[64];
    const int count = epoll_wait(poll, ready, 64, 1);
    for (int i = 0; i < count; ++i) {
      static_cast<Offering*>(ready[i].data.ptr)->go_on(ready[i].events);
    }
  }
}

Crowd crowd_of(int poll, const Server& server, const std::vector<std::string>& keys, int count,
               int events, Outcome& outcome) {
  Crowd crowd;
  for (int i = 0; i < count; ++i) {
    const auto key = static_cast<std::size_t>(i / connections_of_a_key) % keys.size();
    crowd.connections.push_back(
        std::make_unique<Offering>(poll, server.port, keys[key], events, outcome));
  }
  return crowd;
}

/// How many events the core has charged, of the tenant of the first key.
std::uint64_t charged(const Server& server) {
  Connection connection(server.port);
  connection.ask("GET /v1/reconciliation HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " +
                 server.key + "\r\n\r\n");
  const std::size_t at = connection.body.find("\"rated\":");
  if (at == std::string::npos) give_up("no sums: " + connection.body);
  return std::strtoull(connection.body.c_str() + at + 8, nullptr, 10);
}

void line(const char* what, std::uint64_t is, const char* unit, const char* goal, bool is_met) {
  std::printf("%-44s %10llu %-4s (goal %s)%s\n", what, static_cast<unsigned long long>(is), unit,
              goal, is_met ? "" : "   NOT MET");
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Arguments given(argc, argv, usage_text, 3);
  const int seconds = given.number(1, 120);
  const int connections = given.number(2, 400);
  const bool is_shared = given.number(3, 1, 1, 2) > 1;
  Server server(is_shared ? -1 : 0);
  if (!is_shared) pin_to(1);
  std::vector<std::string> keys;
  for (int i = 0; i < connections; i += connections_of_a_key) {
    keys.push_back(make_key(server, "default"));
  }
  const std::vector<std::string> quiet_key = {make_key(server, "quiet")};
  const int poll = epoll_create1(0);

  const Clock::duration whole = std::chrono::seconds(seconds);
  Outcome quiet_alone;
  Outcome warm;
  Outcome peak;
  Outcome over;
  Outcome quiet;
  Outcome peak_between;
  Outcome quiet_at_peak;
  const auto quiet_crowd = [&](Outcome& outcome) {
    Crowd crowd = crowd_of(poll, server, quiet_key, 1, events_of_quiet, outcome);
    crowd.interval = quiet_interval;
    return crowd;
  };
  {
    Crowd crowd = quiet_crowd(quiet_alone);
    run({&crowd}, poll, so_long_before);
  }
  const auto run_peak = [&](Outcome& outcome) {
    Crowd crowd = crowd_of(poll, server, keys, peak_connections, events_each, outcome);
    run({&crowd}, poll, so_long_before);
  };
  run_peak(warm);  // Until as much is written behind the answers as is answered.
  const long memory_before = server.peak_memory_kb();
  run_peak(peak);
  const long memory_at_peak = server.peak_memory_kb();
  long server_ms = 0;
  long own_ms = 0;
  for (int round = 0; round < rounds; ++round) {
    {
      Crowd crowd = crowd_of(poll, server, keys, connections, events_each, over);
      crowd.interval =
          Clock::duration(so_long_before) /
          static_cast<std::int64_t>(times_offered * std::max<std::uint64_t>(peak.counted, 1));
      Crowd beside = quiet_crowd(quiet);
      const long server_before = server.cpu_ms();
      const long own_before = own_cpu_ms();
      run({&crowd, &beside}, poll, whole / rounds, lead_in);
      server_ms += server.cpu_ms() - server_before;
      own_ms += own_cpu_ms() - own_before;
    }
    Crowd crowd = crowd_of(poll, server, keys, peak_connections, events_each, peak_between);
    Crowd beside = quiet_crowd(quiet_at_peak);
    run({&crowd, &beside}, poll, whole / rounds, lead_in);
  }
  const long offering_seconds = seconds + rounds * lead_in.count();
  const long server_percent = server_ms / 10 / offering_seconds;
  const long own_percent = own_ms / 10 / offering_seconds;
  const long memory = server.peak_memory_kb();
  close(poll);
  const std::uint64_t acknowledged =
      (warm.taken + peak.taken + over.taken + peak_between.taken) * events_each;
  const std::uint64_t before = charged(server);
  server.end(SIGKILL);
  server.start();
  const std::uint64_t after = charged(server);

  const auto per_second = [](std::uint64_t batches, long so_many) {
    return static_cast<unsigned long long>(batches * events_each /
                                           static_cast<std::uint64_t>(so_many));
  };
  const auto peak_rate = per_second(peak.counted, so_long_before.count());
  const auto offered_rate = per_second(over.offered, offering_seconds);
  const auto tenths = offered_rate * 10 / std::max(peak_rate, 1ULL);
  std::printf("%-44s %10llu /s   p99 %lld us\n",
              is_shared ? "events, 8 connections: peak" : "events, 8 connections: peak of one core",
              peak_rate, static_cast<long long>(peak.p99()));
  const auto events_of = [](const Outcome& large, const Outcome& small) {
    return large.counted * events_each + small.counted * events_of_quiet;
  };
  const std::uint64_t events_at_peak = events_of(peak_between, quiet_at_peak);
  std::printf("%-44s %10llu /s   p99 of the other tenant %lld us\n",
              "of both tenants, in turn with what follows",
              static_cast<unsigned long long>(events_at_peak / static_cast<std::uint64_t>(seconds)),
              static_cast<long long>(quiet_at_peak.p99()));
  std::printf("%-44s %10llu /s   %llu.%llu times the peak, by %d connections\n", "events offered",
              offered_rate, tenths / 10, tenths % 10, connections);
  const std::uint64_t events_taken = events_of(over, quiet);
  std::printf("%-44s %10llu /s   p99 %lld us   server %ld %%, generator %ld %% of a core\n",
              "events taken, of both tenants",
              static_cast<unsigned long long>(events_taken / static_cast<std::uint64_t>(seconds)),
              static_cast<long long>(over.p99()), server_percent, own_percent);
  const std::uint64_t percent = 100 * events_taken / std::max<std::uint64_t>(events_at_peak, 1);
  line("goodput, of the peak", percent, "%", "at least 90", percent >= 90);
  line("refused with 429 or 503 and Retry-After", over.refused, "", "more than 0",
       over.refused > 0);
  line("answered otherwise, or not at all", over.lost, "", "0", over.lost == 0);
  line("acknowledged and not charged", acknowledged - std::min(acknowledged, before), "", "0",
       before >= acknowledged);
  line("of those, gone after kill -9 and a start", before - std::min(before, after), "", "0",
       before == after);
  // Charged events stay in memory, whatever the load.
  const long of_events = (memory_at_peak - memory_before) *
                         static_cast<long>(over.taken + peak_between.taken) /
                         std::max(1L, static_cast<long>(peak.taken));
  const long beyond = std::max(0L, memory - memory_at_peak - of_events) / 1024;
  std::printf("%-44s %10ld MiB  before %ld MiB, at the peak %ld MiB\n", "memory of the server",
              memory / 1024, memory_before / 1024, memory_at_peak / 1024);
  line("of it, more than the events took at the peak", static_cast<std::uint64_t>(beyond), "MiB",
       "at most 512", beyond <= 512);
  const std::int64_t alone_us = quiet_alone.p99();
  const std::int64_t beside_us = quiet.p99();
  std::printf("%-44s %10lld us   alone %lld us (goal at most twice)%s\n",
              "another tenant's batch of 20, p99", static_cast<long long>(beside_us),
              static_cast<long long>(alone_us), beside_us <= 2 * alone_us ? "" : "   NOT MET");
  std::printf("%-44s %10llu      of %llu\n", "another tenant's batches, refused",
              static_cast<unsigned long long>(quiet.refused + quiet.lost),
              static_cast<unsigned long long>(quiet.offered));
  return before >= acknowledged && before == after ? 0 : 1;
}
