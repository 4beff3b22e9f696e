// Durable ingest over HTTP, load generator and server on one machine: batches of 1,000 events of
// about 380 bytes, answered when they are on disk and applied; then holds, opened and settled.
//
// bench_ingest [BATCHES [CONNECTIONS]]: 2,000 and 4 by default.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr int events_each = 1'000;
constexpr std::size_t id_digits = 12;
constexpr char id_mark[] = "e-000000000000";

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "bench_ingest: %s\n", why.c_str());
  std::exit(2);
}

/// `steelyard serve` on a folder of its own.
class Server {
 public:
  Server() {
    char name[] = "/var/tmp/steelyard-bench-XXXXXX";
    if (mkdtemp(name) == nullptr) give_up("no folder to work in");
    folder_ = name;
    int out[2];
    if (pipe(out) != 0) give_up("no pipe");
    child_ = fork();
    if (child_ == 0) {
      dup2(out[1], 1);
      close(out[0]);
      execl(STEELYARD_BINARY, "steelyard", "serve", "--data", name, "--port", "0", "--pricebook",
            STEELYARD_ROOT "/pricebooks/aliyun-ai-paas", "--quiet", nullptr);
      _exit(127);
    }
    close(out[1]);
    std::string text;
    char buffer[512];
    while (text.find("/docs)") == std::string::npos) {
      const ssize_t got = read(out[0], buffer, sizeof buffer);
      if (got <= 0) give_up("the server did not start");
      text.append(buffer, static_cast<std::size_t>(got));
    }
    out_ = out[0];
    const auto word_behind = [&](const std::string& mark) {
      const std::size_t at = text.find(mark) + mark.size();
      return text.substr(at, text.find_first_of(" \n", at) - at);
    };
    key = word_behind("once: ");
    port = static_cast<std::uint16_t>(std::atoi(word_behind("127.0.0.1:").c_str()));
  }
  ~Server() {
    kill(child_, SIGTERM);
    waitpid(child_, nullptr, 0);
    close(out_);
    std::filesystem::remove_all(folder_);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::string key;
  std::uint16_t port = 0;

 private:
  std::string folder_;
  pid_t child_ = 0;
  int out_ = -1;
};

/// One connection that sends a request and reads the answer, again and again.
class Connection {
 public:
  explicit Connection(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
      give_up("no connection");
  }
  ~Connection() { close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// The answer's status; its body is in `body`.
  int ask(const std::string& request) {
    for (std::size_t sent = 0; sent < request.size();) {
      const ssize_t got = send(socket_, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
      if (got <= 0) give_up("the server closed a connection");
      sent += static_cast<std::size_t>(got);
    }
    answer_.clear();
    std::size_t head = std::string::npos;
    std::size_t size = 0;
    char buffer[16'384];
    while (head == std::string::npos || answer_.size() < head + size) {
      const ssize_t got = recv(socket_, buffer, sizeof buffer, 0);
      if (got <= 0) give_up("the server closed a connection");
      answer_.append(buffer, static_cast<std::size_t>(got));
      if (head != std::string::npos) continue;
      head = answer_.find("\r\n\r\n");
      if (head == std::string::npos) continue;
      head += 4;
      const char* const length = strcasestr(answer_.c_str(), "content-length:");
      if (length != nullptr) size = static_cast<std::size_t>(std::atol(length + 15));
    }
    body = answer_.substr(head);
    return std::atoi(answer_.c_str() + 9);
  }

  std::string body;

 private:
  int socket_;
  std::string answer_;
};

std::string request(const Server& server, const std::string& path, const std::string& type,
                    const std::string& body) {
  return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + server.key +
         "\r\nContent-Type: " + type + "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

std::string batch_of_events() {
  std::string body;
  for (int i = 0; i < events_each; ++i) {
    body +=
        std::string(R"({"specversion":"1.0","id":")") + id_mark +
        R"(","source":"gateway/hz-1","type":"ai.model.call","subject":"account-)" +
        std::to_string(i % 500) +
        R"(","time":"2026-11-22T08:00:03Z","data":{"model":"qwen-plus","protocol":"openai.chat",)"
        R"("started":"2026-11-22T08:00:00Z","usage":{"prompt_tokens":3019,"completion_tokens":104,)"
        R"("total_tokens":3123,"prompt_tokens_details":{"cached_tokens":2048}},"api_key":"ak-)" +
        std::to_string(i % 97) + R"(","project":"search","status":200}})" + '\n';
  }
  return body;
}

/// Gives every event of a request an id that never was.
void renumber(std::string& text, std::vector<std::size_t>& places, std::uint64_t first) {
  for (const std::size_t place : places) {
    std::uint64_t number = first++;
    for (std::size_t i = id_digits; i-- > 0; number /= 10) {
      text[place + i] = static_cast<char>('0' + number % 10);
    }
  }
}

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

void ingest(const Server& server, int batches, int connections) {
  const auto begin = Clock::now();
  auto micros = measure(connections, batches, [&](int) {
    auto text = std::make_shared<std::string>(
        request(server, "/v1/events", "application/x-ndjson", batch_of_events()));
    auto places = std::make_shared<std::vector<std::size_t>>();
    for (std::size_t at = 0; (at = text->find(id_mark, at)) != std::string::npos; ++at) {
      places->push_back(at + 2);
    }
    auto connection = std::make_shared<Connection>(server.port);
    return [=](int turn) {
      renumber(*text, *places, static_cast<std::uint64_t>(turn) * events_each);
      const int status = connection->ask(*text);
      if (status != 200 || connection->body.find("\"rated\":1000") == std::string::npos) {
        give_up("answer " + std::to_string(status) + ": " + connection->body.substr(0, 300));
      }
    };
  });
  report("events, batches of 1,000", static_cast<std::uint64_t>(batches) * events_each,
         Clock::now() - begin, micros, "300,000 /s, p99 20 ms");
}

void hold(const Server& server, int pairs, int connections) {
  const auto begin = Clock::now();
  auto micros = measure(connections, pairs, [&](int) {
    auto connection = std::make_shared<Connection>(server.port);
    return [connection, &server](int turn) {
      const std::string id = "h-" + std::to_string(turn);
      int status =
          connection->ask(request(server, "/v1/holds", "application/json",
                                  R"({"hold":")" + id + R"(","account":"account-)" +
                                      std::to_string(turn % 500) + R"(","amount":"0.5"})"));
      if (status != 200) give_up("hold: " + std::to_string(status) + connection->body);
      status =
          connection->ask(request(server, "/v1/holds/" + id + "/release", "application/json", ""));
      if (status != 204) give_up("release: " + std::to_string(status) + connection->body);
    };
  });
  report("holds, opened and released", static_cast<std::uint64_t>(pairs), Clock::now() - begin,
         micros, "50,000 /s, p99 1 ms");
}

}  // namespace

int main(int argc, char** argv) {
  const int batches = argc > 1 ? std::atoi(argv[1]) : 2'000;
  const int connections = argc > 2 ? std::atoi(argv[2]) : 4;
  const Server server;
  ingest(server, batches, connections);
  hold(server, batches * 10, 24);
  return 0;
}
