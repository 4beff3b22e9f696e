#include "steelyard/json/document.h"

#include <algorithm>

#include "steelyard/base/check.h"
#include "steelyard/base/limits.h"
#include "steelyard/json/number.h"
#include "steelyard/json/string.h"

namespace steelyard::json {
namespace {

/// Keep the fingerprints of values apart that look alike as numbers: false and 1, {} and 0.
/// Numbers, whose second part is small, need none.
constexpr std::uint64_t literal_mark = 0x9e3779b97f4a7c15;
constexpr std::uint64_t string_mark = 0xc2b2ae3d27d4eb4f;
constexpr std::uint64_t object_mark = 0x85ebca77c2b2ae63;
constexpr std::uint64_t array_mark = 0xff51afd7ed558ccd;

}  // namespace

/// Reads one text into a Document, from the left, without going back. Each function that
/// reads takes the place where it begins and returns the one behind what it read, or null;
/// so that the place stays in a register.
class Parser {
 public:
  Parser(Document& document, std::string_view text)
      : document_(document),
        begin_(text.data()),
        end_(text.data() + text.size()),
        capacity_(document.nodes_.size()) {}

  bool run() {
    document_.count_ = 0;
    document_.words_.clear();
    document_.unescaped_.clear();
    const char* at = value(skip_space(begin_), append(), 0, document_.fingerprint_);
    if (at == nullptr) return false;
    at = skip_space(at);
    return at == end_ || fail(at, "something follows the value") != nullptr;
  }

 private:
  const char* fail(const char* at, const char* what) {
    document_.error_ = {what, static_cast<std::size_t>(at - begin_)};
    return nullptr;
  }

  std::uint32_t offset(const char* at) const { return static_cast<std::uint32_t>(at - begin_); }

  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

  const char* skip_space(const char* at) const {
    if (*at > ' ') [[likely]]
      return at;
    while (at < end_ && is_space(*at)) ++at;
    return at;
  }

  /// A new node behind the others, without a name. References to nodes end here.
  Node& append() {
    if (document_.count_ == capacity_) [[unlikely]] {
      document_.nodes_.resize(capacity_ * 2 + 32);
      capacity_ = document_.nodes_.size();
    }
    Node& node = document_.nodes_.data()[document_.count_++];
    node = Node{};
    node.end = static_cast<std::uint32_t>(document_.count_);
    return node;
  }

  /// Reads a value into its node, which may have a name already. Most values are strings and
  /// plain numbers: those are read without a call.
  [[gnu::always_inline]] const char* value(const char* at, Node& node, std::size_t depth,
                                           std::uint64_t& fingerprint) {
    node.begin = offset(at);
    if (*at == '"') return string_value(at, node, fingerprint);
    if (*at >= '0' && *at <= '9') return number_value(at, node, fingerprint);
    return unusual_value(at, node, depth, fingerprint);
  }

  [[gnu::noinline]] const char* unusual_value(const char* at, Node& node, std::size_t depth,
                                              std::uint64_t& fingerprint) {
    switch (*at) {
      case '{':
      case '[': return container(at, node, depth, fingerprint);
      case 't': return literal(at, "true", node, Type::boolean, 1, fingerprint);
      case 'f': return literal(at, "false", node, Type::boolean, 0, fingerprint);
      case 'n': return literal(at, "null", node, Type::null, 2, fingerprint);
      default: return unusual_number(at, node, fingerprint);
    }
  }

  const char* literal(const char* at, std::string_view text, Node& node, Type type,
                      std::uint64_t whole, std::uint64_t& fingerprint) {
    if (!std::string_view(at, static_cast<std::size_t>(end_ - at)).starts_with(text)) {
      return fail(at, "a value was expected");
    }
    node.type = type;
    node.whole = whole;
    node.size = static_cast<std::uint32_t>(text.size());
    fingerprint = base::hash_pair(whole, literal_mark);
    return at + text.size();
  }

  [[gnu::always_inline]] const char* number_value(const char* at, Node& node,
                                                  std::uint64_t& fingerprint) {
    std::uint64_t whole = 0;
    const char* const behind = scan_plain_whole(at, whole);
    if (behind == nullptr || behind > end_) [[unlikely]]
      return unusual_number(at, node, fingerprint);
    node.type = Type::number;
    node.size = static_cast<std::uint32_t>(behind - at);
    node.is_whole = true;
    node.whole = whole;
    fingerprint = fingerprint_of_whole(whole);
    return behind;
  }

  /// With a sign, a fraction or an exponent, with many digits, or no number at all.
  [[gnu::noinline]] const char* unusual_number(const char* at, Node& node,
                                               std::uint64_t& fingerprint) {
    const Number number = scan_number(at, end_);
    if (number.end == nullptr) {
      return fail(at, at == end_ ? "the text ends too early" : number.what);
    }
    node.type = Type::number;
    node.size = static_cast<std::uint32_t>(number.end - at);
    node.is_whole = number.is_whole;
    node.whole = number.whole;
    fingerprint = number.fingerprint;
    return number.end;
  }

  [[gnu::always_inline]] const char* string_value(const char* at, Node& node,
                                                  std::uint64_t& fingerprint) {
    std::uint64_t word = 0;
    node.type = Type::string;
    at = string(at, word, node.begin, node.size, node.is_unescaped);
    fingerprint = base::hash_pair(word, string_mark);
    return at;
  }

