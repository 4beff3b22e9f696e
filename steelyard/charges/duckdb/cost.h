#pragma once

#include <vector>

#include "steelyard/charges/charge_query.h"
#include "steelyard/charges/duckdb/names.h"
#include "steelyard/charges/duckdb/snapshot.h"

namespace steelyard::charges::duckdb {

/// See ChargeStore::cost_over_time.
[[nodiscard]] Result<std::vector<CostRow>> cost_over_time(const Snapshot& snapshot,
                                                          const Names& names,
                                                          const CostQuery& query);

}  // namespace steelyard::charges::duckdb
