#pragma once

#include <vector>

#include "steelyard/charges/charge_query.h"
#include "steelyard/charges/duckdb/names.h"
#include "steelyard/charges/duckdb/snapshot.h"

namespace steelyard::charges::duckdb {

/// See ChargeStore::metered.
[[nodiscard]] Result<std::vector<MeterRow>> metered(const Snapshot& snapshot, const Names& names,
                                                    const MeterQuery& query);

}  // namespace steelyard::charges::duckdb
