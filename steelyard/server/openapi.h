#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "steelyard/server/route_table.h"

namespace steelyard::server {

/// The words of all problems that a route may answer with: its own and those of the frame,
/// by status.
std::vector<const ProblemRow*> problems_of(const Route& route);

/// The OpenAPI 3.1 document of a table. The same table gives the same bytes.
std::string openapi_document(const RouteTable& table, std::string_view version);

/// docs/reference/http-api.md of a table.
std::string http_reference(const RouteTable& table);

/// The page at /docs: HTML that is complete without its script, for its own style and script
/// files and no others.
std::string docs_page(const RouteTable& table, std::string_view version);
std::string_view docs_style();
std::string_view docs_script();

/// A command that calls the route with its examples.
std::string curl_example(const Route& route);

}  // namespace steelyard::server
