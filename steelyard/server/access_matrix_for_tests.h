#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "steelyard/server/route_table.h"
#include "steelyard/server/server_for_tests.h"

namespace steelyard::server {

/// A request that the table itself makes of a route: its examples, so that everything but
/// the caller's rights is in order.
inline std::string sample_request(const Route& route, std::string_view authorization,
                                  std::string_view idempotency_key = "sample-key") {
  std::string target = route.path;
  std::string query;
  for (const Parameter& parameter : route.parameters) {
    if (parameter.in == ParameterIn::path) {
      const std::string place = "{" + parameter.name + "}";
      target.replace(target.find(place), place.size(), parameter.example);
    } else if (parameter.is_required) {
      query += (query.empty() ? "?" : "&") + parameter.name + "=" + parameter.example;
    }
  }
  std::string fields(authorization);
  std::string body;
  if (!route.contents.empty()) {
    fields += "Content-Type: " + route.contents.front().media_type + "\r\n";
    body = route.contents.front().example;
  }
  if (route.needs_idempotency_key) {
    fields += "Idempotency-Key: " + std::string(idempotency_key) + "\r\n";
  }
  return request_text(std::string(name_of(route.method)) + " " + target + query, fields, body);
}

/// What the table of roles says about one caller and one route.
struct AccessCase {
  const Route* route = nullptr;
  Role role = Role::ingest;
  KeyKind kind = KeyKind::full;
  bool is_allowed = false;

  std::string name() const {
    return std::string(server::name_of(role)) + ", " + std::string(server::name_of(kind)) +
           " key: " + route->operation_id;
  }
};

/// Every role with every kind of key on every route that is not public. Whoever adds a route
/// has its cases tested; nobody writes them.
inline std::vector<AccessCase> access_matrix(const RouteTable& table) {
  std::vector<AccessCase> cases;
  for (const auto& route : table.routes()) {
    if (!route->scope.has_value()) continue;
    for (const RoleRow& role : roles()) {
      for (const KeyKind kind : {KeyKind::ingest, KeyKind::read, KeyKind::full}) {
        cases.push_back({.route = route.get(),
                         .role = role.role,
                         .kind = kind,
                         .is_allowed = (role.scopes & scopes_of(kind)).contains(*route->scope)});
      }
    }
  }
  return cases;
}

}  // namespace steelyard::server
