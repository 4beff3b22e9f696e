#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/base/hash.h"

namespace steelyard::json {

/// The name of an object's member as a number, so that names are compared in one step:
/// `member.word == word("prompt_tokens")`.
constexpr std::uint64_t word(std::string_view name) { return base::hash(name); }

/// The two that contain others stand last.
enum class Type : std::uint8_t { null, boolean, number, string, object, array };

/// The word of a type as it stands in messages: "a string".
std::string_view name_of(Type type);

/// One value of a document. Values stand in the order of the text, a container before
/// what it contains.
struct Node {
  std::uint64_t word = 0;   ///< Of the member's name; 0 outside an object.
  std::uint64_t whole = 0;  ///< A number that `is_whole`; 1 or 0 of a boolean.
  std::uint32_t begin = 0;  ///< Text of the value; of a string, without the quotes.
  std::uint32_t size = 0;
  std::uint32_t name_begin = 0;  ///< Text of the member's name.
  std::uint32_t name_size = 0;
  std::uint32_t end = 0;  ///< Index of the node after this value and its contents.
  Type type = Type::null;
  bool is_whole = false;      ///< A number written in at most 18 digits and nothing else.
  bool is_unescaped = false;  ///< The string had escapes: it stands apart from the text.
  bool name_is_unescaped = false;
};

static_assert(sizeof(Node) == 40);

/// What was wrong, and where.
struct ParseError {
  const char* what = "";
  std::size_t offset = 0;  ///< In bytes from the start of the text.
};

/// One JSON text (RFC 8259), read strictly and kept as a flat list of values.
///
/// Stricter than most readers, because money hangs on it: UTF-8 is validated, a name may
/// stand once in an object (RFC 7493), nothing follows the value, nesting is limited
/// (limits::json_depth_max). Numbers are never turned into floats: their text is kept.
///
/// Made to be used again for many texts; once warm it allocates nothing. The text must
/// outlive the views that the document hands out.
/// Shown by: steelyard/json/document_test.cc, which compares it with another reader.
class Document {
 public:
  /// How many bytes after the text must be readable. The first must be a line end or NUL;
  /// it stops every scan.
  static constexpr std::size_t padding = 32;

  /// Returns false if the text is no JSON value; see `error`.
  /// Requires: `padding` above.
  [[nodiscard]] bool parse(std::string_view text);

  /// The same for a text without padding, which is copied. For tests and small inputs.
  [[nodiscard]] bool parse_copy(std::string_view text);

  const ParseError& error() const { return error_; }

  const Node& root() const { return nodes_.front(); }
  std::span<const Node> nodes() const { return {nodes_.data(), count_}; }

  /// A string's characters, a number's digits.
  std::string_view text(const Node& node) const {
    return {(node.is_unescaped ? unescaped_.data() : text_.data()) + node.begin, node.size};
  }
  std::string_view name(const Node& node) const {
    return {(node.name_is_unescaped ? unescaped_.data() : text_.data()) + node.name_begin,
            node.name_size};
  }

  /// Equal for texts that are equal as JSON values: key order, white space, escapes and the
  /// notation of numbers do not matter. Different for others but for one chance in 2^64.
  std::uint64_t fingerprint() const { return fingerprint_; }

 private:
  friend class Parser;

  std::string_view text_;
  std::string unescaped_;
  std::string copy_;
  std::vector<Node> nodes_;  // Of which the first `count_` are in use.
  std::size_t count_ = 0;
  std::vector<std::uint64_t> words_;  // The names of the objects that are open.
  std::uint64_t fingerprint_ = 0;
  ParseError error_;
};

/// An object of a document. A missing one is empty.
class Object {
 public:
  Object() = default;
  Object(const Document& document, const Node& node) : document_(&document), node_(&node) {}

  /// The member of that name, or null.
  const Node* find(std::uint64_t name) const {
    if (node_ == nullptr) return nullptr;
    const Node* const last = behind(node_);
    for (const Node* at = node_ + 1; at < last; at = next(at)) {
      if (at->word == name) return at;
    }
    return nullptr;
  }

  /// Calls `visit(member)` for each member or element, in the order of the text.
  template <class Visit>
  void each(Visit visit) const {
    if (node_ == nullptr) return;
    const Node* const last = behind(node_);
    for (const Node* at = node_ + 1; at < last; at = next(at)) visit(*at);
  }

  bool is_missing() const { return node_ == nullptr; }
  /// As it is written. Requires: it is not missing. So it is for `document`.
  std::string_view text() const { return document_->text(*node_); }
  const Document& document() const { return *document_; }  // NOLINT(clang-analyzer-core*)

 private:
  const Node* behind(const Node* node) const { return document_->nodes().data() + node->end; }

  /// Most values contain no others: knowing that beforehand spares a wait for `end`.
  const Node* next(const Node* at) const { return at->type < Type::object ? at + 1 : behind(at); }

  const Document* document_ = nullptr;
  const Node* node_ = nullptr;
};

}  // namespace steelyard::json
