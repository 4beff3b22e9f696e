#pragma once

#include <expected>
#include <string>
#include <utility>

#include "steelyard/base/error_code.h"

namespace steelyard::base {

struct Error {
  ErrorCode code;
  std::string detail;  ///< The value and where it came from: "0.0.2 at models.csv:14".
};

/// Either a value or the Error that explains why there is none.
///
/// std::expected of libstdc++ 12 is not [[nodiscard]], so each function that returns
/// a Result is; clang-tidy (bugprone-unused-return-value) finds the forgotten ones.
/// Reading the value of an error is our mistake: -D_GLIBCXX_ASSERTIONS ends the process.
template <class T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> failure(ErrorCode code, std::string detail) {
  return std::unexpected(Error{code, std::move(detail)});
}

}  // namespace steelyard::base

namespace steelyard {

// The vocabulary that every module speaks.
using base::Error;
using base::ErrorCode;
using base::failure;
using base::Result;

}  // namespace steelyard

// NOLINTBEGIN(bugprone-macro-parentheses): a name is no expression.
/// STEELYARD_TRY(price, book.find(key)): names the value, or returns the error.
#define STEELYARD_TRY(name, expression)                                                     \
  auto name##_result = (expression);                                                        \
  if (!name##_result.has_value()) return std::unexpected(std::move(name##_result).error()); \
  auto name = *std::move(name##_result)
// NOLINTEND(bugprone-macro-parentheses)

/// STEELYARD_PASS(check_bounds(row)): goes on, or returns the error of a Result<void>.
#define STEELYARD_PASS(expression)                                                        \
  do {                                                                                    \
    auto pass_result = (expression);                                                      \
    if (!pass_result.has_value()) return std::unexpected(std::move(pass_result).error()); \
  } while (false)
