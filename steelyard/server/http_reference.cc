#include <algorithm>

#include "steelyard/server/openapi.h"
#include "steelyard/server/parameters.h"

namespace steelyard::server {
namespace {

/// A text inside a cell of a table.
std::string cell(std::string_view text) {
  std::string cell;
  for (const char c : text) {
    if (c == '|') cell += '\\';
    cell += c == '\n' ? ' ' : c;
  }
  return cell;
}

void append_parameters(const Route& route, std::string& to) {
  if (route.parameters.empty()) return;
  to += "\n| parameter | in | must be | meaning |\n|---|---|---|---|\n";
  for (const Parameter& parameter : route.parameters) {
    to += "| `" + parameter.name + "` | ";
    to += parameter.in == ParameterIn::path ? "path" : "query";
    if (parameter.is_required && parameter.in == ParameterIn::query) to += ", required";
    if (parameter.may_repeat) to += ", may repeat";
    to += " | " + cell(rule_of(parameter));
    if (!parameter.default_value.empty()) to += "; else `" + parameter.default_value + "`";
    to += " | " + cell(parameter.description) + " |\n";
  }
}

void append_route(const Route& route, std::string& to) {
  to += "\n### " + std::string(name_of(route.method)) + " " + route.path + "\n\n";
  to += route.summary + ". " + route.description + "\n\n";
  to += route.scope.has_value() ? "Scope `" + std::string(name_of(*route.scope)) + "`"
                                : std::string("Public");
  if (route.needs_idempotency_key) to += ", needs `Idempotency-Key`";
  to += ", operation `" + route.operation_id + "`.\n";
  append_parameters(route, to);
  if (!route.contents.empty()) {
    to += "\nBody:\n\n";
    for (const RequestContent& content : route.contents) {
      to += "* `" + content.media_type + "`: " + content.description + "\n";
    }
  }
  to += "\n```sh\n" + curl_example(route) + "\n```\n\n";
  for (const ResponseContent& response : route.responses) {
    to += "* " + std::to_string(response.status);
    if (!response.media_type.empty()) to += " `" + response.media_type + "`";
    to += ": " + response.description + "\n";
    if (!response.example.empty()) to += "\n  ```\n  " + response.example + "\n  ```\n\n";
  }
  std::string problems;
  for (const ProblemRow* problem : problems_of(route)) {
    problems += problems.empty() ? "" : ", ";
    problems += std::to_string(problem->status) + " `" + std::string(problem->word) + "`";
  }
  to += "* problems: " + problems + "\n";
}

}  // namespace

std::string http_reference(const RouteTable& table) {
  std::string text =
      "# HTTP API\n\n"
      "Generated from the table of routes. `GET /openapi.json` is the same as OpenAPI 3.1, "
      "`GET /docs` as a page.\n\n"
      "Send `Authorization: Bearer KEY`; the tenant is the key's. What a path does not name, a "
      "query parameter or a member of a JSON body, is refused (422). Answers carry `X-Request-Id`, "
      "which logs and problems name.\n";
  for (const auto& [tag, description] : table.tags()) {
    text += "\n## " + tag + "\n";
    if (!description.empty()) text += "\n" + description + "\n";
    for (const auto& route : table.routes()) {
      if (route->tag == tag) append_route(*route, text);
    }
  }
  text += "\n## Roles\n\n| role | is | scopes |\n|---|---|---|\n";
  for (const RoleRow& role : roles()) {
    std::string scopes;
    for (std::size_t i = 0; i < scope_count; ++i) {
      const auto scope = static_cast<Scope>(i);
      if (!role.scopes.contains(scope)) continue;
      scopes += (scopes.empty() ? "`" : ", `") + std::string(name_of(scope)) + "`";
    }
    text += "| `" + std::string(role.name) + "` | " + std::string(role.description) + " | " +
            scopes + " |\n";
  }
  text +=
      "\n## Problems\n\nEvery answer that is not what was asked for is "
      "`application/problem+json` (RFC 9457).\n\n"
      "| status | code | title | what to do |\n|---|---|---|---|\n";
  for (const ProblemRow& row : problem_rows()) {
    text += "| " + std::to_string(row.status) + " | `" + std::string(row.word) + "` | " +
            cell(row.title) + " | " + cell(row.remedy) + " |\n";
  }
  return text;
}

}  // namespace steelyard::server
