#pragma once

#include <string_view>
#include <vector>

#include "steelyard/charges/charge_query.h"
#include "steelyard/charges/duckdb/names.h"
#include "steelyard/charges/duckdb/snapshot.h"

namespace steelyard::charges::duckdb {

/// See ChargeStore::bill.
[[nodiscard]] Result<std::vector<BillLine>> bill(const Snapshot& snapshot, const Names& names,
                                                 const ChargeFilter& account_and_times);

}  // namespace steelyard::charges::duckdb
