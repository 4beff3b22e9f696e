#include "steelyard/server/generic_routes.h"

#include "steelyard/server/openapi.h"

namespace steelyard::server {
namespace {

constexpr std::string_view tag = "Operation";

Route get(std::string path, std::string operation_id, std::string summary, std::string description,
          ResponseContent response, Handler handler) {
  return {.method = Method::get,
          .path = std::move(path),
          .operation_id = std::move(operation_id),
          .summary = std::move(summary),
          .description = std::move(description),
          .tag = std::string(tag),
          .scope = {},
          .parameters = {},
          .contents = {},
          .responses = {std::move(response)},
          .problems = {},
          .lane = Lane::hold,
          .runs_on = RunsOn::io_thread,
          .handler = std::move(handler)};
}

/// Written when all routes are known, which is after their handlers were made.
struct Documents {
  std::string openapi;
  std::string page;
};

void add_health(RouteTable& table, const ServerParts& parts) {
  table.add(get("/health", "health", "Whether the process lives",
                "It says nothing about whether requests can be answered: see /ready.",
                {.status = 200,
                 .description = "It lives.",
                 .media_type = "application/json",
                 .schema = "",
                 .example = R"({"status":"alive"})"},
                [](const Request&) { return Response::json("{\"status\":\"alive\"}\n"); }));
  Route ready = get("/ready", "ready", "Whether requests can be answered",
                    "For load balancers and start scripts.",
                    {.status = 200,
                     .description = "They can.",
                     .media_type = "application/json",
                     .schema = "",
                     .example = R"({"status":"ready"})"},
                    [not_ready = parts.not_ready](const Request&) {
                      const auto reason = not_ready ? not_ready() : std::nullopt;
                      if (reason.has_value()) {
                        return Response(Problem("not_ready", *reason)).with("Retry-After", "1");
                      }
                      return Response::json("{\"status\":\"ready\"}\n");
                    });
  ready.problems = {"not_ready"};
  table.add(std::move(ready));
}

void add_metrics(RouteTable& table, const ServerParts& parts) {
  Route metrics = get(
      "/metrics", "metrics", "Counts and durations for Prometheus",
      "Without a key from this machine; from elsewhere with a key that has the scope `operate`.",
      {.status = 200,
       .description = "The text format, version 0.0.4.",
       .media_type = "text/plain; version=0.0.4",
       .schema = "",
       .example = ""},
      [metrics = parts.metrics](const Request& request) {
        if (!is_loopback(request.peer.address) && !request.principal.may(Scope::operate)) {
          return Response(Problem("forbidden", "metrics need a key with the scope `operate`"));
        }
        return Response::text(metrics->text(), "text/plain; version=0.0.4; charset=utf-8");
      });
  metrics.problems = {"forbidden"};
  table.add(std::move(metrics));
}

void add_documents(RouteTable& table, const std::shared_ptr<Documents>& documents) {
  table.add(get("/openapi.json", "openapi", "This interface as OpenAPI 3.1",
                "For generators of clients.",
                {.status = 200,
                 .description = "The document.",
                 .media_type = "application/json",
                 .schema = "",
                 .example = ""},
                [documents](const Request&) { return Response::json(documents->openapi); }));
  table.add(get("/docs", "docs", "This interface as a page", "Complete without scripts.",
                {.status = 200,
                 .description = "The page.",
                 .media_type = "text/html",
                 .schema = "",
                 .example = ""},
                [documents](const Request&) { return page(documents->page); }));
  table.add(get("/docs/style.css", "docs_style", "The style of the page", "",
                {.status = 200,
                 .description = "The style.",
                 .media_type = "text/css",
                 .schema = "",
                 .example = ""},
                [](const Request&) {
                  return Response::text(std::string(docs_style()), "text/css; charset=utf-8");
                }));
  table.add(get("/docs/script.js", "docs_script", "The script of the page", "",
                {.status = 200,
                 .description = "The script.",
                 .media_type = "text/javascript",
                 .schema = "",
                 .example = ""},
                [](const Request&) {
                  return Response::text(std::string(docs_script()),
                                        "text/javascript; charset=utf-8");
                }));
}

}  // namespace

bool is_loopback(std::string_view address) {
  return address == "::1" || address.starts_with("127.") || address.starts_with("::ffff:127.");
}

Response page(std::string html) {
  return Response::text(std::move(html), "text/html; charset=utf-8")
      .with("Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
            "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'")
      .with("Referrer-Policy", "no-referrer")
      .with("Cross-Origin-Opener-Policy", "same-origin")
      .with("Cross-Origin-Resource-Policy", "same-origin");
}

void add_generic_routes(RouteTable& table, const ServerParts& parts) {
  const auto documents = std::make_shared<Documents>();
  table.add_tag(std::string(tag), "Health, metrics, and this description.");
  add_health(table, parts);
  add_metrics(table, parts);
  add_documents(table, documents);
  documents->openapi = openapi_document(table, STEELYARD_VERSION);
  documents->page = docs_page(table, STEELYARD_VERSION);
}

}  // namespace steelyard::server
