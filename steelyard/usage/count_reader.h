#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "steelyard/base/limits.h"
#include "steelyard/base/result.h"
#include "steelyard/json/document.h"
#include "steelyard/usage/token_counts.h"

namespace steelyard::usage {

/// A count that may be absent. Null is absent; an explicit 0 is a real 0. As std::optional,
/// but in one word, which stays in a register.
class Count {
 public:
  constexpr Count() = default;
  /// Requires: below 2^64 - 1, as all counts and sums of a few of them are.
  constexpr Count(std::uint64_t value) : value_(value) {}  // NOLINT: a count is a number.

  constexpr bool has_value() const { return value_ != absent; }
  constexpr std::uint64_t operator*() const { return value_; }
  constexpr std::uint64_t value_or(std::uint64_t other) const {
    return has_value() ? value_ : other;
  }
  constexpr std::optional<std::uint64_t> optional() const {
    return has_value() ? std::optional(value_) : std::nullopt;
  }

 private:
  static constexpr std::uint64_t absent = ~std::uint64_t{0};
  std::uint64_t value_ = absent;
};

/// Reads the counts of one usage object and keeps the first thing that was wrong, so that
/// a format reads like its documentation.
///
/// A count is a JSON number with a whole value from 0 to 2^53 - 1 ("1000.0" and "1e3" are
/// whole). Errors: invalid_quantity for another number or type, invalid_field where an
/// object was expected; both with a JSON pointer. Allocates only to say what was wrong.
class CountReader {
 public:
  /// The name of a field; its hash is made at compile time.
  struct Name {
    std::string_view text;
    std::uint64_t word;
    consteval Name(const char* name) : text(name), word(json::word(name)) {}  // NOLINT: a literal.
  };

  /// The usage itself, or a part of it such as "prompt_tokens_details".
  struct Part {
    json::Object object;
    std::string_view name;                  ///< Empty for the usage itself.
    std::optional<std::size_t> index = {};  ///< Of an element, where the part is a list.
  };

  explicit CountReader(const json::Object& usage) : usage_{usage, {}} {}

  /// A part of the usage. Empty if null or absent.
  Part part(const Name& name) {
    const json::Node* const node = usage_.object.find(name.word);
    if (node == nullptr) return {{}, name.text};
    return part_of(name, *node);
  }

  Count count(const Name& name) { return count(usage_, name); }
  Count count(const Part& part, const Name& name) {
    const json::Node* const node = part.object.find(name.word);
    if (node == nullptr) return {};
    return value_of(part, name, *node);
  }

  /// The sum of the counts of a part that are there.
  std::uint64_t sum(const Part& part, std::initializer_list<Name> names);

  /// The sum of one count over a list of objects, such as Gemini's "promptTokensDetails".
  std::uint64_t sum_of_list(const Name& list, const Name& count_name);

  /// One count that has two names: they must agree and are never added.
  Count same(Count a, Count b, const char* what);

  /// Notes usage_missing unless one of the counts is there.
  void require_any(std::initializer_list<Count> counts, const char* what);

  /// Notes inconsistent_usage; `what` says the rule: "cached_tokens <= prompt_tokens".
  void require_at_most(std::uint64_t part, std::uint64_t whole, const char* what) {
    if (part > whole) [[unlikely]]
      note_not_at_most(part, whole, what);
  }
  void require_equal(std::uint64_t stated, std::uint64_t computed, const char* what) {
    if (stated != computed) [[unlikely]]
      note_not_equal(stated, computed, what);
  }

  /// The counts, unless something was wrong. A bad number is said before a missing usage,
  /// and that before an inconsistent one.
  [[nodiscard]] Result<TokenCounts> finish(const TokenCounts& counts);

 private:
  Part part_of(const Name& name, const json::Node& node) {
    if (node.type != json::Type::object) [[unlikely]]
      return unusual_part(name, node);
    return {json::Object(usage_.object.document(), node), name.text};
  }
  Count value_of(const Part& part, const Name& name, const json::Node& node) {
    if (node.is_whole && node.whole <= limits::count_max) [[likely]]
      return node.whole;
    return unusual_value(part, name, node);
  }

  /// Null, or what should have been an object.
  Part unusual_part(const Name& name, const json::Node& node);
  /// Null, a whole number in another notation, or no count.
  Count unusual_value(const Part& part, const Name& name, const json::Node& node);
  void note_not_at_most(std::uint64_t part, std::uint64_t whole, const char* what);
  void note_not_equal(std::uint64_t stated, std::uint64_t computed, const char* what);
  void refuse(ErrorCode code, std::string detail);

  Part usage_;
  std::optional<Error> error_;
};

}  // namespace steelyard::usage
