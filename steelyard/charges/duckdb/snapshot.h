#pragma once

#include <cstdint>

#include "steelyard/charges/duckdb/connection.h"

namespace steelyard::charges::duckdb {

/// A connection that sees the store as it was at one position and can not change it.
struct Snapshot {
  Connection connection;
  std::int64_t rolled_up = 0;  ///< Facts up to this number are in `rollup`.
};

[[nodiscard]] Result<Snapshot> take_snapshot(const Database& database);

}  // namespace steelyard::charges::duckdb
