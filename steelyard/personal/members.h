#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/json/document.h"

namespace steelyard::personal {

/// Which members of an event say something of people, as JSON pointers (RFC 6901), such as
/// "/data/tags/user" or "/data/users/0". Of a member that holds others, it is all of them. No
/// charge may follow from them.
class Members {
 public:
  static constexpr std::size_t count_max = 32;
  static constexpr std::size_t bytes_max = 250;  ///< Of a pointer.

  Members() = default;

  /// Errors: invalid_field: it is no pointer, or leads to what charges, accounts and identities
  /// follow from.
  [[nodiscard]] static Result<Members> read(std::vector<std::string> pointers);

  /// Those that an earlier `read` has let pass, maybe of another program. Errors: invalid_field: it
  /// is no pointer.
  [[nodiscard]] static Result<Members> known(std::vector<std::string> pointers);

  const std::vector<std::string>& pointers() const { return pointers_; }
  bool empty() const { return pointers_.empty(); }

  /// Appends an event in which each of these members is a string that `seal` makes of its JSON
  /// text, members by name; but of /data/tags, which is an object of strings, each member by
  /// itself. What is null, or is not there, stays so. False, and `to` is as it was: the event has
  /// none of them.
  bool rewrite(const json::Document& event,
               const std::function<std::string(std::string_view json)>& seal,
               std::string& to) const;

 private:
  std::vector<std::string> pointers_;
  std::vector<std::vector<std::string>> paths_;  // The same as names.
};

/// Appends a value as JSON, without white space: the same text for the same names and values in the
/// same order. `replaces` may write another value in its place, and then returns true.
void append_json(const json::Document& document, const json::Node& node,
                 const std::function<bool(const json::Node&, std::string& to)>& replaces,
                 std::string& to);

}  // namespace steelyard::personal
