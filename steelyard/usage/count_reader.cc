#include "steelyard/usage/count_reader.h"

#include <algorithm>

#include "steelyard/base/limits.h"
#include "steelyard/json/number.h"
#include "steelyard/usage/event_fields.h"

namespace steelyard::usage {
namespace {

std::string pointer_to(const CountReader::Part& part, std::string_view name = {}) {
  std::string pointer = "/data/usage";
  if (!part.name.empty()) pointer += '/' + std::string(part.name);
  if (part.index.has_value()) pointer += '/' + std::to_string(*part.index);
  if (!name.empty()) pointer += '/' + std::string(name);
  return pointer;
}

/// What is said first when several things are wrong: a bad number, then that there is
/// nothing, then that the numbers do not fit.
int rank(ErrorCode code) {
  return code == ErrorCode::inconsistent_usage ? 2 : code == ErrorCode::usage_missing ? 1 : 0;
}

/// The value of a number that is whole and small enough, however it is written.
Count whole_value(std::string_view number) {
  const json::Canonical value = json::canonical(number);
  if (value.digits_count == 0) return std::uint64_t{0};
  constexpr std::int64_t digits_max = 16;
  if (value.is_negative || value.exponent < 0 ||
      static_cast<std::int64_t>(value.digits_count) + value.exponent > digits_max) {
    return {};
  }
  std::uint64_t whole = value.digits;
  for (std::int64_t i = 0; i < value.exponent; ++i) whole *= 10;
  return whole;
}

}  // namespace

void CountReader::refuse(ErrorCode code, std::string detail) {
  if (!error_.has_value() || rank(code) < rank(error_->code)) {
    error_ = Error{code, std::move(detail)};
  }
}

CountReader::Part CountReader::unusual_part(const Name& name, const json::Node& node) {
  const Part none{{}, name.text};
  if (node.type != json::Type::null) {
    refuse(ErrorCode::invalid_field,
           pointer_to(none) + ": " + shown(usage_.object.document(), node) + " is not an object");
  }
  return none;
}

Count CountReader::unusual_value(const Part& part, const Name& name, const json::Node& node) {
  if (node.type == json::Type::null) return {};
  const json::Document& document = usage_.object.document();
  if (node.type == json::Type::number) {
    const Count value = whole_value(document.text(node));
    if (value.has_value() && *value <= limits::count_max) return value;
  }
  refuse(ErrorCode::invalid_quantity, pointer_to(part, name.text) + ": " + shown(document, node) +
                                          " is not a whole number from 0 to " +
                                          std::to_string(limits::count_max));
  return {};
}

std::uint64_t CountReader::sum(const Part& part, std::initializer_list<Name> names) {
  std::uint64_t total = 0;
  part.object.each([&](const json::Node& member) {
    for (const Name& name : names) {
      if (member.word == name.word) total += value_of(part, name, member).value_or(0);
    }
  });
  return total;
}

std::uint64_t CountReader::sum_of_list(const Name& list, const Name& count_name) {
  const json::Node* const node = usage_.object.find(list.word);
  if (node == nullptr || node->type == json::Type::null) return 0;
  const json::Document& document = usage_.object.document();
  Part part{{}, list.text};
  if (node->type != json::Type::array) {
    refuse(ErrorCode::invalid_field,
           pointer_to(part) + ": " + shown(document, *node) + " is not a list");
    return 0;
  }
  std::uint64_t total = 0;
  std::size_t index = 0;
  json::Object(document, *node).each([&](const json::Node& element) {
    part.index = index++;
    if (element.type != json::Type::object) {
      refuse(ErrorCode::invalid_field,
             pointer_to(part) + ": " + shown(document, element) + " is not an object");
      return;
    }
    part.object = json::Object(document, element);
    const std::uint64_t next = count(part, count_name).value_or(0);
    total = std::min(total + next, 2 * limits::count_max);  // Above any count it may fit.
  });
  return total;
}

Count CountReader::same(Count a, Count b, const char* what) {
  if (a.has_value() && b.has_value()) require_equal(*a, *b, what);
  return a.has_value() ? a : b;
}

void CountReader::require_any(std::initializer_list<Count> counts, const char* what) {
  for (const Count& count : counts) {
    if (count.has_value()) return;
  }
  refuse(ErrorCode::usage_missing, std::string("/data/usage has none of ") + what);
}

void CountReader::note_not_at_most(std::uint64_t part, std::uint64_t whole, const char* what) {
  refuse(ErrorCode::inconsistent_usage, std::string("/data/usage: ") + what + " does not hold: " +
                                            std::to_string(part) + " > " + std::to_string(whole));
}

void CountReader::note_not_equal(std::uint64_t stated, std::uint64_t computed, const char* what) {
  refuse(ErrorCode::inconsistent_usage, std::string("/data/usage: ") + what +
                                            " does not hold: " + std::to_string(stated) + " and " +
                                            std::to_string(computed));
}

Result<TokenCounts> CountReader::finish(const TokenCounts& counts) {
  if (counts.total_input() > limits::count_max || counts.output > limits::count_max) [[unlikely]] {
    refuse(ErrorCode::invalid_quantity,
           "/data/usage: the counts together exceed " + std::to_string(limits::count_max));
  }
  if (error_.has_value()) [[unlikely]]
    return std::unexpected(std::move(*error_));
  return counts;
}

}  // namespace steelyard::usage
