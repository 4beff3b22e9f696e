#pragma once

#include "steelyard/base/result.h"
#include "steelyard/charges/duckdb/connection.h"
#include "steelyard/charges/open_text.h"

namespace steelyard::charges::duckdb {

/// Teaches the database `opened(tenant, account, text)`. Empty: each text is as it stands there.
[[nodiscard]] Result<void> register_opened_function(const Connection& connection, OpenText open);

}  // namespace steelyard::charges::duckdb
