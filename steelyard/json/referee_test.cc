// Texts that nobody thought of: damaged JSON is accepted exactly where another reader, simdjson,
// accepts it, and means the same. Ours is stricter in two documented ways, duplicate names and
// depth; theirs has limits on numbers.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <simdjson.h>

#include <string>
#include <vector>

#include "steelyard/json/document.h"

namespace steelyard::json {
namespace {

const std::vector<std::string>& seeds() {
  static const std::vector<std::string> texts = {
      R"({"specversion":"1.0","id":"call-1","data":{"usage":{"prompt_tokens":3019,"x":[1,2]}}})",
      R"([1,-2.5e3,1E+2,0.125,true,false,null,"",{},[]])",
      R"({"a":"\u00e9\ud83d\ude00\n\\","b":{"c":{"d":[[["deep"]]]}}})",
      "{\"\u65e5\u672c\":\"\U0001F600\u00e9x\",\"n\":-0.0,\"w\":12345678901234567890}",
      "[{\"a\":1,\"b\":2},{\"b\":1,\"a\":2}]",
      "\"text\"",
      "-17",
      " [ 9007199254740991 , 1e400 , 0 ]\n",
  };
  return texts;
}

/// What is put into a text to damage it, or not.
std::string any_piece() {
  static const std::vector<std::string> pieces = {"{",
                                                  "}",
                                                  "[",
                                                  "]",
                                                  ",",
                                                  ":",
                                                  "\"",
                                                  "\\",
                                                  "0",
                                                  "1",
                                                  "-",
                                                  "+",
                                                  ".",
                                                  "e",
                                                  "E",
                                                  " ",
                                                  "\t",
                                                  "\n",
                                                  "\r",
                                                  "null",
                                                  "true",
                                                  "fals",
                                                  "false",
                                                  "\\u",
                                                  "\\n",
                                                  "\\ud8",
                                                  "\\udc00",
                                                  "\\u0000",
                                                  "\\ud83d\\ude00",
                                                  "[[[[[[[[",
                                                  "]]]]]]]]",
                                                  "\"a\":",
                                                  "\"a\":1,",
                                                  "{}",
                                                  "[]",
                                                  "\"\"",
                                                  "01",
                                                  "1e5",
                                                  "-0",
                                                  "99999999999999999999",
                                                  "\xc3\xa9",
                                                  "\xc3",
                                                  "\xa9",
                                                  "\xe2\x82\xac",
                                                  "\xe2\x82",
                                                  "\xed\xa0\x80",
                                                  "\xf0\x9f\x98\x80",
                                                  "\xf4\x90\x80\x80",
                                                  "\xc0\x80",
                                                  "\xff",
                                                  "/",
                                                  "'",
                                                  "\x7f",
                                                  std::string(1, '\0'),
                                                  "\x01",
                                                  "\x1f",
                                                  "\f"};
  if (*rc::gen::inRange(0, 8) == 0) return {*rc::gen::arbitrary<char>()};
  return *rc::gen::elementOf(pieces);
}

std::string any_text() {
  std::string text = *rc::gen::elementOf(seeds());
  const int changes = *rc::gen::inRange(0, 4);
  for (int i = 0; i < changes; ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
    const auto size = *rc::gen::inRange<std::size_t>(0, 5);
    switch (*rc::gen::inRange(0, 4)) {
      case 0: text.insert(at, any_piece()); break;
      case 1: text.erase(at, size); break;
      case 2: text.replace(at, size, any_piece()); break;
      default: text.insert(at, text.substr(*rc::gen::inRange<std::size_t>(0, text.size() + 1), 9));
    }
  }
  return text;
}

class Comparison {
 public:
  explicit Comparison(const Document& document) : document_(document) {}

  /// Whether both mean the same value; and names, in the order of the text.
  bool same(const Node& ours, const simdjson::dom::element& theirs) const {
    using Theirs = simdjson::dom::element_type;
    switch (theirs.type()) {
      case Theirs::NULL_VALUE: return ours.type == Type::null;
      case Theirs::BOOL: return ours.type == Type::boolean && (ours.whole == 1) == bool(theirs);
      case Theirs::STRING:
        return ours.type == Type::string &&
               document_.text(ours) == std::string_view(theirs.get_string().value());
      case Theirs::INT64:
        return ours.type == Type::number && same(ours, theirs.get_int64().value());
      case Theirs::UINT64:
        return ours.type == Type::number &&
               document_.text(ours) == std::to_string(theirs.get_uint64().value());
      case Theirs::ARRAY: return ours.type == Type::array && same(ours, theirs.get_array().value());
      case Theirs::OBJECT:
        return ours.type == Type::object && same(ours, theirs.get_object().value());
      default: return ours.type == Type::number && !ours.is_whole;  // A float.
    }
  }

 private:
  bool same(const Node& ours, std::int64_t theirs) const {
    if (ours.is_whole) return theirs >= 0 && ours.whole == static_cast<std::uint64_t>(theirs);
    const std::string_view text = document_.text(ours);
    return text == (text == "-0" ? "-0" : std::to_string(theirs));
  }

  bool same(const Node& ours, const simdjson::dom::array& theirs) const {
    auto at = theirs.begin();
    bool is_same = true;
    Object(document_, ours).each([&](const Node& element) {
      is_same = is_same && at != theirs.end() && same(element, *at);
      if (is_same) ++at;
    });
    return is_same && !(at != theirs.end());
  }

  bool same(const Node& ours, const simdjson::dom::object& theirs) const {
    auto at = theirs.begin();
    bool is_same = true;
    Object(document_, ours).each([&](const Node& member) {
      is_same = is_same && at != theirs.end() && document_.name(member) == at.key() &&
                same(member, at.value());
      if (is_same) ++at;
    });
    return is_same && !(at != theirs.end());
  }

  const Document& document_;
};

/// Duplicate names and depth: the documented extra strictness.
bool is_our_strictness(std::string_view what) {
  return what == "a name stands twice in one object" || what == "values are nested too deeply";
}

void compare(const std::string& text) {
  Document document;
  const bool is_read = document.parse_copy(text);
  simdjson::dom::parser parser;
  simdjson::dom::element theirs;
  const simdjson::error_code error = parser.parse(text).get(theirs);
  bool do_agree = false;
  if (is_read) {
    do_agree = error == simdjson::NUMBER_ERROR ||
               (error == simdjson::SUCCESS && Comparison(document).same(document.root(), theirs));
  } else {
    do_agree = error != simdjson::SUCCESS || is_our_strictness(document.error().what);
  }
  if (do_agree) return;
  RC_FAIL("ours: " + std::string(is_read ? "read" : document.error().what) +
          "; theirs: " + simdjson::error_message(error) + "; text: " + text);
}

RC_GTEST_PROP(Referee, damaged_texts_are_accepted_where_another_reader_accepts_them, ()) {
  for (int i = 0; i < 300; ++i) compare(any_text());
}

RC_GTEST_PROP(Referee, any_string_is_accepted_where_another_reader_accepts_it, ()) {
  for (int i = 0; i < 300; ++i) {
    std::string inside;
    const int pieces = *rc::gen::inRange(0, 12);
    for (int piece = 0; piece < pieces; ++piece) inside += any_piece();
    compare('"' + inside + '"');
  }
}

}  // namespace
}  // namespace steelyard::json
