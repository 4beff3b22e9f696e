#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "steelyard/charges/charge_query.h"
#include "steelyard/charges/duckdb/connection.h"
#include "steelyard/charges/duckdb/value_text.h"

namespace steelyard::charges::duckdb {

/// One question in somebody else's SQL. Four walls: the statement is a single one and of a kind
/// that asks; it runs in a read-only transaction; the database can not touch files or load
/// extensions; its settings are locked. A table of refusals is in question_test.cc.
class Question {
 public:
  /// Starts it. Errors: query_is_refused (also: it is wrong), query_took_too_long.
  [[nodiscard]] static Result<Question> ask(const Database& database, std::string_view text,
                                            std::uint32_t milliseconds_max);
  ~Question();
  Question(Question&&) noexcept;
  Question& operator=(Question&&) noexcept;

  const std::vector<ColumnReader>& columns() const;
  Answer& answer();

  /// The next rows; nullopt at the end. Errors: as `ask`.
  [[nodiscard]] Result<std::optional<Chunk>> next();

 private:
  struct Parts;
  explicit Question(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace steelyard::charges::duckdb
