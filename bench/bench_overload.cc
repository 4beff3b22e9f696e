// What the server gets done when ten times as much is offered as it can do (row C1 of the failure
// catalogue), and what another tenant notices of it (C6). Load generator and server share a
// machine. Offered load that is refused costs both of them something, so this is no best case.
//
// bench_overload [SECONDS [CONNECTIONS]]: 5 and 400 by default.

#include <poll.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "bench/server_for_bench.h"

namespace {

using namespace bench;
using Clock = std::chrono::steady_clock;

constexpr int events_each = 200;  // 76 kB: refused without being read.
constexpr int peak_connections = 8;
constexpr int times_offered = 10;
constexpr int connections_of_a_key = 32;  // As many as may be open.

struct Answer {
  int status = 0;  ///< 0: none came.
  std::string head;
  std::string body;
};

/// A connection that says what it will send, and sends it if it may; it is opened again after a
/// refusal.
class Offering {
 public:
  explicit Offering(std::uint16_t port) : port_(port) {}
  ~Offering() { end(); }
  Offering(const Offering&) = delete;
  Offering& operator=(const Offering&) = delete;

  Answer offer(const std::string& head, const std::string& body) {
    if (socket_ < 0) socket_ = connected(port_);
    if (socket_ < 0) return {};
    in_.clear();
    if (!write(head)) return {};
    Answer answer = read();
    if (answer.status == 100) {
      if (!write(body)) return {};
      answer = read();
    }
    if (strcasestr(answer.head.c_str(), "connection: close") != nullptr) end();
    return answer;
  }

 private:
  void end() {
    if (socket_ >= 0) close(socket_);
    socket_ = -1;
  }

  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) {
        end();
        return false;
      }
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  Answer read() {
    Answer answer;
    std::size_t head = std::string::npos;
    std::size_t size = 0;
    while (head == std::string::npos || in_.size() < head + size) {
      if (head == std::string::npos && (head = in_.find("\r\n\r\n")) != std::string::npos) {
        head += 4;
        answer.head = in_.substr(0, head);
        const char* const length = strcasestr(answer.head.c_str(), "content-length:");
        if (length != nullptr) size = static_cast<std::size_t>(std::atol(length + 15));
        continue;
      }
      char buffer[16'384];
      const ssize_t got = recv(socket_, buffer, sizeof buffer, 0);
      if (got <= 0) {
        end();
        return {};
      }
      in_.append(buffer, static_cast<std::size_t>(got));
    }
    answer.status = std::atoi(answer.head.c_str() + 9);
    answer.body = in_.substr(head, size);
    in_.erase(0, head + size);
    return answer;
  }

  std::uint16_t port_;
  int socket_ = -1;
  std::string in_;
};

struct Outcome {
  std::uint64_t offered = 0;         ///< Batches.
  std::uint64_t taken = 0;           ///< Batches, acknowledged.
  std::uint64_t refused = 0;         ///< By 429 or 503, with Retry-After.
  std::uint64_t lost = 0;            ///< No answer, or another one.
  std::vector<std::int64_t> micros;  ///< How long those that were taken took.

  void add(const Outcome& other) {
    offered += other.offered;
    taken += other.taken;
    refused += other.refused;
    lost += other.lost;
    micros.insert(micros.end(), other.micros.begin(), other.micros.end());
  }
  std::int64_t p99() {
    if (micros.empty()) return 0;
    std::ranges::sort(micros);
    return micros[(micros.size() - 1) * 99 / 100];
  }
};

std::atomic<std::uint64_t> next_id{0};

/// One client: offers a batch each `interval`, or as fast as it is answered if that is nothing.
Outcome run_client(std::uint16_t port, const std::string& key, Clock::duration interval,
                   Clock::time_point end) {
  Outcome outcome;
  std::string body = batch_of_events(events_each);
  std::vector<std::size_t> places;
  for (std::size_t at = 0; (at = body.find(id_mark, at)) != std::string::npos; ++at) {
    places.push_back(at + 2);
  }
  const std::string head =
      "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + key +
      "\r\nContent-Type: application/x-ndjson\r\nExpect: 100-continue\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n";
  Offering connection(port);
  auto next = Clock::now() + interval * static_cast<std::int64_t>(next_id % 97) / 97;
  for (auto now = Clock::now(); now < end; now = Clock::now()) {
    if (now < next) std::this_thread::sleep_until(std::min(next, end));
    next = std::max(next + interval, Clock::now());
    renumber(body, places, next_id.fetch_add(events_each));
    const auto begin = Clock::now();
    const Answer answer = connection.offer(head, body);
    ++outcome.offered;
    if (answer.status == 200) {
      ++outcome.taken;
      outcome.micros.push_back(
          std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin).count());
    } else if ((answer.status == 429 || answer.status == 503) &&
               strcasestr(answer.head.c_str(), "retry-after:") != nullptr) {
      ++outcome.refused;
    } else {
      ++outcome.lost;
    }
  }
  return outcome;
}

