#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "steelyard/server/route_table.h"

/// What routes of several files have in common.
namespace steelyard::api {

/// A parameter of the query that may be left out.
server::Parameter query_parameter(std::string name, server::ParameterType type,
                                  std::string description, std::string example);

/// A parameter of the path: a text of 1 to 128 characters.
server::Parameter path_parameter(std::string name, std::string description, std::string example);

/// {account}: who pays.
server::Parameter account_parameter();

/// `source` and `id`: which event.
std::vector<server::Parameter> event_parameters();

/// `limit`, 100 if it is not given, and `cursor`: where the page before ended.
std::vector<server::Parameter> page_parameters(std::string what, std::int64_t limit_max);

/// The one kind of body that a route takes: JSON, checked against the schema.
server::RequestContent json_content(std::string schema, std::string example);

/// 200 with JSON.
server::ResponseContent json_answer(std::string description, std::string example = "");

/// 204.
server::ResponseContent no_content(std::string description);

/// Whether the request names a type of answer in `Accept`: "text/csv".
bool accepts(const server::Request& request, std::string_view media_type);

}  // namespace steelyard::api
