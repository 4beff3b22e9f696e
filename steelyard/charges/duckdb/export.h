#pragma once

#include <cstdint>
#include <filesystem>

#include "steelyard/charges/duckdb/question_series.h"

namespace steelyard::charges::duckdb {

/// Writes a whole answer to a file: see ChargeStore. Return the number of rows.
[[nodiscard]] Result<std::uint64_t> write_csv(QuestionSeries& question,
                                              const std::filesystem::path& file);
[[nodiscard]] Result<std::uint64_t> write_parquet(QuestionSeries& question,
                                                  const std::filesystem::path& file);

}  // namespace steelyard::charges::duckdb