  /// Requires: `at` is at the opening quote.
  [[gnu::always_inline]] const char* string(const char* at, std::uint64_t& word,
                                            std::uint32_t& begin, std::uint32_t& size,
                                            bool& is_unescaped) {
    const char* const first = at + 1;
    const char* const last = skip_plain(first);
    if (*last != '"' || last >= end_) [[unlikely]]
      return unusual_string(first, word, begin, size, is_unescaped);
    begin = offset(first);
    size = static_cast<std::uint32_t>(last - first);
    word = base::hash({first, static_cast<std::size_t>(last - first)});
    return last + 1;
  }

  /// With escapes, with characters beyond ASCII, or no string at all.
  [[gnu::noinline]] const char* unusual_string(const char* first, std::uint64_t& word,
                                               std::uint32_t& begin, std::uint32_t& size,
                                               bool& is_unescaped) {
    const StringScan scan = scan_string(first);
    // The byte after the text stops the scan as a control character, so none runs past it.
    if (scan.end >= end_) return fail(scan.end, "the text ends inside a string");
    if (scan.what != nullptr) return fail(scan.end, scan.what);
    std::string_view text(first, static_cast<std::size_t>(scan.end - first));
    begin = offset(first);
    if (scan.has_escapes) {
      std::string& unescaped = document_.unescaped_;
      begin = static_cast<std::uint32_t>(unescaped.size());
      unescape(text, unescaped);
      text = std::string_view(unescaped).substr(begin);
    }
    is_unescaped = scan.has_escapes;
    size = static_cast<std::uint32_t>(text.size());
    word = base::hash(text);
    return scan.end + 1;
  }

  const char* container(const char* at, Node& opened, std::size_t depth,
                        std::uint64_t& fingerprint) {
    if (depth == limits::json_depth_max) return fail(at, "values are nested too deeply");
    const auto index = static_cast<std::size_t>(&opened - document_.nodes_.data());
    opened.type = *at == '{' ? Type::object : Type::array;
    const char* const behind = *at == '{' ? members(at + 1, depth + 1, fingerprint)
                                          : elements(at + 1, depth + 1, fingerprint);
    if (behind == nullptr) return nullptr;
    Node& node = document_.nodes_[index];
    node.size = static_cast<std::uint32_t>(behind - at);
    node.end = static_cast<std::uint32_t>(document_.count_);
    return behind;
  }

  /// The names of one object so far: tells at once, for few names, whether one is there
  /// twice; for many it sorts them in the end, so that the cost stays linear in the text.
  class Names {
   public:
    explicit Names(std::vector<std::uint64_t>& words) : words_(words), first_(words.size()) {}

    bool add(std::uint64_t word) {
      const std::uint64_t bit = std::uint64_t{1} << (word >> 58);
      if ((seen_ & bit) != 0 && size_ <= few &&
          std::find(words_.end() - static_cast<std::ptrdiff_t>(size_), words_.end(), word) !=
              words_.end()) {
        return false;
      }
      seen_ |= bit;
      words_.push_back(word);
      ++size_;
      return true;
    }

    bool finish() {
      const bool was_many = size_ > few;
      const auto begin = words_.begin() + static_cast<std::ptrdiff_t>(first_);
      if (was_many) std::sort(begin, words_.end());
      const bool has_twins = was_many && std::adjacent_find(begin, words_.end()) != words_.end();
      words_.resize(first_);
      return !has_twins;
    }

    std::size_t size() const { return size_; }

   private:
    static constexpr std::size_t few = 24;
    std::vector<std::uint64_t>& words_;
    std::size_t first_;
    std::size_t size_ = 0;
    std::uint64_t seen_ = 0;
  };

  const char* members(const char* at, std::size_t depth, std::uint64_t& fingerprint) {
    constexpr const char* twice = "a name stands twice in one object";
    Names names(document_.words_);
    std::uint64_t sum = 0;  // The order of members does not matter.
    at = skip_space(at);
    if (*at != '}') {
      for (;; at = skip_space(at + 1)) {
        if (*at != '"') return fail(at, "a member's name was expected");
        Node& node = append();
        at = string(at, node.word, node.name_begin, node.name_size, node.name_is_unescaped);
        if (at == nullptr) return nullptr;
        const std::uint64_t word = node.word;
        if (!names.add(word)) return fail(at, twice);
        at = skip_space(at);
        if (*at != ':') return fail(at, "':' was expected");
        std::uint64_t child = 0;
        at = value(skip_space(at + 1), node, depth, child);
        if (at == nullptr) return nullptr;
        sum += base::hash_pair(word, child);
        at = skip_space(at);
        if (*at != ',') break;
      }
      if (*at != '}') return fail(at, "',' or '}' was expected");
    }
    fingerprint = base::hash_pair(sum, object_mark ^ names.size());
    return names.finish() ? at + 1 : fail(at, twice);
  }

  const char* elements(const char* at, std::size_t depth, std::uint64_t& fingerprint) {
    std::uint64_t chain = array_mark;
    at = skip_space(at);
    if (*at != ']') {
      for (;; at = skip_space(at + 1)) {
        std::uint64_t child = 0;
        at = value(at, append(), depth, child);
        if (at == nullptr) return nullptr;
        chain = base::hash_pair(chain, child);
        at = skip_space(at);
        if (*at != ',') break;
      }
      if (*at != ']') return fail(at, "',' or ']' was expected");
    }
    fingerprint = base::hash_pair(chain, array_mark);
    return at + 1;
  }

  Document& document_;
  const char* const begin_;
  const char* const end_;
  std::size_t capacity_;  // Of the list of nodes.
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