Outcome run_clients(const Server& server, const std::vector<std::string>& keys, int connections,
                    Clock::duration interval, int seconds) {
  const auto end = Clock::now() + std::chrono::seconds(seconds);
  std::vector<Outcome> outcomes(static_cast<std::size_t>(connections));
  std::vector<std::thread> threads;
  for (int i = 0; i < connections; ++i) {
    threads.emplace_back([&, i] {
      const auto key = static_cast<std::size_t>(i / connections_of_a_key) % keys.size();
      outcomes[static_cast<std::size_t>(i)] = run_client(server.port, keys[key], interval, end);
    });
  }
  Outcome all;
  for (std::size_t i = 0; i < threads.size(); ++i) {
    threads[i].join();
    all.add(outcomes[i]);
  }
  return all;
}

std::string make_key(const Server& server, const std::string& tenant) {
  Connection connection(server.port);
  const int status =
      connection.ask(request(server.key, "/v1/keys", "application/json",
                             R"({"role":"ingest","kind":"ingest","tenant":")" + tenant + "\"}"));
  const std::size_t at = connection.body.find("\"key\":\"");
  if (status != 201 || at == std::string::npos) give_up("no key: " + connection.body);
  return connection.body.substr(at + 7, connection.body.find('"', at + 7) - at - 7);
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
  const int seconds = argc > 1 ? std::atoi(argv[1]) : 5;
  const int connections = argc > 2 ? std::atoi(argv[2]) : 400;
  Server server;
  std::vector<std::string> keys;
  for (int i = 0; i < connections; i += connections_of_a_key)
    keys.push_back(make_key(server, "default"));
  const std::vector<std::string> quiet_key = {make_key(server, "quiet")};
  const auto slowly = std::chrono::milliseconds(50);

  Outcome quiet_alone = run_clients(server, quiet_key, 1, slowly, seconds);
  const long memory_before = server.peak_memory_kb();
  Outcome peak = run_clients(server, keys, peak_connections, {}, seconds);
  const long memory_at_peak = server.peak_memory_kb();
  const std::uint64_t peak_rate = peak.taken / static_cast<std::uint64_t>(seconds);
  const auto interval =
      std::chrono::microseconds(static_cast<std::int64_t>(connections) * 1'000'000 /
                                static_cast<std::int64_t>(times_offered * peak_rate + 1));
  Outcome quiet;
  std::thread beside([&] { quiet = run_clients(server, quiet_key, 1, slowly, seconds); });
  Outcome over = run_clients(server, keys, connections, interval, seconds);
  beside.join();
  const long memory = server.peak_memory_kb();
  const std::uint64_t acknowledged = (peak.taken + over.taken) * events_each;
  const std::uint64_t before = charged(server);
  server.end(SIGKILL);
  server.start();
  const std::uint64_t after = charged(server);

  const auto per_second = [&](std::uint64_t batches) {
    return batches * events_each / static_cast<std::uint64_t>(seconds);
  };
  std::printf("%-44s %10llu /s   p99 %lld us\n", "events, 8 connections: peak",
              static_cast<unsigned long long>(per_second(peak.taken)),
              static_cast<long long>(peak.p99()));
  std::printf("%-44s %10llu /s   by %d connections\n", "events offered",
              static_cast<unsigned long long>(per_second(over.offered)), connections);
  std::printf("%-44s %10llu /s   p99 %lld us\n", "events taken",
              static_cast<unsigned long long>(per_second(over.taken)),
              static_cast<long long>(over.p99()));
  const std::uint64_t percent = 100 * over.taken / std::max<std::uint64_t>(peak.taken, 1);
  line("goodput, of the peak", percent, "%", "at least 90", percent >= 90);
  line("refused with 429 or 503 and Retry-After", over.refused, "", "more than 0",
       over.refused > 0);
  line("answered otherwise, or not at all", over.lost, "", "0", over.lost == 0);
  line("acknowledged and not charged", acknowledged - std::min(acknowledged, before), "", "0",
       before >= acknowledged);
  line("of those, gone after kill -9 and a start", before - std::min(before, after), "", "0",
       before == after);
  // Charged events stay in memory, whatever the load.
  const long of_events = (memory_at_peak - memory_before) * static_cast<long>(over.taken) /
                         std::max(1L, static_cast<long>(peak.taken));
  const long beyond = std::max(0L, memory - memory_at_peak - of_events) / 1024;
  std::printf("%-44s %10ld MiB  before %ld MiB, at the peak %ld MiB\n", "memory of the server",
              memory / 1024, memory_before / 1024, memory_at_peak / 1024);
  line("of it, more than the events took at the peak", static_cast<std::uint64_t>(beyond), "MiB",
       "at most 512", beyond <= 512);
  const std::int64_t alone_us = quiet_alone.p99();
  const std::int64_t beside_us = quiet.p99();
  std::printf(
      "%-44s %10lld us   alone %lld us (goal at most twice; two cores are shared with the load)\n",
      "another tenant's batch, p99", static_cast<long long>(beside_us),
      static_cast<long long>(alone_us));
  std::printf("%-44s %10llu      of %llu\n", "another tenant's batches, refused",
              static_cast<unsigned long long>(quiet.refused + quiet.lost),
              static_cast<unsigned long long>(quiet.offered));
  return before >= acknowledged && before == after ? 0 : 1;
}
