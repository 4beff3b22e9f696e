#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "steelyard/base/check.h"
#include "steelyard/server/http_server.h"
#include "steelyard/server/request_head.h"

namespace steelyard::server {

/// An answer as it came over a socket.
struct RawAnswer {
  int status = 0;  ///< 0: none came.
  std::string head;
  std::string body;

  std::string field(std::string_view name) const {
    std::string_view rest = head;
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find("\r\n"));
      rest.remove_prefix(std::min(rest.size(), line.size() + 2));
      const std::size_t colon = line.find(':');
      if (colon != std::string_view::npos && is_same_name(line.substr(0, colon), name)) {
        return std::string(trimmed(line.substr(colon + 1)));
      }
    }
    return {};
  }
};

/// The word of a problem.
inline std::string code_of(const RawAnswer& answer) {
  const auto json = nlohmann::json::parse(answer.body, nullptr, false);
  return json.is_object() ? json.value("code", "none") : "none";
}

inline const std::string ndjson = "Content-Type: application/x-ndjson\r\n";
inline const std::string json_type = "Content-Type: application/json\r\n";

/// A client that sends what it is told, byte by byte if need be.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port, const char* from = nullptr)
      : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    STEELYARD_CHECK(socket_ >= 0);
    if (from != nullptr) {
      sockaddr_in own = address(0, from);
      STEELYARD_CHECK(::bind(socket_, reinterpret_cast<sockaddr*>(&own), sizeof own) == 0);
    }
    sockaddr_in to = address(port, "127.0.0.1");
    is_connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  ~RawClient() { ::close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool is_connected() const { return is_connected_; }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// The next answer; `is_head`: without a body.
  RawAnswer receive(bool is_head = false) {
    RawAnswer answer;
    std::size_t end = 0;
    while ((end = in_.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more()) return answer;
    }
    answer.head = in_.substr(0, end + 2);
    in_.erase(0, end + 4);
    answer.status = std::stoi(answer.head.substr(9, 3));
    const std::string length = answer.field("Content-Length");
    const std::size_t size = is_head || length.empty() ? 0 : std::stoul(length);
    while (in_.size() < size && read_more()) {
    }
    answer.body = in_.substr(0, size);
    in_.erase(0, size);
    return answer;
  }

  RawAnswer ask(std::string_view request) {
    send(request);
    return receive();
  }

  /// Sends no more; answers still come.
  void end() { ::shutdown(socket_, SHUT_WR); }

  /// Whether the server has closed, within the time.
  bool is_closed(std::chrono::milliseconds within = std::chrono::milliseconds(3'000)) {
    wait_ = within;
    const bool more = read_more();
    wait_ = std::chrono::milliseconds(5'000);
    return !more && is_at_end_;
  }

 private:
  static sockaddr_in address(std::uint16_t port, const char* ip) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    STEELYARD_CHECK(::inet_pton(AF_INET, ip, &address.sin_addr) == 1);
    return address;
  }

  bool read_more() {
    pollfd wait{.fd = socket_, .events = POLLIN, .revents = 0};
    if (::poll(&wait, 1, static_cast<int>(wait_.count())) <= 0) return false;
    char bytes[65'536];
    const ssize_t got = ::recv(socket_, bytes, sizeof bytes, 0);
    is_at_end_ = got <= 0;
    if (got > 0) in_.append(bytes, static_cast<std::size_t>(got));
    return got > 0;
  }

  int socket_;
  bool is_connected_ = false;
  bool is_at_end_ = false;
  std::chrono::milliseconds wait_{5'000};
  std::string in_;
};

/// A request with a body of that length.
inline std::string request_text(std::string_view method_and_target, std::string_view fields = {},
                                std::string_view body = {}) {
  std::string text(method_and_target);
  text += " HTTP/1.1\r\nHost: test\r\n";
  text += fields;
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  text += "\r\n";
  text += body;
  return text;
}

/// What the demo routes do that a test wants to see or decide.
struct DemoRoutes {
  std::atomic<int> commands = 0;        ///< How often create_thing was carried out.
  std::atomic<bool> may_answer{true};   ///< Until then, /v1/waits and /v1/waits/here do not answer.
  std::atomic<bool> is_waiting{false};  ///< A handler of these runs.
  std::mutex mutex;
  std::string last_body;
  std::string file_text;                   ///< What /v1/file sends, from a file.
  std::vector<std::thread> threads;        ///< That answer later.
  std::atomic<bool> answers_later{false};  ///< These two: POST /v1/holds/later, /v1/events.
  std::vector<Reply> later;

  ~DemoRoutes() { join(); }
  void join() {
    may_answer = true;
    for (std::thread& thread : threads) thread.join();
    threads.clear();
  }

  /// Waits until so many requests want their answers later, and takes them.
  std::vector<Reply> take_later(std::size_t count) {
    for (int i = 0; i < 5'000; ++i) {
      {
        const std::lock_guard lock(mutex);
        if (later.size() >= count) return std::exchange(later, {});
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    base::check_failed("they came", __FILE__, __LINE__);
  }

  void wait_for_waiting() const {
    while (!is_waiting) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  RouteTable table() {
    RouteTable table;
    table.add_tag("Things", "What the demo is about.");
    table.add_schema("Thing", R"({"type":"object","required":["name"],"properties":{
        "name":{"type":"string","minLength":1,"maxLength":8},
        "amount":{"type":"string","format":"decimal"},
        "count":{"type":"integer","minimum":0,"maximum":10},
        "tags":{"type":"array","maxItems":2,"items":{"type":"string"}}}})");
    const std::vector<ResponseContent> json = {{.status = 200,
                                                .description = "It is so.",
                                                .media_type = "application/json",
                                                .schema = "",
                                                .example = ""}};
    const auto route = [&](Method method, std::string path, std::string id,
                           std::optional<Scope> scope) {
      Route made;
      made.method = method;
      made.path = std::move(path);
      made.operation_id = std::move(id);
      made.summary = "Demo";
      made.tag = "Things";
      made.scope = scope;
      made.responses = json;
      return made;
    };

    Route read = route(Method::get, "/v1/things/{thing}", "get_thing", Scope::read_usage);
    read.parameters = {{.name = "thing",
                        .description = "Its name",
                        .in = ParameterIn::path,
                        .type = ParameterType::text,
                        .example = "t1"},
                       {.name = "limit",
                        .description = "How many",
                        .in = ParameterIn::query,
                        .type = ParameterType::whole,
                        .example = "5",
                        .min = 1,
                        .max = 100,
                        .default_value = "10"},
                       {.name = "from",
                        .description = "Since",
                        .in = ParameterIn::query,
                        .type = ParameterType::instant,
                        .example = "2026-11-01T00:00:00Z"},
                       {.name = "kind",
                        .description = "Which",
                        .in = ParameterIn::query,
                        .type = ParameterType::word,
                        .example = "big",
                        .may_repeat = true,
                        .words = {"big", "small"}}};
    read.handler = [](const Request& request) {
      return Response::json("{\"tenant\":\"" + request.principal.tenant + "\",\"thing\":\"" +
                            std::string(request.path_parameter("thing")) +
                            "\",\"limit\":" + std::to_string(*request.whole("limit")) + "}");
    };
    table.add(std::move(read));

    Route create = route(Method::post, "/v1/things", "create_thing", Scope::manage_accounts);
    create.contents = {{.media_type = "application/json",
                        .description = "A thing",
                        .schema = R"({"$ref":"#/components/schemas/Thing"})",
                        .example = R"({"name":"t1"})"}};
    create.needs_idempotency_key = true;
    create.handler = [this](const Request& request) {
      const int number = ++commands;
      const json::Object object(*request.json, request.json->root());
      const std::string name(request.json->text(*object.find(json::word("name"))));
      if (name == "full") return Response(Problem("disk_full"));
      if (name == "poor") return Response(Problem("insufficient_balance", "it is 0 CNY"));
      return Response::created("{\"number\":" + std::to_string(number) + "}", "/v1/things/" + name);
    };
    table.add(std::move(create));

    Route remove = route(Method::remove, "/v1/things/{thing}", "remove_thing", Scope::operate);
    remove.parameters = {{.name = "thing",
                          .description = "Its name",
                          .in = ParameterIn::path,
                          .type = ParameterType::text,
                          .example = "t1"}};
    remove.handler = [](const Request&) { return Response::no_content(); };
    table.add(std::move(remove));

    Route ingest = route(Method::post, "/v1/events", "ingest", Scope::ingest);
    ingest.contents = {{.media_type = "application/x-ndjson",
                        .description = "Lines",
                        .schema = "",
                        .example = "{}",
                        .is_checked = false}};
    ingest.lane = Lane::ingest;
    ingest.handler = [this](Reply reply) {
      const std::lock_guard lock(mutex);
      last_body = reply.request().body;
      if (answers_later) return later.push_back(std::move(reply));
      threads.emplace_back([reply = std::move(reply)]() mutable {
        reply.send(
            Response::json("{\"bytes\":" + std::to_string(reply.request().body.size()) + "}"));
      });
    };
    table.add(std::move(ingest));

    Route hold = route(Method::post, "/v1/holds", "hold", Scope::hold);
    hold.contents = {{.media_type = "application/json",
                      .description = "Anything",
                      .schema = R"({"type":"object","additionalProperties":true})",
                      .example = "{}"}};
    hold.lane = Lane::hold;
    hold.handler = [](const Request&) { return Response::json("{}"); };
    table.add(std::move(hold));

    Route later_hold = route(Method::post, "/v1/holds/later", "hold_later", Scope::hold);
    later_hold.contents = {{.media_type = "application/x-ndjson",
                            .description = "Anything",
                            .schema = "",
                            .example = "{}",
                            .is_checked = false}};
    later_hold.lane = Lane::hold;
    later_hold.handler = [this](Reply reply) {
      if (!answers_later) return reply.send(Response::json("{}"));
      const std::lock_guard lock(mutex);
      later.push_back(std::move(reply));
    };
    table.add(std::move(later_hold));

    Route audit = route(Method::get, "/v1/audit", "read_audit", Scope::read_audit);
    audit.runs_on = RunsOn::worker;
    audit.handler = [](const Request&) { return Response::json("[]"); };
    table.add(std::move(audit));

    for (const RunsOn where : {RunsOn::worker, RunsOn::io_thread}) {
      const bool is_here = where == RunsOn::io_thread;
      Route waits = route(Method::get, is_here ? "/v1/waits/here" : "/v1/waits",
                          is_here ? "waits_here" : "waits", std::nullopt);
      waits.runs_on = where;
      waits.lane = Lane::bulk;
      waits.handler = [this](const Request&) {
        is_waiting = true;
        while (!may_answer) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return Response::json("\"waited\"");
      };
      table.add(std::move(waits));
    }

    Route file = route(Method::get, "/v1/file", "get_file", std::nullopt);
    file.runs_on = RunsOn::worker;
    file.handler = [this](const Request&) -> Response {
      const std::lock_guard lock(mutex);
      static int number = 0;
      const auto path =
          std::filesystem::temp_directory_path() /
          ("steelyard-body-" + std::to_string(getpid()) + '-' + std::to_string(++number));
      std::ofstream(path, std::ios::binary) << file_text;
      auto taken = BodyFile::take(path);
      return Response::of_file(taken.value(), "text/plain");
    };
    table.add(std::move(file));

    Route throws = route(Method::get, "/v1/throws", "throws", std::nullopt);
    throws.handler = [](const Request&) -> Response { throw std::runtime_error("canary"); };
    table.add(std::move(throws));

    Route forgets = route(Method::get, "/v1/forgets", "forgets", std::nullopt);
    forgets.handler = [](Reply) {};
    table.add(std::move(forgets));
    return table;
  }
};

/// What a server needs at least, with no key and no log.
struct BareParts {
  KeyStore keys{Secret("pepper")};
  std::unique_ptr<Idempotency> idempotency = idempotency_in_memory();
  Metrics metrics;
  std::unique_ptr<StructuredLog> log =
      StructuredLog::to([](std::string_view) {}, Clock::system(), LogLevel::error);

  ServerParts parts() {
    ServerParts parts;
    parts.keys = &keys;
    parts.idempotency = idempotency.get();
    parts.metrics = &metrics;
    parts.log = log.get();
    return parts;
  }
};

/// A server of the demo routes on a free port, with one key of every role.
class DemoServer {
 public:
  explicit DemoServer(ServerOptions options = {}, RateLimit rate = {},
                      Clock clock = Clock::system()) {
    log = StructuredLog::to(
        [this](std::string_view line) {
          const std::lock_guard lock(log_mutex);
          log_lines += std::string(line) + "\n";
        },
        Clock::system(), LogLevel::debug);
    for (const RoleRow& role : roles()) keys_by_role[role.role] = key(role.role);
    ServerParts parts;
    parts.keys = &keys;
    parts.idempotency = idempotency.get();
    parts.metrics = &metrics;
    parts.log = log.get();
    parts.rate_limit = rate;
    parts.clock = std::move(clock);
    parts.not_ready = [this]() -> std::optional<std::string> {
      return is_ready ? std::nullopt : std::optional<std::string>("replaying the log");
    };
    auto started = HttpServer::start(std::move(options), demo.table(), std::move(parts));
    STEELYARD_CHECK(started.has_value());
    server = *std::move(started);
  }

  ~DemoServer() {
    demo.join();
    server = nullptr;
  }

  std::string key(Role role, KeyKind kind = KeyKind::full, std::string tenant = "acme") {
    const CreatedKey created = keys.create({.mode = KeyMode::test,
                                            .kind = kind,
                                            .role = role,
                                            .tenant = std::move(tenant),
                                            .customer = {},
                                            .name = "test",
                                            .expires_at = {},
                                            .addresses = {}},
                                           system_random(), Clock::system().wall());
    return std::string(created.text.reveal());
  }

  std::string authorization(Role role = Role::root) {
    return "Authorization: Bearer " + keys_by_role.at(role) + "\r\n";
  }

  RawAnswer ask(std::string_view request) { return RawClient(server->port()).ask(request); }

  std::string logged() {
    log->flush();
    const std::lock_guard lock(log_mutex);
    return log_lines;
  }

  KeyStore keys{Secret("pepper of the tests")};
  std::unique_ptr<Idempotency> idempotency = idempotency_in_memory();
  Metrics metrics;
  std::unique_ptr<StructuredLog> log;
  std::mutex log_mutex;
  std::string log_lines;
  std::atomic<bool> is_ready{true};
  std::map<Role, std::string> keys_by_role;
  DemoRoutes demo;
  std::unique_ptr<HttpServer> server;
};

}  // namespace steelyard::server
