#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "steelyard/base/result.h"

namespace steelyard::server {

/// A row of the one table that says which HTTP status a problem has.
struct ProblemRow {
  std::string_view word;  ///< The same in JSON, documents and, for the domain, ErrorCode.
  int status;
  std::string_view title;   ///< Of the kind, not of the case.
  std::string_view remedy;  ///< What the reader can do: a full sentence.
};

/// All problems, by status and word. docs/reference and /docs are generated from it.
std::span<const ProblemRow> problem_rows();

/// The row of a word, or null.
const ProblemRow* find_problem(std::string_view word);

/// One value of a request that is wrong: "query parameter `limit`" must be 1 to 1000.
struct ProblemItem {
  std::string place;   ///< A JSON pointer into the body ("#/lines/0/amount") or "query: limit".
  std::string detail;  ///< The value and what it must be.
};

/// Why a request is not answered, as application/problem+json (RFC 9457).
struct Problem {
  /// Requires: a word of the table.
  explicit Problem(std::string_view word, std::string detail = {});

  /// The problem of a domain error: its code's word is the problem's word.
  static Problem of(const Error& error);

  const ProblemRow* row;
  std::string detail;  ///< Of the case: the value and its place. The remedy is added.
  std::vector<ProblemItem> items;
  /// Members of the problem's own, each a name and a JSON value: {"available", "\"12.5\""}.
  std::vector<std::pair<std::string, std::string>> members;

  int status() const { return row->status; }

  /// The document. `request_id` becomes the instance: "urn:request:…".
  std::string to_json(std::string_view request_id) const;
};

}  // namespace steelyard::server
