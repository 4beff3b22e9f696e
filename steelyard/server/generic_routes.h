#pragma once

#include <memory>

#include "steelyard/server/http_server.h"

namespace steelyard::server {

/// Adds what every server of ours has: GET /health, /ready, /metrics, /openapi.json, /docs and
/// its style and script. The documents describe all routes of the table, these too.
void add_generic_routes(RouteTable& table, const ServerParts& parts);

/// Whether an address is of this machine: 127.0.0.0/8, ::1, also written as IPv4 in IPv6.
bool is_loopback(std::string_view address);

/// Of every page: own style, script and connections only (failures.md, section 5).
Response page(std::string html);

}  // namespace steelyard::server
