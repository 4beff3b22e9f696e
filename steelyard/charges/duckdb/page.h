#pragma once

#include <cstddef>
#include <string_view>

#include "steelyard/charges/charge_query.h"
#include "steelyard/charges/duckdb/names.h"
#include "steelyard/charges/duckdb/snapshot.h"

namespace steelyard::charges::duckdb {

/// See ChargeStore::charges.
[[nodiscard]] Result<ChargePage> page_of_charges(const Snapshot& snapshot, const Names& names,
                                                 const ChargeFilter& filter,
                                                 std::string_view cursor, std::size_t limit);

/// See ChargeStore::cloud_facts.
[[nodiscard]] Result<std::vector<Position>> cloud_facts(const Snapshot& snapshot,
                                                        const Names& names, std::string_view tenant,
                                                        Position last);

}  // namespace steelyard::charges::duckdb
