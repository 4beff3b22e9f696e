#include "steelyard/json/document.h"

#include <algorithm>

#include "steelyard/base/check.h"
#include "steelyard/json/number.h"
#include "steelyard/json/string.h"
#include "steelyard/base/limits.h"

namespace steelyard::json {

/// Reads one text into a Document, from the left, without going back.
class Parser {
 public:
  Parser(Document& document, std::string_view text)
      : document_(document), begin_(text.data()), at_(text.data()), end_(text.data() + text.size()) {}

  bool run() {
    document_.nodes_.clear();
    document_.words_.clear();
    document_.unescaped_.clear();
    std::uint64_t fingerprint = 0;
    skip_space();
    if (!value(Node{}, 0, fingerprint)) return false;
    skip_space();
    if (at_ != end_) return fail("something follows the value");
    document_.fingerprint_ = fingerprint;
    return true;
  }

 private:
  bool fail(const char* what) {
    document_.error_ = {what, static_cast<std::size_t>(at_ - begin_)};
    return false;
  }

  std::uint32_t offset(const char* at) const { return static_cast<std::uint32_t>(at - begin_); }

  void skip_space() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r')) ++at_;
  }

  /// Requires: `node` has its name; everything else is set here.
  bool value(Node node, std::size_t depth, std::uint64_t& fingerprint) {
    switch (*at_) {
      case '{': return container(node, Type::object, depth, fingerprint);
      case '[': return container(node, Type::array, depth, fingerprint);
      case '"': return string_value(node, fingerprint);
      case 't': return literal(node, "true", Type::boolean, 1, fingerprint);
      case 'f': return literal(node, "false", Type::boolean, 0, fingerprint);
      case 'n': return literal(node, "null", Type::null, 2, fingerprint);
      default: return number_value(node, fingerprint);
    }
  }

  bool literal(Node node, std::string_view text, Type type, std::uint64_t whole,
               std::uint64_t& fingerprint) {
    if (std::string_view(at_, std::min<std::size_t>(text.size(), static_cast<std::size_t>(end_ - at_))) != text) {
      return fail("a value was expected");
    }
    node.type = type;
    node.whole = whole;
    node.begin = offset(at_);
    node.size = static_cast<std::uint32_t>(text.size());
    at_ += text.size();
    fingerprint = base::hash_pair(static_cast<std::uint64_t>(type), whole);
    return append(node);
  }

  bool number_value(Node node, std::uint64_t& fingerprint) {
    const Number number = scan_number(at_, end_);
    if (number.end == nullptr) return fail(at_ == end_ ? "the text ends too early" : number.what);
    node.type = Type::number;
    node.begin = offset(at_);
    node.size = static_cast<std::uint32_t>(number.end - at_);
    node.is_whole = number.is_whole;
    node.whole = number.whole;
    at_ = number.end;
    fingerprint = number.fingerprint;
    return append(node);
  }

  bool string_value(Node node, std::uint64_t& fingerprint) {
    node.type = Type::string;
    if (!string(node.begin, node.size, node.is_unescaped, fingerprint)) return false;
    fingerprint = base::hash_pair(fingerprint, static_cast<std::uint64_t>(Type::string));
    return append(node);
  }

  /// Requires: `at_` is at the opening quote. Ensures: behind the closing one.
  bool string(std::uint32_t& begin, std::uint32_t& size, bool& is_unescaped, std::uint64_t& hash) {
    const char* const first = at_ + 1;
    const StringScan scan = scan_string(first);
    at_ = scan.end;
    // The byte after the text stops the scan as a control character, so none runs past it.
    if (scan.what != nullptr) return fail(at_ >= end_ ? "the text ends inside a string" : scan.what);
    if (at_ >= end_) return fail("the text ends inside a string");
    is_unescaped = scan.has_escapes;
    if (is_unescaped) {
      begin = static_cast<std::uint32_t>(document_.unescaped_.size());
      unescape({first, static_cast<std::size_t>(at_ - first)}, document_.unescaped_);
      size = static_cast<std::uint32_t>(document_.unescaped_.size()) - begin;
      hash = base::hash({document_.unescaped_.data() + begin, size});
    } else {
      begin = offset(first);
      size = static_cast<std::uint32_t>(at_ - first);
      hash = base::hash({first, size});
    }
    ++at_;
    return true;
  }

