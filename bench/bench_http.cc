// The HTTP frame alone: how many requests a second it takes in, checks and answers, while the
// handler does nothing.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "bench/arguments.h"
#include "steelyard/base/check.h"
#include "steelyard/server/http_server.h"

namespace {

using namespace steelyard::server;  // NOLINT(google-build-using-namespace)

constexpr std::string_view usage_text =
    "bench_http: the HTTP frame alone: how many requests a second it takes in, checks and\n"
    "answers. Needs wrk.\n";

RouteTable routes() {
  RouteTable table;
  Route events{.method = Method::post,
               .path = "/v1/events",
               .operation_id = "ingest",
               .summary = "Takes bytes",
               .tag = "Bench",
               .scope = Scope::ingest,
               .contents = {{.media_type = "application/x-ndjson", .is_checked = false}},
               .lane = Lane::ingest,
               .handler = [](const Request&) { return Response::no_content(); }};
  table.add(std::move(events));
  Route hold{
      .method = Method::post,
      .path = "/v1/holds",
      .operation_id = "hold",
      .summary = "Takes checked JSON",
      .tag = "Bench",
      .scope = Scope::hold,
      .contents = {{.media_type = "application/json", .schema = R"({"type":"object","properties":{
                               "account":{"type":"string","maxLength":128},
                               "amount":{"type":"string","format":"decimal"},
                               "padding":{"type":"string"}}})"}},
      .lane = Lane::hold,
      .handler = [](const Request&) { return Response::json("{\"granted\":true}"); }};
  table.add(std::move(hold));
  return table;
}

std::string event(int number) {
  std::string text = R"({"specversion":"1.0","id":"call-)" + std::to_string(1'000'000 + number) +
                     R"(","source":"gateway/hz-1","type":"ai.model.call","subject":"acme",)"
                     R"("time":"2026-11-22T08:00:03Z","data":{"model":"qwen-plus",)"
                     R"("protocol":"openai.chat","usage":{"prompt_tokens":3019,)"
                     R"("completion_tokens":104,"total_tokens":3123,)"
                     R"("prompt_tokens_details":{"cached_tokens":2048}},"api_key":"ak-7",)"
                     R"("project":"search","status":200}})";
  text.resize(356, ' ');
  return text + "\n";
}

/// Runs wrk against a path with a body, and prints its figures.
void run(const HttpServer& server, const std::string& key, const char* what,
         const std::string& path, const std::string& media_type, const std::string& body,
         const char* connections) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("steelyard_bench_http_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "body") << body;
  std::ofstream(folder / "post.lua")
      << "wrk.method = 'POST'\nlocal file = io.open('" << (folder / "body").string()
      << "', 'rb')\nwrk.body = file:read('*a')\nfile:close()\nwrk.headers['Content-Type'] = '"
      << media_type << "'\nwrk.headers['Authorization'] = 'Bearer " << key << "'\n";
  std::printf("%s, %s connections\n", what, connections);
  std::fflush(stdout);
  const std::string command =
      "wrk -t1 -c" + std::string(connections) + " -d" +
      (std::getenv("SECONDS_EACH") != nullptr ? std::getenv("SECONDS_EACH") : "5") +
      "s --latency -s " + (folder / "post.lua").string() + " " + server.url() + path +
      " | grep -E 'Requests/sec|99%|50%|Non-2xx|Socket'";
  if (std::system(command.c_str()) != 0) std::puts("wrk failed: is it installed?");
  std::filesystem::remove_all(folder);
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Arguments given(argc, argv, usage_text, 0);
  KeyStore keys{Secret("pepper")};
  const auto idempotency = idempotency_in_memory();
  Metrics metrics;
  const auto log = StructuredLog::to_stderr(Clock::system(), LogLevel::warning);
  ServerParts parts;
  parts.keys = &keys;
  parts.idempotency = idempotency.get();
  parts.metrics = &metrics;
  parts.log = log.get();
  parts.rate_limit = {.per_second = 10'000'000, .burst = 10'000'000, .concurrent = 1'000};
  const CreatedKey key =
      keys.create({.kind = KeyKind::ingest, .role = Role::ingest, .tenant = "acme"},
                  system_random(), Clock::system().wall());
  const std::string text(key.text.reveal());
  auto server = HttpServer::start({}, routes(), std::move(parts));
  STEELYARD_CHECK(server.has_value());

  std::string hold = R"({"account":"acme","amount":"0.05","padding":")";
  hold += std::string(398 - hold.size(), 'x') + "\"}";
  std::string batch;
  for (int i = 0; i < 1'000; ++i) batch += event(i);
  run(**server, text, "POST of 400 bytes, checked JSON", "/v1/holds", "application/json", hold,
      "16");
  run(**server, text, "POST of 400 bytes", "/v1/events", "application/x-ndjson",
      batch.substr(0, 400), "16");
  run(**server, text, "POST of 1,000 events, 357 KB", "/v1/events", "application/x-ndjson", batch,
      "4");
  return 0;
}
