#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "steelyard/base/result.h"
#include "steelyard/json/document.h"
#include "steelyard/usage/token_counts.h"

namespace steelyard::usage {

/// Reads the counts of one usage object and keeps the first thing that was wrong, so that
/// a format reads like its documentation. Names are string literals.
///
/// A count is a JSON number with a whole value from 0 to 2^53 - 1 ("1000.0" and "1e3" are
/// whole); null and absent are none. Errors: invalid_quantity for another number or type,
/// invalid_field where an object was expected; both with a JSON pointer.
class CountReader {
 public:
  explicit CountReader(json::Object usage) : usage_(usage) {}

  /// A part of the usage, such as "prompt_tokens_details". Empty if null or absent.
  struct Part {
    json::Object object;
    std::string_view name;  ///< Empty for the usage itself.
  };
  Part usage() const { return {usage_, {}}; }
  Part part(std::string_view name);

  std::optional<std::uint64_t> count(std::string_view name) { return count(usage(), name); }
  std::optional<std::uint64_t> count(const Part& part, std::string_view name);

  /// One count that has two names: they must agree and are never added.
  std::optional<std::uint64_t> same(std::optional<std::uint64_t> a, std::optional<std::uint64_t> b,
                                    std::string_view what);

  /// The sum of the named counts of a part, each none if absent.
  std::uint64_t sum(const Part& part, std::initializer_list<std::string_view> names);

  /// The sum of "tokenCount" over an array such as Gemini's "promptTokensDetails".
  std::uint64_t sum_of_list(std::string_view name, std::string_view count_name);

  /// Notes usage_missing unless one of the counts is there.
  void require_any(std::initializer_list<std::optional<std::uint64_t>> counts);

  /// Note inconsistent_usage, with `what` as its words: "cached_tokens <= prompt_tokens".
  void require_at_most(std::uint64_t part, std::uint64_t whole, std::string_view what);
  void require_equal(std::uint64_t stated, std::uint64_t computed, std::string_view what);

  bool has_failed() const { return failed_; }

  /// The counts, unless something was wrong. An invalid quantity comes before a missing
  /// usage, and that before an inconsistent one.
  [[nodiscard]] Result<TokenCounts> finish(const TokenCounts& counts);

 private:
  void refuse(ErrorCode code, std::string detail);

  json::Object usage_;
  bool failed_ = false;
  Error error_{};
};

}  // namespace steelyard::usage
