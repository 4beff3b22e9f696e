#include "steelyard/charges/duckdb/opened_function.h"

#include <array>
#include <memory>
#include <string>
#include <utility>

namespace steelyard::charges::duckdb {
namespace {

using ScalarFunction = Owned<duckdb_scalar_function, &duckdb_destroy_scalar_function>;

std::string_view text_at(duckdb_vector vector, idx_t row) {
  auto& text = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector))[row];
  return {duckdb_string_t_data(&text), duckdb_string_t_length(text)};
}

bool is_valid(duckdb_vector vector, idx_t row) {
  std::uint64_t* const validity = duckdb_vector_get_validity(vector);
  return validity == nullptr || duckdb_validity_row_is_valid(validity, row);
}

void open_each(duckdb_function_info function, duckdb_data_chunk input, duckdb_vector output) {
  const auto& open = *static_cast<OpenText*>(duckdb_scalar_function_get_extra_info(function));
  std::array<duckdb_vector, 3> from{};
  for (idx_t i = 0; i < from.size(); ++i) from[i] = duckdb_data_chunk_get_vector(input, i);
  for (idx_t row = 0; row < duckdb_data_chunk_get_size(input); ++row) {
    if (!is_valid(from[0], row) || !is_valid(from[1], row) || !is_valid(from[2], row)) {
      duckdb_vector_ensure_validity_writable(output);
      duckdb_validity_set_row_invalid(duckdb_vector_get_validity(output), row);
      continue;
    }
    const std::string_view text = text_at(from[2], row);
    if (open == nullptr) {
      duckdb_vector_assign_string_element_len(output, row, text.data(), text.size());
      continue;
    }
    const std::string opened = open(text_at(from[0], row), text_at(from[1], row), text);
    duckdb_vector_assign_string_element_len(output, row, opened.data(), opened.size());
  }
}

}  // namespace

Result<void> register_opened_function(const Connection& connection, OpenText open) {
  const LogicalType text(duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR));
  const ScalarFunction function(duckdb_create_scalar_function());
  duckdb_scalar_function_set_name(function.get(), "opened");
  for (int i = 0; i < 3; ++i) {
    duckdb_scalar_function_add_parameter(function.get(), text.get());
  }
  duckdb_scalar_function_set_return_type(function.get(), text.get());
  duckdb_scalar_function_set_function(function.get(), &open_each);
  duckdb_scalar_function_set_extra_info(function.get(),
                                        std::make_unique<OpenText>(std::move(open)).release(),
                                        [](void* held) { delete static_cast<OpenText*>(held); });
  if (duckdb_register_scalar_function(connection.get(), function.get()) == DuckDBSuccess) return {};
  return failure(ErrorCode::store_failed, "function opened is not taken");
}

}  // namespace steelyard::charges::duckdb
