#include "steelyard/charges/duckdb/question_series.h"

#include <utility>

#include "steelyard/base/check.h"

namespace steelyard::charges::duckdb {

Result<QuestionSeries> QuestionSeries::ask(const Database& database, std::vector<std::string> texts,
                                           std::uint32_t milliseconds_max_each) {
  STEELYARD_CHECK(!texts.empty());
  STEELYARD_TRY(first, Question::ask(database, texts.front(), milliseconds_max_each));
  return QuestionSeries(database, std::move(texts), std::move(first), milliseconds_max_each);
}

Result<std::optional<Chunk>> QuestionSeries::next() {
  while (true) {
    STEELYARD_TRY(chunk, question_.next());
    if (chunk.has_value() || asked_ == texts_.size()) return chunk;
    STEELYARD_TRY(question, Question::ask(*database_, texts_[asked_++], milliseconds_max_));
    question_ = std::move(question);
  }
}

}  // namespace steelyard::charges::duckdb
