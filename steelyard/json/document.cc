#include "steelyard/json/document.h"

#include <algorithm>

#include "steelyard/base/check.h"
#include "steelyard/base/limits.h"
#include "steelyard/json/number.h"
#include "steelyard/json/string.h"

namespace steelyard::json {

/// Reads one text into a Document, from the left, without going back.
class Parser {
 public:
  Parser(Document& document, std::string_view text)
      : document_(document),
        begin_(text.data()),
        at_(text.data()),
        end_(text.data() + text.size()) {}

  bool run() {
    document_.count_ = 0;
    document_.words_.clear();
    document_.unescaped_.clear();
    std::uint64_t fingerprint = 0;
    skip_space();
    if (!value(Name{}, 0, fingerprint)) return false;
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

  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

  void skip_space() {
    if (*at_ > ' ') [[likely]]
      return;
    while (at_ < end_ && is_space(*at_)) ++at_;
  }

  /// A new node behind the others. References to nodes end here.
  Node& append() {
    if (document_.count_ == document_.nodes_.size()) {
      document_.nodes_.resize(document_.count_ * 2 + 32);
    }
    Node& node = document_.nodes_[document_.count_++];
    node.is_whole = false;
    node.end = static_cast<std::uint32_t>(document_.count_);
    return node;
  }

  /// A member's name, as it goes into the node of its value.
  struct Name {
    std::uint64_t word = 0;
    std::uint32_t begin = 0;
    std::uint32_t size = 0;
    bool is_unescaped = false;
  };

  Node& append(const Name& name, Type type) {
    Node& node = append();
    node.word = name.word;
    node.name_begin = name.begin;
    node.name_size = name.size;
    node.name_is_unescaped = name.is_unescaped;
    node.type = type;
    node.is_unescaped = false;
    return node;
  }

  bool value(const Name& name, std::size_t depth, std::uint64_t& fingerprint) {
    switch (*at_) {
      case '"': return string_value(name, fingerprint);
      case '{': return container(name, Type::object, depth, fingerprint);
      case '[': return container(name, Type::array, depth, fingerprint);
      case 't': return literal(name, "true", Type::boolean, 1, fingerprint);
      case 'f': return literal(name, "false", Type::boolean, 0, fingerprint);
      case 'n': return literal(name, "null", Type::null, 2, fingerprint);
      default: return number_value(name, fingerprint);
    }
  }

  bool literal(const Name& name, std::string_view text, Type type, std::uint64_t whole,
               std::uint64_t& fingerprint) {
    if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(text)) {
      return fail("a value was expected");
    }
    Node& node = append(name, type);
    node.whole = whole;
    node.begin = offset(at_);
    node.size = static_cast<std::uint32_t>(text.size());
    at_ += text.size();
    fingerprint = base::hash_pair(static_cast<std::uint64_t>(type), whole);
    return true;
  }

  bool number_value(const Name& name, std::uint64_t& fingerprint) {
    std::uint64_t whole = 0;
    if (const char* const end = scan_plain_whole(at_, whole); end != nullptr && end <= end_) {
      Node& node = append(name, Type::number);
      node.begin = offset(at_);
      node.size = static_cast<std::uint32_t>(end - at_);
      node.is_whole = true;
      node.whole = whole;
      at_ = end;
      fingerprint = fingerprint_of_whole(whole);
      return true;
    }
    return unusual_number(name, fingerprint);
  }

  /// With a sign, a fraction or an exponent, with many digits, or no number at all.
  bool unusual_number(const Name& name, std::uint64_t& fingerprint) {
    const Number number = scan_number(at_, end_);
    if (number.end == nullptr) return fail(at_ == end_ ? "the text ends too early" : number.what);
    Node& node = append(name, Type::number);
    node.begin = offset(at_);
    node.size = static_cast<std::uint32_t>(number.end - at_);
    node.is_whole = number.is_whole;
    node.whole = number.whole;
    at_ = number.end;
    fingerprint = number.fingerprint;
    return true;
  }

  bool string_value(const Name& name, std::uint64_t& fingerprint) {
    Name text;
    if (!string(text)) return false;
    Node& node = append(name, Type::string);
    node.begin = text.begin;
    node.size = text.size;
    node.is_unescaped = text.is_unescaped;
    fingerprint = base::hash_pair(text.word, static_cast<std::uint64_t>(Type::string));
    return true;
  }

