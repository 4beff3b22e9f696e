#include "steelyard/api/parameters.h"

#include <utility>

namespace steelyard::api {

using server::Parameter;

Parameter query_parameter(std::string name, server::ParameterType type, std::string description,
                          std::string example) {
  Parameter parameter;
  parameter.name = std::move(name);
  parameter.type = type;
  parameter.description = std::move(description);
  parameter.example = std::move(example);
  return parameter;
}

Parameter path_parameter(std::string name, std::string description, std::string example) {
  Parameter parameter = query_parameter(std::move(name), server::ParameterType::text,
                                        std::move(description), std::move(example));
  parameter.in = server::ParameterIn::path;
  parameter.is_required = true;
  return parameter;
}

Parameter account_parameter() {
  return path_parameter("account", "The customer who pays: `subject` of its events.", "acme");
}

std::vector<Parameter> event_parameters() {
  std::vector<Parameter> parameters;
  for (auto parameter :
       {query_parameter("source", server::ParameterType::text, "Of the event.", "gateway/hz-1"),
        query_parameter("id", server::ParameterType::text, "Of the event.", "call-1")}) {
    parameter.is_required = true;
    parameter.max = 1'024;
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

std::vector<Parameter> page_parameters(std::string what, std::int64_t limit_max) {
  Parameter limit = query_parameter("limit", server::ParameterType::whole, std::move(what), "100");
  limit.max = limit_max;
  limit.default_value = "100";
  Parameter cursor =
      query_parameter("cursor", server::ParameterType::text, "`next` of the page before.", "");
  cursor.max = 1'024;
  return {std::move(limit), std::move(cursor)};
}

server::RequestContent json_content(std::string schema, std::string example) {
  server::RequestContent content;
  content.media_type = "application/json";
  content.schema = std::move(schema);
  content.example = std::move(example);
  return content;
}

server::ResponseContent json_answer(std::string description, std::string example) {
  server::ResponseContent content;
  content.description = std::move(description);
  content.example = std::move(example);
  return content;
}

server::ResponseContent no_content(std::string description) {
  server::ResponseContent content;
  content.status = 204;
  content.description = std::move(description);
  content.media_type = "";
  return content;
}

bool accepts(const server::Request& request, std::string_view media_type) {
  return request.field("Accept").value_or("").contains(media_type);
}

}  // namespace steelyard::api
