// Durable ingest over HTTP, load generator and server on one machine: batches of 1,000 events of
// about 380 bytes, answered when they are on disk and applied; then holds, opened and settled.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/arguments.h"
#include "bench/server_for_bench.h"

namespace {

using namespace bench;
using Clock = std::chrono::steady_clock;

constexpr std::string_view usage_text =
    "bench_ingest [BATCHES [CONNECTIONS [KNOWN]]]: events over HTTP until they are on disk,\n"
    "in batches of 1,000, by a server of its own. 2,000 and 4 by default. KNOWN batches are\n"
    "sent before, so that so many thousand ids are known; and in the end the server is\n"
    "killed, and starts.\n";

constexpr int events_each = 1'000;

void report(const char* what, std::uint64_t count, Clock::duration took,
            std::vector<std::int64_t>& micros, const char* goal) {
  std::ranges::sort(micros);
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
  const auto at = [&](std::size_t percent) { return micros[(micros.size() - 1) * percent / 100]; };
  std::printf("%-28s %8llu /s   p50 %6lld us   p99 %6lld us   (goal %s)\n", what,
              static_cast<unsigned long long>(count * 1'000 / static_cast<std::uint64_t>(ms + 1)),
              static_cast<long long>(at(50)), static_cast<long long>(at(99)), goal);
}

/// Runs `work(connection number, its turn)` on so many threads; how long each turn took, in µs.
std::vector<std::int64_t> measure(int threads, int turns,
                                  const std::function<std::function<void(int)>(int)>& prepare) {
  std::vector<std::vector<std::int64_t>> took(static_cast<std::size_t>(threads));
  std::vector<std::thread> all;
  for (int thread = 0; thread < threads; ++thread) {
    all.emplace_back([&, thread] {
      const auto work = prepare(thread);
      for (int turn = thread; turn < turns; turn += threads) {
        const auto begin = Clock::now();
        work(turn);
        took[static_cast<std::size_t>(thread)].push_back(
            std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin).count());
      }
    });
  }
  std::vector<std::int64_t> micros;
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].join();
    micros.insert(micros.end(), took[i].begin(), took[i].end());
  }
  return micros;
}

/// Batches of the events [first, …). One that is refused for a while is sent again.
void ingest(const Server& server, const char* what, std::uint64_t first, int batches,
            int connections) {
  const auto begin = Clock::now();
  auto micros = measure(connections, batches, [&](int) {
    auto text = std::make_shared<std::string>(
        request(server.key, "/v1/events", "application/x-ndjson", batch_of_events(events_each)));
    auto places = std::make_shared<std::vector<std::size_t>>();
    for (std::size_t at = 0; (at = text->find(id_mark, at)) != std::string::npos; ++at) {
      places->push_back(at + 2);
    }
    auto connection = std::make_shared<Connection>(server.port);
    return [=](int turn) {
      renumber(*text, *places, first + static_cast<std::uint64_t>(turn) * events_each);
      int status = connection->ask(*text);
      for (; status == 429 || status == 503; status = connection->ask(*text)) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
      }
      if (status != 200 || connection->body.find("\"rated\":1000") == std::string::npos) {
        give_up("answer " + std::to_string(status) + ": " + connection->body.substr(0, 300));
      }
    };
  });
  report(what, static_cast<std::uint64_t>(batches) * events_each, Clock::now() - begin, micros,
         "300,000 /s, p99 20 ms");
}

void hold(const Server& server, int pairs, int connections) {
  const auto begin = Clock::now();
  auto micros = measure(connections, pairs, [&](int) {
    auto connection = std::make_shared<Connection>(server.port);
    return [connection, &server](int turn) {
      const std::string id = "h-" + std::to_string(turn);
      int status =
          connection->ask(request(server.key, "/v1/holds", "application/json",
                                  R"({"hold":")" + id + R"(","account":"account-)" +
                                      std::to_string(turn % 500) + R"(","amount":"0.5"})"));
      if (status != 200) give_up("hold: " + std::to_string(status) + connection->body);
      status = connection->ask(
          request(server.key, "/v1/holds/" + id + "/release", "application/json", ""));
      if (status != 204) give_up("release: " + std::to_string(status) + connection->body);
    };
  });
  report("holds, opened and released", static_cast<std::uint64_t>(pairs), Clock::now() - begin,
         micros, "50,000 /s, p99 1 ms");
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Arguments given(argc, argv, usage_text, 3);
  const int batches = given.number(1, 2'000);
  const int connections = given.number(2, 4);
  const int known = given.number(3, 0, 0);
  Server server;
  if (known > 0) ingest(server, "to be known", 0, known, connections);
  ingest(server, "events, batches of 1,000", static_cast<std::uint64_t>(known) * events_each,
         batches, connections);
  std::printf("memory at its peak           %8ld MiB\n", server.peak_memory_kb() / 1024);
  hold(server, batches * 10, 24);
  server.end(SIGKILL);
  const auto begin = Clock::now();
  server.start();
  std::printf(
      "start after a kill           %8lld ms   (goal 5,000 ms at 50 million)\n",
      static_cast<long long>(
          std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin).count()));
  return 0;
}