  /// Requires: `at_` is at the opening quote. Ensures: behind the closing one.
  bool string(Name& text) {
    const char* const first = at_ + 1;
    const char* const plain_end = skip_plain(first);
    if (*plain_end != '"' || plain_end >= end_) [[unlikely]]
      return unusual_string(first, text);
    text.begin = offset(first);
    text.size = static_cast<std::uint32_t>(plain_end - first);
    text.word = base::hash({first, text.size});
    at_ = plain_end + 1;
    return true;
  }

  /// With escapes, with characters beyond ASCII, or no string at all.
  bool unusual_string(const char* first, Name& text) {
    const StringScan scan = scan_string(first);
    at_ = scan.end;
    // The byte after the text stops the scan as a control character, so none runs past it.
    if (at_ >= end_) return fail("the text ends inside a string");
    if (scan.what != nullptr) return fail(scan.what);
    text.is_unescaped = scan.has_escapes;
    if (scan.has_escapes) {
      text.begin = static_cast<std::uint32_t>(document_.unescaped_.size());
      unescape({first, static_cast<std::size_t>(at_ - first)}, document_.unescaped_);
      text.size = static_cast<std::uint32_t>(document_.unescaped_.size()) - text.begin;
      text.word = base::hash({document_.unescaped_.data() + text.begin, text.size});
    } else {
      text.begin = offset(first);
      text.size = static_cast<std::uint32_t>(at_ - first);
      text.word = base::hash({first, text.size});
    }
    ++at_;
    return true;
  }

  bool container(const Name& name, Type type, std::size_t depth, std::uint64_t& fingerprint) {
    if (depth == limits::json_depth_max) return fail("values are nested too deeply");
    const char* const first = at_;
    const std::size_t index = document_.count_;
    append(name, type).begin = offset(first);
    ++at_;
    const bool is_read =
        type == Type::object ? members(depth + 1, fingerprint) : elements(depth + 1, fingerprint);
    if (!is_read) return false;
    Node& node = document_.nodes_[index];
    node.size = static_cast<std::uint32_t>(at_ - first);
    node.end = static_cast<std::uint32_t>(document_.count_);
    return true;
  }

  /// The names of one object so far: tells at once, for few names, whether one is there
  /// twice; for many it sorts them in the end, so that the cost stays linear in the text.
  class Names {
   public:
    explicit Names(std::vector<std::uint64_t>& words) : words_(words), first_(words.size()) {}

    bool add(std::uint64_t word) {
      const std::uint64_t bit = std::uint64_t{1} << (word >> 58);
      if ((seen_ & bit) != 0 && size() <= few) {
        for (std::size_t i = first_; i < words_.size(); ++i) {
          if (words_[i] == word) return false;
        }
      }
      seen_ |= bit;
      words_.push_back(word);
      return true;
    }

    bool finish() {
      const bool was_many = size() > few;
      const auto begin = words_.begin() + static_cast<std::ptrdiff_t>(first_);
      if (was_many) std::sort(begin, words_.end());
      const bool has_twins = was_many && std::adjacent_find(begin, words_.end()) != words_.end();
      words_.resize(first_);
      return !has_twins;
    }

    std::size_t size() const { return words_.size() - first_; }

   private:
    static constexpr std::size_t few = 24;
    std::vector<std::uint64_t>& words_;
    std::size_t first_;
    std::uint64_t seen_ = 0;
  };

  bool members(std::size_t depth, std::uint64_t& fingerprint) {
    constexpr const char* twice = "a name stands twice in one object";
    Names names(document_.words_);
    std::uint64_t sum = 0;  // The order of members does not matter.
    skip_space();
    if (*at_ != '}') {
      for (;;) {
        if (*at_ != '"') return fail("a member's name was expected");
        Name name;
        if (!string(name)) return false;
        if (!names.add(name.word)) return fail(twice);
        skip_space();
        if (*at_ != ':') return fail("':' was expected");
        ++at_;
        skip_space();
        std::uint64_t child = 0;
        if (!value(name, depth, child)) return false;
        sum += base::hash_pair(name.word, child);
        skip_space();
        if (*at_ != ',') break;
        ++at_;
        skip_space();
      }
      if (*at_ != '}') return fail("',' or '}' was expected");
    }
    ++at_;
    fingerprint = base::hash_pair(sum, names.size());
    return names.finish() || fail(twice);
  }

  bool elements(std::size_t depth, std::uint64_t& fingerprint) {
    std::uint64_t chain = static_cast<std::uint64_t>(Type::array);
    skip_space();
    if (*at_ != ']') {
      for (;;) {
        std::uint64_t child = 0;
        if (!value(Name{}, depth, child)) return false;
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
