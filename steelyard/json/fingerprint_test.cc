// Two texts have the same fingerprint if and only if they are the same JSON value.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "steelyard/json/document.h"

namespace steelyard::json {
namespace {

using Random = std::mt19937;

std::size_t pick(Random& random, std::size_t count) { return random() % count; }

std::string spaces(Random& random) {
  std::string text;
  while (pick(random, 4) == 0) text += " \t\r\n"[pick(random, 4)];
  return text;
}

/// One way to write each of a few characters; the first is the plain one.
std::string written(char c, Random& random) {
  if (pick(random, 2) == 0) return {c};
  return std::string("\\u00") + "67"[c / 16 - 6] + "0123456789abcdef"[c % 16];
}

std::string string(const std::string& text, Random& random) {
  std::string result = "\"";
  for (const char c : text) result += written(c, random);
  return result + '"';
}

/// -3.7 as "-3.7", "-37e-1", "37.00E-001": tenths, so that points and exponents take part.
std::string number(int tenths, Random& random) {
  const std::string sign = tenths < 0 ? "-" : "";
  const int size = std::abs(tenths);
  const std::string whole = std::to_string(size / 10);
  switch (pick(random, 5)) {
    case 0: return size % 10 == 0 ? sign + whole : sign + whole + '.' + std::to_string(size % 10);
    case 1: return sign + std::to_string(size) + "e-1";
    case 2: return sign + std::to_string(size) + ".00E-001";
    case 3: return sign + whole + '.' + std::to_string(size % 10) + "000";
    default: return sign + "0.0" + (size < 10 ? "0" : "") + std::to_string(size) + "e+2";
  }
}

/// A value, and one canonical text of it to compare with.
struct Value {
  enum class Kind { literal, number, string, array, object } kind = Kind::literal;
  std::string text;                                    // Of a literal or a string.
  int tenths = 0;                                      // Of a number.
  std::vector<std::pair<std::string, Value>> members;  // Sorted by name; of an array, without.

  std::string canonical() const {
    switch (kind) {
      case Kind::literal: return text;
      case Kind::number: return std::to_string(tenths);
      case Kind::string: return "'" + text + "'";
      default: break;
    }
    std::string result = kind == Kind::array ? "[" : "{";
    for (const auto& [name, value] : members) result += name + ':' + value.canonical() + ',';
    return result + '.';
  }

  std::string write(Random& random) const {
    switch (kind) {
      case Kind::literal: return text;
      case Kind::number: return number(tenths, random);
      case Kind::string: return string(text, random);
      default: break;
    }
    auto order = members;
    if (kind == Kind::object) std::shuffle(order.begin(), order.end(), random);
    std::string result;
    for (const auto& [name, value] : order) {
      if (!result.empty()) result += ',' + spaces(random);
      if (kind == Kind::object) result += string(name, random) + spaces(random) + ':';
      result += spaces(random) + value.write(random) + spaces(random);
    }
    if (kind == Kind::array) return '[' + spaces(random) + result + ']';
    return '{' + spaces(random) + result + '}';
  }
};

/// A small value; so that two of them are often the same.
Value any_value(Random& random, int depth) {
  Value value;
  value.kind = static_cast<Value::Kind>(pick(random, depth == 0 ? 3 : 5));
  switch (value.kind) {
    case Value::Kind::literal:
      value.text = std::array{"null", "true", "false"}[pick(random, 3)];
      break;
    case Value::Kind::number: value.tenths = static_cast<int>(pick(random, 41)) - 20; break;
    case Value::Kind::string:
      value.text = std::array{"", "a", "b", "ab", "null"}[pick(random, 5)];
      break;
    case Value::Kind::array:
      for (std::size_t i = pick(random, 3); i > 0; --i) {
        value.members.emplace_back("", any_value(random, depth - 1));
      }
      break;
    case Value::Kind::object:
      for (const char* const name : {"a", "b", "z"}) {
        if (pick(random, 3) == 0) value.members.emplace_back(name, any_value(random, depth - 1));
      }
  }
  return value;
}

std::uint64_t fingerprint(const std::string& text) {
  Document document;
  if (!document.parse_copy(text)) RC_FAIL(document.error().what + (": " + text));
  return document.fingerprint();
}

RC_GTEST_PROP(Fingerprint, is_equal_for_equal_values_and_only_for_them, (std::uint32_t seed)) {
  Random random(seed);
  for (int i = 0; i < 100; ++i) {
    const Value a = any_value(random, 3);
    const Value b = any_value(random, 3);
    RC_ASSERT(fingerprint(a.write(random)) == fingerprint(a.write(random)));
    RC_ASSERT((fingerprint(a.write(random)) == fingerprint(b.write(random))) ==
              (a.canonical() == b.canonical()));
  }
}

}  // namespace
}  // namespace steelyard::json
