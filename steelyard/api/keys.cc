#include "steelyard/api/answers.h"
#include "steelyard/api/parameters.h"
#include "steelyard/api/services.h"

namespace steelyard::api {
namespace {

using server::KeyRecord;
using server::Request;
using server::Response;
using server::Route;

constexpr std::string_view key_example =
    R"({"id":"4fGh71kPq0","name":"gateway hz-1","tenant":"default","role":"ingest","kind":"ingest","created_at":"2026-11-22T08:00:00Z"})";

std::string key_json(const KeyRecord& record, std::string_view text) {
  JsonObject to;
  to.text("id", record.id);
  if (!text.empty()) to.text("key", text);
  if (!record.name.empty()) to.text("name", record.name);
  to.text("tenant", record.tenant)
      .text("role", server::name_of(record.role))
      .text("kind", server::name_of(record.kind))
      .text("mode", server::name_of(record.mode));
  if (record.customer.has_value()) to.text("account", *record.customer);
  to.time("created_at", record.created_at);
  if (record.expires_at.has_value()) to.time("expires_at", *record.expires_at);
  if (record.revoked_at.has_value()) to.time("revoked_at", *record.revoked_at);
  return to.finish();
}

std::optional<std::string> text_member(const Request& request, std::string_view name) {
  const json::Object object(*request.json, request.json->root());
  const json::Node* const node = object.find(json::word(name));
  if (node == nullptr || node->type != json::Type::string) return std::nullopt;
  return std::string(request.json->text(*node));
}

Response create(Services& services, const Request& request) {
  server::NewKey wanted;
  wanted.tenant = text_member(request, "tenant").value_or(request.principal.tenant);
  const bool is_operator = request.principal.may(server::Scope::operate);
  if (wanted.tenant != request.principal.tenant && !is_operator) {
    return server::Problem("forbidden", "a key of another tenant needs the scope operate");
  }
  const auto role = server::role_named(text_member(request, "role").value_or("tenant_dev"));
  if (!role.has_value()) return problem_of(role.error());
  wanted.role = *role;
  const server::ScopeSet given = server::row_of(*role).scopes;
  if (!((given & request.principal.scopes) == given)) {
    return server::Problem("forbidden", "nobody can give away more than the own key allows");
  }
  for (const auto kind : {server::KeyKind::ingest, server::KeyKind::read, server::KeyKind::full}) {
    if (text_member(request, "kind") == server::name_of(kind)) wanted.kind = kind;
  }
  wanted.name = text_member(request, "name").value_or("");
  wanted.customer = text_member(request, "account");
  if (const auto expires = text_member(request, "expires_at"); expires.has_value()) {
    base::Instant at;
    if (base::parse_rfc3339(*expires, at)) wanted.expires_at = at;
  }
  auto created =
      services.keys->create(std::move(wanted), server::system_random(), request.received_at);
  if (auto kept = services.keep_key(created.record, request.principal.key_id); !kept.has_value()) {
    return problem_of(kept.error());
  }
  return Response::created(key_json(created.record, created.text.reveal()),
                           "/v1/keys/" + created.record.id);
}

bool may_see(const Request& request, const KeyRecord& record) {
  return record.tenant == request.principal.tenant || request.principal.may(server::Scope::operate);
}

void add_create(server::RouteTable& table, Services& services) {
  Route route;
  route.method = server::Method::post;
  route.path = "/v1/keys";
  route.operation_id = "create_key";
  route.summary = "Make an API key";
  route.description = "The key's text is in this answer and nowhere else: keep it.";
  route.tag = "Keys";
  route.scope = server::Scope::manage_keys;
  route.contents.push_back(json_content(
      R"({"type":"object","properties":{"name":{"type":"string","minLength":1,"maxLength":128},"role":{"type":"string","minLength":1,"maxLength":32},"kind":{"type":"string","enum":["ingest","read","full"]},"tenant":{"type":"string","minLength":1,"maxLength":128},"account":{"type":"string","minLength":1,"maxLength":128},"expires_at":{"type":"string","format":"date-time"}}})",
      R"({"name":"gateway hz-1","role":"ingest","kind":"ingest"})"));
  route.responses.push_back({.status = 201,
                             .description = "The key, with its text.",
                             .media_type = "application/json",
                             .schema = "",
                             .example = std::string(key_example)});

  route.runs_on = server::RunsOn::worker;
  route.handler = [&services](const Request& request) { return create(services, request); };
  table.add(std::move(route));
}

void add_list(server::RouteTable& table, Services& services) {
  Route route;
  route.method = server::Method::get;
  route.path = "/v1/keys";
  route.operation_id = "list_keys";
  route.summary = "The API keys of a tenant";
  route.description = "Without their secrets: those are not kept.";
  route.tag = "Keys";
  route.scope = server::Scope::manage_keys;
  route.responses.push_back(
      json_answer("The keys, revoked ones too.", R"({"keys":[)" + std::string(key_example) + "]}"));
  route.runs_on = server::RunsOn::worker;
  route.handler = [&services](const Request& request) {
    std::string list;
    for (const KeyRecord& record : services.keys->all()) {
      if (!may_see(request, record)) continue;
      list += (list.empty() ? "" : ",") + key_json(record, {});
    }
    return Response::json(JsonObject().raw("keys", '[' + list + ']').finish());
  };
  table.add(std::move(route));
}

void add_revoke(server::RouteTable& table, Services& services) {
  Route route;
  route.method = server::Method::remove;
  route.path = "/v1/keys/{key}";
  route.operation_id = "revoke_key";
  route.summary = "Revoke an API key";
  route.description = "From the next request on it is refused.";
  route.tag = "Keys";
  route.scope = server::Scope::manage_keys;
  route.parameters.push_back(path_parameter("key", "The id of the key.", "4fGh71kPq0"));
  route.responses.push_back(no_content("Revoked."));
  route.runs_on = server::RunsOn::worker;
  route.handler = [&services](const Request& request) -> Response {
    auto record = services.keys->find(request.path_parameter("key"));
    if (!record.has_value() || !may_see(request, *record)) return server::Problem("not_found");
    record->revoked_at = request.received_at;
    if (auto kept = services.keep_key(*record, request.principal.key_id); !kept.has_value())
      return problem_of(kept.error());
    return Response::no_content();
  };
  table.add(std::move(route));
}

}  // namespace

void add_keys(server::RouteTable& table, Services& services) {
  add_create(table, services);
  add_list(table, services);
  add_revoke(table, services);
}

}  // namespace steelyard::api
