#pragma once

#include <vector>

#include "steelyard/charges/charge_query.h"
#include "steelyard/server/route_table.h"

/// Which charges a request asks for: always those of its tenant, and of its customer if its key
/// is one's.
namespace steelyard::api {

/// What restricts charges, as parameters of a route.
std::vector<server::Parameter> filter_parameters();

/// What a request of such a route asks for; parameters that the route has not are not set.
charges::ChargeFilter filter_of(const server::Request& request);

}  // namespace steelyard::api
