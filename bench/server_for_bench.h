#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

/// What load generators share: a server of their own, and connections to it.
namespace bench {

inline constexpr std::size_t id_digits = 12;
inline constexpr char id_mark[] = "e-000000000000";

[[noreturn]] inline void give_up(const std::string& why) {
  std::fprintf(stderr, "bench: %s\n", why.c_str());
  std::exit(2);
}

/// From now on this thread, and those that it starts, run on that core only.
inline void pin_to(int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(static_cast<std::size_t>(core), &cores);
  if (sched_setaffinity(0, sizeof cores, &cores) != 0) give_up("there is no such core");
}

/// `steelyard serve` on a folder of its own.
class Server {
 public:
  /// `core`: all its threads run on that one; -1: on any.
  explicit Server(int core = -1) : core_(core) {
    char name[] = "/var/tmp/steelyard-bench-XXXXXX";
    if (mkdtemp(name) == nullptr) give_up("no folder to work in");
    folder_ = name;
    start();
  }
  ~Server() {
    end(SIGTERM);
    std::filesystem::remove_all(folder_);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Again, on the same data. The key stays.
  void start() {
    int out[2];
    if (pipe(out) != 0) give_up("no pipe");
    child_ = fork();
    if (child_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGTERM);  // However the benchmark ends, nothing is left behind.
      dup2(out[1], 1);
      dup2(::open("/dev/null", O_WRONLY), 2);
      close(out[0]);
      if (core_ >= 0) pin_to(core_);
      execl(STEELYARD_BINARY, "steelyard", "serve", "--data", folder_.c_str(), "--port", "0",
            "--pricebook", STEELYARD_ROOT "/pricebooks/aliyun-ai-paas", "--quiet", nullptr);
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
    if (text.find("once: ") != std::string::npos) key = word_behind("once: ");
    port = static_cast<std::uint16_t>(std::atoi(word_behind("127.0.0.1:").c_str()));
  }

  void end(int signal) {
    if (child_ == 0) return;
    kill(child_, signal);
    waitpid(child_, nullptr, 0);
    close(out_);
    child_ = 0;
  }

  /// The most memory that it has had, in kB.
  long peak_memory_kb() const {
    std::ifstream status("/proc/" + std::to_string(child_) + "/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("VmHWM:")) return std::atol(line.c_str() + 6);
    }
    return 0;
  }

  /// The time that its threads have run, in ms.
  long cpu_ms() const {
    std::ifstream file("/proc/" + std::to_string(child_) + "/stat");
    std::string text((std::istreambuf_iterator<char>(file)), {});
    // Behind the name, which may have spaces: the 12th and 13th word.
    std::istringstream words(text.substr(text.rfind(')') + 2));
    std::string word;
    for (int i = 0; i < 11; ++i) words >> word;
    long user = 0;
    long system = 0;
    words >> user >> system;
    return (user + system) * 1'000 / sysconf(_SC_CLK_TCK);
  }

  std::string key;
  std::uint16_t port = 0;

 private:
  int core_;
  std::string folder_;
  pid_t child_ = 0;
  int out_ = -1;
};

/// A socket to the server, or -1.
inline int connected(std::uint16_t port) {
  const int to_server = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  setsockopt(to_server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(to_server, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) return to_server;
  close(to_server);
  return -1;
}

/// One connection that sends a request and reads the answer, again and again.
class Connection {
 public:
  explicit Connection(std::uint16_t port) : socket_(connected(port)) {
    if (socket_ < 0) give_up("no connection");
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

inline std::string request(const std::string& key, const std::string& path, const std::string& type,
                           const std::string& body) {
  return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + key +
         "\r\nContent-Type: " + type + "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

/// The time that this program has run, in ms.
inline long own_cpu_ms() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1'000 +
         (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1'000;
}

/// A key that may send usage and ask for holds.
inline std::string make_key(const Server& server, const std::string& tenant) {
  Connection connection(server.port);
  const int status =
      connection.ask(request(server.key, "/v1/keys", "application/json",
                             R"({"role":"ingest","kind":"ingest","tenant":")" + tenant + "\"}"));
  const std::size_t at = connection.body.find("\"key\":\"");
  if (status != 201 || at == std::string::npos) give_up("no key: " + connection.body);
  return connection.body.substr(at + 7, connection.body.find('"', at + 7) - at - 7);
}

/// So many events of about 380 bytes, a line each, each with an id that `renumber` sets.
inline std::string batch_of_events(int events_each) {
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
inline void renumber(std::string& text, std::vector<std::size_t>& places, std::uint64_t first) {
  for (const std::size_t place : places) {
    std::uint64_t number = first++;
    for (std::size_t i = id_digits; i-- > 0; number /= 10) {
      text[place + i] = static_cast<char>('0' + number % 10);
    }
  }
}

}  // namespace bench
