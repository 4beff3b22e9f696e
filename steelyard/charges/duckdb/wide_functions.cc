#include "steelyard/charges/duckdb/wide_functions.h"

#include <cstdint>
#include <string>

#include "steelyard/money/decimal.h"

namespace steelyard::charges::duckdb {
namespace {

using ScalarFunction = Owned<duckdb_scalar_function, &duckdb_destroy_scalar_function>;

constexpr std::int64_t of_a_whole = 1'000'000'000'000;

template <std::int64_t factor>
void widen(duckdb_function_info, duckdb_data_chunk input, duckdb_vector output) {
  const idx_t size = duckdb_data_chunk_get_size(input);
  const duckdb_vector vector = duckdb_data_chunk_get_vector(input, 0);
  const auto* const from = static_cast<const std::int64_t*>(duckdb_vector_get_data(vector));
  auto* const to = static_cast<duckdb_hugeint*>(duckdb_vector_get_data(output));
  for (idx_t i = 0; i < size; ++i) {
    const money::int128 value = money::int128{from[i]} * factor;
    to[i] = {static_cast<std::uint64_t>(value), static_cast<std::int64_t>(value >> 64)};
  }
  std::uint64_t* const validity = duckdb_vector_get_validity(vector);
  if (validity == nullptr) return;
  duckdb_vector_ensure_validity_writable(output);
  std::uint64_t* const validity_of_output = duckdb_vector_get_validity(output);
  for (idx_t i = 0; i < size; ++i) {
    if (!duckdb_validity_row_is_valid(validity, i)) {
      duckdb_validity_set_row_invalid(validity_of_output, i);
    }
  }
}

LogicalType decimal(std::uint8_t width) {
  return LogicalType(duckdb_create_decimal_type(width, 12));
}

Result<void> add(const Connection& connection, const char* name, const LogicalType& from,
                 duckdb_scalar_function_t widening) {
  const ScalarFunction function(duckdb_create_scalar_function());
  const LogicalType to = decimal(38);
  duckdb_scalar_function_set_name(function.get(), name);
  duckdb_scalar_function_add_parameter(function.get(), from.get());
  duckdb_scalar_function_set_return_type(function.get(), to.get());
  duckdb_scalar_function_set_function(function.get(), widening);
  if (duckdb_register_scalar_function(connection.get(), function.get()) == DuckDBSuccess) return {};
  return failure(ErrorCode::store_failed, "function " + std::string(name) + " is not taken");
}

}  // namespace

Result<void> register_wide_functions(const Connection& connection) {
  const LogicalType whole(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
  STEELYARD_PASS(add(connection, "wide_quantity", whole, &widen<of_a_whole>));
  return add(connection, "wide_amount", decimal(18), &widen<1>);
}

}  // namespace steelyard::charges::duckdb
