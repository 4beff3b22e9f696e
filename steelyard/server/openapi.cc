#include "steelyard/server/openapi.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "steelyard/base/check.h"
#include "steelyard/server/parameters.h"

namespace steelyard::server {
namespace {

using Json = nlohmann::ordered_json;

Json parsed(const std::string& text) {
  Json json = Json::parse(text, nullptr, false);
  // Examples of bytes and lines are no JSON: they stand as text.
  return json.is_discarded() ? Json(text) : json;
}

/// Says in the words of JSON Schema what BodySchema does: an object takes no unknown members.
Json strict(Json schema) {
  if (schema.is_array()) {
    for (Json& each : schema) each = strict(each);
    return schema;
  }
  if (!schema.is_object()) return schema;
  for (auto& [name, value] : schema.items()) {
    if (name != "enum" && name != "examples" && name != "default") value = strict(value);
  }
  if (schema.contains("properties") && schema.contains("type") &&
      !schema.contains("additionalProperties")) {
    schema["additionalProperties"] = false;
  }
  return schema;
}

std::string method_key(Method method) {
  std::string name(name_of(method));
  std::ranges::transform(name, name.begin(),
                         [](char c) { return static_cast<char>(c + ('a' - 'A')); });
  return name;
}

Json schema_of(const Parameter& parameter) {
  Json schema;
  switch (parameter.type) {
    case ParameterType::text:
      schema = {{"type", "string"}, {"minLength", parameter.min}, {"maxLength", parameter.max}};
      break;
    case ParameterType::word: schema = {{"type", "string"}, {"enum", parameter.words}}; break;
    case ParameterType::whole:
      schema = {{"type", "integer"}, {"minimum", parameter.min}, {"maximum", parameter.max}};
      break;
    case ParameterType::decimal: schema = {{"type", "string"}, {"format", "decimal"}}; break;
    case ParameterType::instant: schema = {{"type", "string"}, {"format", "date-time"}}; break;
    case ParameterType::date: schema = {{"type", "string"}, {"format", "date"}}; break;
    case ParameterType::month:
      schema = {{"type", "string"}, {"pattern", "^[0-9]{4}-(0[1-9]|1[0-2])$"}};
      break;
    case ParameterType::boolean: schema = {{"type", "boolean"}}; break;
  }
  if (!parameter.default_value.empty()) {
    const bool is_json =
        parameter.type == ParameterType::whole || parameter.type == ParameterType::boolean;
    schema["default"] = is_json ? parsed(parameter.default_value) : Json(parameter.default_value);
  }
  if (parameter.may_repeat) schema = {{"type", "array"}, {"items", schema}};
  return schema;
}

Json parameter_json(const Parameter& parameter) {
  Json json = {{"name", parameter.name},
               {"in", parameter.in == ParameterIn::path ? "path" : "query"},
               {"required", parameter.is_required},
               {"description", parameter.description},
               {"schema", schema_of(parameter)}};
  if (!parameter.example.empty()) {
    const bool is_json =
        parameter.type == ParameterType::whole || parameter.type == ParameterType::boolean;
    Json example = is_json ? parsed(parameter.example) : Json(parameter.example);
    json["example"] = parameter.may_repeat ? Json::array({example}) : example;
  }
  return json;
}

Json media_json(const std::string& schema, const std::string& example) {
  Json media = Json::object();
  if (!schema.empty()) media["schema"] = strict(parsed(schema));
  if (!example.empty()) media["example"] = parsed(example);
  return media;
}

Json operation_json(const Route& route) {
  Json operation = {{"operationId", route.operation_id},
                    {"summary", route.summary},
                    {"tags", Json::array({route.tag})}};
  if (!route.description.empty()) operation["description"] = route.description;
  if (route.scope.has_value()) {
    operation["security"] = Json::array({{{"api_key", Json::array()}}});
    operation["x-scope"] = name_of(*route.scope);
  } else {
    operation["security"] = Json::array();
  }
  operation["x-lane"] = name_of(route.lane);

  Json parameters = Json::array();
  for (const Parameter& parameter : route.parameters) {
    parameters.push_back(parameter_json(parameter));
  }
  if (route.needs_idempotency_key) {
    parameters.push_back({{"$ref", "#/components/parameters/Idempotency-Key"}});
  }
  if (!parameters.empty()) operation["parameters"] = parameters;

  if (!route.contents.empty()) {
    Json contents = Json::object();
    for (const RequestContent& content : route.contents) {
      contents[content.media_type] = media_json(content.schema, content.example);
    }
    operation["requestBody"] = {{"required", true}, {"content", contents}};
  }

  Json responses = Json::object();
  for (const ResponseContent& response : route.responses) {
    Json& json = responses[std::to_string(response.status)];
    json["description"] = response.description;
    if (!response.media_type.empty()) {
      json["content"][response.media_type] = media_json(response.schema, response.example);
    }
  }
  for (const ProblemRow* problem : problems_of(route)) {
    Json& json = responses[std::to_string(problem->status)];
    const std::string line = "`" + std::string(problem->word) + "`: " + std::string(problem->title);
    json["description"] =
        json.contains("description") ? json["description"].get<std::string>() + "; " + line : line;
    json["content"]["application/problem+json"] = {
        {"schema", {{"$ref", "#/components/schemas/Problem"}}}};
  }
  operation["responses"] = responses;
  return operation;
}

Json problem_schema() {
  const Json item = {
      {"type", "object"},
      {"properties", {{"place", {{"type", "string"}}}, {"detail", {{"type", "string"}}}}}};
  return {{"type", "object"},
          {"description",
           "Why a request is not answered (RFC 9457). `code` is the word to "
           "program against; `detail` says what to do."},
          {"required", {"type", "title", "status", "code", "detail", "instance"}},
          {"properties",
           {{"type", {{"type", "string"}}},
            {"title", {{"type", "string"}}},
            {"status", {{"type", "integer"}}},
            {"code", {{"type", "string"}}},
            {"detail", {{"type", "string"}}},
            {"instance", {{"type", "string"}}},
            {"errors", {{"type", "array"}, {"items", item}}}}}};
}

}  // namespace

std::vector<const ProblemRow*> problems_of(const Route& route) {
  std::vector<std::string_view> words = {"internal_error", "overloaded", "stopping"};
  words.insert(words.end(), route.problems.begin(), route.problems.end());
  words.push_back("malformed_request");
  if (route.scope.has_value()) {
    words.insert(words.end(),
                 {"unauthenticated", "forbidden", "rate_limited", "too_many_open_requests"});
  }
  if (!route.parameters.empty()) words.push_back("invalid_parameter");
  if (!route.contents.empty()) {
    words.insert(words.end(), {"body_too_large", "unsupported_media_type", "unsupported_encoding",
                               "archive_is_damaged", "request_timeout"});
  }
  if (std::ranges::any_of(route.contents, &RequestContent::is_checked)) {
    words.insert(words.end(), {"malformed_json", "invalid_body"});
  }
  if (route.needs_idempotency_key) {
    words.insert(words.end(),
                 {"idempotency_key_missing", "idempotency_key_running", "idempotency_key_reused"});
  }
  std::vector<const ProblemRow*> problems;
  for (const ProblemRow& row : problem_rows()) {
    if (std::ranges::find(words, row.word) != words.end()) problems.push_back(&row);
  }
  return problems;
}

std::string openapi_document(const RouteTable& table, std::string_view version) {
  Json document = {{"openapi", "3.1.0"},
                   {"info",
                    {{"title", "Steelyard"},
                     {"version", version},
                     {"description",
                      "Metering, rating and billing. Amounts, prices and quantities are exact "
                      "decimal strings. The tenant is the one of the API key."}}},
                   {"servers", Json::array({{{"url", "/"}}})}};
  Json tags = Json::array();
  for (const auto& [name, description] : table.tags()) {
    tags.push_back(description.empty() ? Json{{"name", name}}
                                       : Json{{"name", name}, {"description", description}});
  }
  document["tags"] = tags;
  Json paths = Json::object();
  for (const auto& route : table.routes()) {
    paths[route->path][method_key(route->method)] = operation_json(*route);
  }
  document["paths"] = paths;
  Json schemas = Json::object();
  for (const auto& [name, schema] : table.schemas()) schemas[name] = strict(parsed(schema));
  schemas["Problem"] = problem_schema();
  document["components"] = {
      {"schemas", schemas},
      {"parameters",
       {{"Idempotency-Key",
         {{"name", "Idempotency-Key"},
          {"in", "header"},
          {"required", true},
          {"description",
           "Your name for this command. The same key with the same request gives "
           "the first answer again, with `Idempotent-Replayed: true`: for 7 days, whenever the "
           "server was restarted. Later, a payment that was booked is still booked once."},
          {"schema", {{"type", "string"}, {"minLength", 1}, {"maxLength", 128}}},
          {"example", "top-up-2026-11-25-0001"}}}}},
      {"securitySchemes",
       {{"api_key",
         {{"type", "http"},
          {"scheme", "bearer"},
          {"description", "`Authorization: Bearer steelyard_live_…`"}}}}}};
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string curl_example(const Route& route) {
  std::string command = "curl";
  if (route.method != Method::get && !(route.method == Method::post && !route.contents.empty())) {
    command += " -X " + std::string(name_of(route.method));
  }
  std::string path = route.path;
  std::string query;
  for (const Parameter& parameter : route.parameters) {
    if (parameter.in == ParameterIn::path) {
      const std::string place = "{" + parameter.name + "}";
      if (!parameter.example.empty())
        path.replace(path.find(place), place.size(), parameter.example);
    } else if (parameter.is_required) {
      query += (query.empty() ? "?" : "&") + parameter.name + "=" + parameter.example;
    }
  }
  command += " \"$STEELYARD_URL" + path + query + "\"";
  if (route.scope.has_value()) command += " \\\n  -H \"Authorization: Bearer $STEELYARD_KEY\"";
  if (route.needs_idempotency_key) command += " \\\n  -H \"Idempotency-Key: $(uuidgen)\"";
  if (!route.contents.empty()) {
    const RequestContent& content = route.contents.front();
    command += " \\\n  -H \"Content-Type: " + content.media_type + "\"";
    if (!content.example.empty()) command += " \\\n  -d '" + content.example + "'";
  }
  return command;
}

}  // namespace steelyard::server
