#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "steelyard/server/route_table.h"

namespace steelyard::server {

/// Checks a request's parameters against its route: each declared one has its type, required
/// ones are there, defaults are filled in, others are refused. Returns what is wrong.
/// `path_values` are still encoded, in the order of the path.
std::vector<ProblemItem> read_parameters(const Route& route,
                                         const std::vector<std::string_view>& path_values,
                                         std::string_view query, Request& request);

/// "a whole number from 1 to 1000": what a parameter must be.
std::string rule_of(const Parameter& parameter);

}  // namespace steelyard::server
