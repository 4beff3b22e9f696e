#include "steelyard/charges/duckdb/snapshot.h"

namespace steelyard::charges::duckdb {

Result<Snapshot> take_snapshot(const Database& database) {
  Snapshot snapshot{connect(database), 0};
  STEELYARD_PASS(run(snapshot.connection, "BEGIN TRANSACTION READ ONLY"));
  STEELYARD_PASS(for_each_row(snapshot.connection, "SELECT rolled_up FROM progress",
                              [&](const Row& row) { snapshot.rolled_up = row.integer(0); }));
  return snapshot;
}

}  // namespace steelyard::charges::duckdb
