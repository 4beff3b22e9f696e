#include "steelyard/personal/texts.h"

#include <algorithm>
#include <cstddef>

#include "steelyard/base/limits.h"
#include "steelyard/json/document.h"
#include "steelyard/report/json_text.h"
#include "steelyard/usage/text_rules.h"

namespace steelyard::personal {
namespace {

using json::Document;
using json::Node;
using json::Type;

std::string_view account_of(const Document& event) {
  if (event.root().type != Type::object) return {};
  const Node* const subject = json::Object(event, event.root()).find(json::word("subject"));
  const bool is_said = subject != nullptr && subject->type == Type::string &&
                       usage::is_printable_name(event.text(*subject));
  return is_said ? event.text(*subject) : std::string_view();
}

bool is_readable(const Owner& owner, std::string_view text, const KeyRing& keys) {
  return keys.open_text(owner, text).state == Opened::State::readable;
}

/// A JSON pointer (RFC 6901) to a value.
std::string pointer_to(const Document& document, const Node& node) {
  std::string pointer;
  const Node* const first = document.nodes().data();
  for (const Node* at = first; at != &node;) {
    std::size_t place = 0;
    const Node* next = nullptr;
    json::Object(document, *at).each([&](const Node& child) {
      if (&child > &node) return;
      if (next != nullptr) ++place;
      next = &child;
    });
    pointer += '/';
    if (at->type == Type::array) {
      pointer += std::to_string(place);
    } else {
      for (const char c : document.name(*next)) {
        if (c == '~' || c == '/') {
          pointer += c == '~' ? "~0" : "~1";
        } else {
          pointer += c;
        }
      }
    }
    at = next;
  }
  return pointer;
}

}  // namespace

Result<std::string> sealed_events(std::string_view lines, const Members& members,
                                  std::string_view tenant, KeyRing& keys) {
  std::string padded(lines);
  padded.append(Document::padding, '\0');
  std::string to;
  to.reserve(lines.size());
  Document event;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    const std::string_view line(padded.data() + at, end - at);
    // Of a line that is too long nothing is kept.
    const bool is_event = line.size() <= limits::event_line_bytes_max && event.parse(line);
    const std::string_view account = is_event ? account_of(event) : std::string_view();
    bool is_written = false;
    if (!account.empty()) {
      const Owner owner = owner_of(tenant, account, Subject::usage);
      is_written = members.rewrite(
          event,
          [&](std::string_view json) {
            if (json.size() > 2 && json.starts_with('"') &&
                is_readable(owner, json.substr(1, json.size() - 2), keys)) {
              return std::string(json.substr(1, json.size() - 2));
            }
            return keys.seal(owner, json);
          },
          to);
    }
    if (!is_written) to += line;
    if (end < lines.size()) to += '\n';
    at = end + 1;
  }
  STEELYARD_PASS(keys.sync());
  return to;
}

Result<std::string> sealed_text(std::string_view text, const Owner& owner, KeyRing& keys) {
  if (text.empty() || is_readable(owner, text, keys)) return std::string(text);
  std::string json;
  report::append_json_string(text, json);
  std::string sealed = keys.seal(owner, json);
  STEELYARD_PASS(keys.sync());
  return sealed;
}

std::string opened_text(std::string_view text, const Owner& owner, const KeyRing& keys) {
  const Opened opened = keys.open_text(owner, text);
  if (opened.state == Opened::State::foreign) return std::string(text);
  Document document;
  if (opened.state == Opened::State::erased || !document.parse_copy(opened.text)) return {};
  return std::string(document.text(document.root()));
}

namespace {

/// As `KeyRing::open_text`; what had been erased before it was sealed once more is erased.
Opened open_whole(const Owner& owner, std::string_view text, const KeyRing& keys) {
  Opened opened = keys.open_text(owner, text);
  if (opened.state != Opened::State::readable || opened.text.size() < 2) return opened;
  const std::string_view inner = std::string_view(opened.text).substr(1, opened.text.size() - 2);
  if (!opened.text.starts_with('"') || !inner.starts_with(KeyRing::prefix)) return opened;
  Opened within = open_whole(owner, inner, keys);
  return within.state == Opened::State::foreign ? opened : within;
}

}  // namespace

OpenedJson opened_json(std::string_view json, const Owner& owner, const KeyRing& keys,
                       Pointers pointers) {
  Document document;
  if (!document.parse_copy(json)) return {std::string(json), {}};
  OpenedJson opened;
  bool is_other = false;
  append_json(
      document, document.root(),
      [&](const Node& node, std::string& to) {
        if (node.type != Type::string) return false;
        const std::string_view sealed = document.text(node);
        if (!sealed.starts_with(KeyRing::prefix)) return false;
        Opened text = open_whole(owner, sealed, keys);
        if (text.state == Opened::State::foreign) return false;
        is_other = true;
        if (text.state == Opened::State::erased) {
          if (pointers == Pointers::wanted) {
            opened.erased.push_back(pointer_to(document, node));
          }
          text.text = "null";
        }
        to += text.text;
        return true;
      },
      opened.text);
  if (!is_other) opened.text = json;
  return opened;
}

}  // namespace steelyard::personal
