#include "steelyard/usage/event_fields.h"

namespace steelyard::usage {

std::unexpected<Error> missing(const char* pointer) {
  return failure(ErrorCode::missing_field, std::string(pointer) + " is missing");
}

std::string shown(const json::Document& document, const json::Node& node) {
  constexpr std::size_t longest = 60;
  std::string text(document.text(node).substr(0, longest));
  while (!text.empty() && document.text(node).size() > longest &&
         (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) {
    text.pop_back();  // Not in the middle of a character.
  }
  if (document.text(node).size() > longest) text += "…";
  return node.type == json::Type::string ? '"' + text + '"' : text;
}

std::unexpected<Error> invalid(const json::Document& document, const json::Node& node,
                               const char* pointer, const char* expected, ErrorCode code) {
  return failure(code, std::string(pointer) + ": " + shown(document, node) + " is not " + expected);
}

const json::Node* not_a_tag(const json::Document& document, const json::Node& object) {
  const json::Node* other = nullptr;
  json::Object(document, object).each([&](const json::Node& tag) {
    if (tag.type != json::Type::string) other = &tag;
  });
  return other;
}

Result<void> read_time(const json::Document& document, const json::Node& node, const char* pointer,
                       base::Instant& instant) {
  if (node.type == json::Type::string && base::parse_rfc3339(document.text(node), instant))
      [[likely]] {
    return {};
  }
  return invalid(document, node, pointer, "a time such as \"2026-11-22T08:00:03Z\" (RFC 3339)",
                 ErrorCode::invalid_time);
}

}  // namespace steelyard::usage
