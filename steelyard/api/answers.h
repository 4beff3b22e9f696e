#pragma once

#include <string>
#include <string_view>

#include "steelyard/core/core.h"
#include "steelyard/server/problem.h"

/// Answers as JSON. Amounts are decimal strings.
namespace steelyard::api {

/// The problem of an error of the node, or of a refusal with its figures.
server::Problem problem_of(const Error& error);
server::Problem problem_of(const core::Answer& refused);

/// A text as a JSON string.
std::string json_string(std::string_view text);

/// Members of a JSON object, one behind the other.
class JsonObject {
 public:
  JsonObject& text(std::string_view name, std::string_view value);
  JsonObject& amount(std::string_view name, money::Decimal value) {
    return text(name, value.to_text());
  }
  JsonObject& time(std::string_view name, base::Instant value) {
    return text(name, base::to_rfc3339(value));
  }
  JsonObject& whole(std::string_view name, std::uint64_t value) {
    return raw(name, std::to_string(value));
  }
  JsonObject& flag(std::string_view name, bool value) {
    return raw(name, value ? "true" : "false");
  }
  /// A JSON value as it stands.
  JsonObject& raw(std::string_view name, std::string_view json);

  std::string finish() { return text_ + '}'; }

 private:
  std::string text_ = "{";
};

/// An object with the members of another one behind its own; `body` may be empty.
/// Requires: both are JSON objects.
std::string with_members_of(std::string object, std::string_view body);

/// {"name": …, "address": …, …}: the members of a set_buyer command.
std::string buyer_json(const billing::Buyer& buyer);

/// {"NAME": [list], "next": …}; `next` is null at the end. `list`: JSON values with commas.
std::string page_json(std::string_view name, const std::string& list, std::string_view next);

/// An amount of a balance that has no meaning for an account without a limit: null then.
std::string limited_json(const ledger::Balance& balance, money::Decimal amount);

/// {"account": …, "currency": …, "available": …, "prepaid": …, …}
std::string balance_json(std::string_view account, const ledger::Balance& balance,
                         const core::Core& core);

}  // namespace steelyard::api
