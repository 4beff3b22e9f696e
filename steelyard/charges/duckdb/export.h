#pragma once

#include <cstdint>
#include <filesystem>

#include "steelyard/charges/duckdb/question.h"

namespace steelyard::charges::duckdb {

/// Writes a whole answer to a file: see ChargeStore. Return the number of rows.
[[nodiscard]] Result<std::uint64_t> write_csv(Question& question,
                                              const std::filesystem::path& file);
[[nodiscard]] Result<std::uint64_t> write_parquet(Question& question,
                                                  const std::filesystem::path& file);

}  // namespace steelyard::charges::duckdb
