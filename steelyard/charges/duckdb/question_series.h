#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/charges/duckdb/question.h"

namespace steelyard::charges::duckdb {

/// Questions with the same columns, asked one behind the other: their rows are one answer, which
/// needs no more memory than the largest of them.
class QuestionSeries {
 public:
  /// Starts the first one. Requires: at least one. Errors: as Question::ask.
  [[nodiscard]] static Result<QuestionSeries> ask(const Database& database,
                                                  std::vector<std::string> texts,
                                                  std::uint32_t milliseconds_max_each);

  const std::vector<ColumnReader>& columns() const { return question_.columns(); }

  /// The next rows; nullopt at the end of the last. Errors: as Question::ask.
  [[nodiscard]] Result<std::optional<Chunk>> next();

 private:
  QuestionSeries(const Database& database, std::vector<std::string> texts, Question first,
                 std::uint32_t milliseconds_max_each)
      : database_(&database),
        texts_(std::move(texts)),
        question_(std::move(first)),
        milliseconds_max_(milliseconds_max_each) {}

  const Database* database_;
  std::vector<std::string> texts_;
  std::size_t asked_ = 1;
  Question question_;
  std::uint32_t milliseconds_max_;
};

}  // namespace steelyard::charges::duckdb