  bool append(const Node& node) {
    document_.nodes_.push_back(node);
    document_.nodes_.back().end = static_cast<std::uint32_t>(document_.nodes_.size());
    return true;
  }

  bool container(Node node, Type type, std::size_t depth, std::uint64_t& fingerprint) {
    if (depth == limits::json_depth_max) return fail("values are nested too deeply");
    const char* const first = at_;
    const std::size_t index = document_.nodes_.size();
    node.type = type;
    node.begin = offset(first);
    append(node);
    ++at_;
    const bool is_read = type == Type::object ? members(depth + 1, fingerprint)
                                              : elements(depth + 1, fingerprint);
    if (!is_read) return false;
    document_.nodes_[index].size = static_cast<std::uint32_t>(at_ - first);
    document_.nodes_[index].end = static_cast<std::uint32_t>(document_.nodes_.size());
    return true;
  }

  bool members(std::size_t depth, std::uint64_t& fingerprint) {
    const std::size_t words_before = document_.words_.size();
    std::uint64_t sum = 0;  // The order of members does not matter.
    skip_space();
    if (*at_ != '}') {
      for (;;) {
        if (*at_ != '"') return fail("a member's name was expected");
        Node node;
        if (!string(node.name_begin, node.name_size, node.name_is_unescaped, node.word)) return false;
        document_.words_.push_back(node.word);
        if (*at_ != ':') skip_space();
        if (*at_ != ':') return fail("':' was expected");
        ++at_;
        skip_space();
        std::uint64_t child = 0;
        if (!value(node, depth, child)) return false;
        sum += base::hash_pair(node.word, child);
        skip_space();
        if (*at_ != ',') break;
        ++at_;
        skip_space();
      }
      if (*at_ != '}') return fail("',' or '}' was expected");
    }
    if (has_twins(words_before)) return fail("a name stands twice in one object");
    ++at_;
    fingerprint = base::hash_pair(sum, document_.words_.size() - words_before);
    document_.words_.resize(words_before);
    return true;
  }

  bool elements(std::size_t depth, std::uint64_t& fingerprint) {
    std::uint64_t chain = static_cast<std::uint64_t>(Type::array);
    skip_space();
    if (*at_ != ']') {
      for (;;) {
        std::uint64_t child = 0;
        if (!value(Node{}, depth, child)) return false;
        chain = base::hash_pair(chain, child);
        skip_space();
        if (*at_ != ',') break;
        ++at_;
        skip_space();
      }
      if (*at_ != ']') return fail("',' or ']' was expected");
    }
    ++at_;
    fingerprint = base::hash_pair(chain, ~std::uint64_t{0});
    return true;
  }

  /// Whether one of the words from `first` on stands twice: pair by pair while they are
  /// few, sorted when they are many, so that the cost stays linear in the text.
  bool has_twins(std::size_t first) {
    constexpr std::size_t few = 24;
    const auto begin = document_.words_.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = document_.words_.end();
    if (document_.words_.size() - first > few) {
      std::sort(begin, end);
      return std::adjacent_find(begin, end) != end;
    }
    const std::uint64_t* const words = document_.words_.data();
    const std::size_t size = document_.words_.size();
    for (std::size_t i = first + 1; i < size; ++i) {
      bool is_twin = false;
      for (std::size_t j = first; j < i; ++j) is_twin |= words[i] == words[j];
      if (is_twin) return true;
    }
    return false;
  }

  Document& document_;
  const char* const begin_;
  const char* at_;
  const char* const end_;
};

bool Document::parse(std::string_view text) {
  STEELYARD_CHECK(text.size() < UINT32_MAX / 2);
  const char stop = text.data()[text.size()];
  STEELYARD_CHECK(stop == '\n' || stop == '\r' || stop == '\0');
  text_ = text;
  return Parser(*this, text).run();
}

bool Document::parse_copy(std::string_view text) {
  copy_.assign(text);
  copy_.append(padding, '\0');
  return parse(std::string_view(copy_).substr(0, text.size()));
}

std::string_view name_of(Type type) {
  switch (type) {
    case Type::null: return "null";
    case Type::boolean: return "a boolean";
    case Type::number: return "a number";
    case Type::string: return "a string";
    case Type::object: return "an object";
    case Type::array: return "an array";
  }
  return "";
}

}  // namespace steelyard::json
