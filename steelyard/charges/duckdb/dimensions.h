#pragma once

#include "steelyard/charges/charge_query.h"
#include "steelyard/charges/duckdb/names.h"

namespace steelyard::charges::duckdb {

/// Whether it is told by the price of a line, not by its fact.
bool is_of_price(Dimension dimension);

/// Requires: it is not of the price.
NameKind kind_of(Dimension dimension);

}  // namespace steelyard::charges::duckdb
