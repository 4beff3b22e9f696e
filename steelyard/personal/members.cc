#include "steelyard/personal/members.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "steelyard/report/json_text.h"

namespace steelyard::personal {
namespace {

using json::Document;
using json::Node;
using json::Type;
using Path = std::vector<std::string>;

constexpr std::array<std::string_view, 8> envelope = {
    "specversion", "id", "source", "type", "subject", "time", "data", "datacontenttype"};

/// What the readers in steelyard/usage take out of `data`, for events of any type, and what is
/// logged beside an event.
constexpr std::array<std::string_view, 35> charged = {
    "action", "api_key", "attributes", "batch",       "config",   "corrects",     "count",
    "credit", "end",     "hold",       "hold_budget", "id",       "lines",        "meters",
    "model",  "months",  "plan",       "product",     "project",  "protocol",     "quota",
    "reason", "region",  "replaces",   "resource",    "sequence", "service_tier", "source",
    "start",  "started", "status",     "thinking",    "unrated",  "usage",        "voids"};

const Path tags = {"data", "tags"};

std::unexpected<Error> refused(const std::string& pointer, std::string_view why) {
  return failure(ErrorCode::invalid_field, "'" + pointer + "' " + std::string(why));
}

Result<Path> path_of(const std::string& pointer) {
  Path path;
  if (!pointer.starts_with('/') || pointer.size() > Members::bytes_max) {
    return refused(pointer, "is no JSON pointer of 2 to 250 bytes, as \"/data/tags/user\"");
  }
  for (std::size_t at = 0; at < pointer.size(); ++at) {
    if (pointer[at] == '/') {
      path.emplace_back();
    } else if (pointer[at] == '~') {
      ++at;
      if (at == pointer.size() || (pointer[at] != '0' && pointer[at] != '1')) {
        return refused(pointer, "has '~' without 0 or 1 behind it");
      }
      path.back() += pointer[at] == '0' ? '~' : '/';
    } else {
      path.back() += pointer[at];
    }
  }
  if (std::ranges::any_of(path, &std::string::empty)) {
    return refused(pointer, "names a member without a name");
  }
  return path;
}

bool is_among(std::string_view name, auto& names) {
  return std::ranges::find(names, name) != names.end();
}

/// Whether `begin` is the beginning of `path`, or all of it.
bool begins_with(const Path& path, const Path& begin) {
  return path.size() >= begin.size() && std::equal(begin.begin(), begin.end(), path.begin());
}

/// A member, or an element by its number; null: there is none.
const Node* step(const Document& event, const Node& node, const std::string& name) {
  if (node.type == Type::object) return json::Object(event, node).find(json::word(name));
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (node.type != Type::array || error != std::errc() || end != name.data() + name.size()) {
    return nullptr;
  }
  const Node* found = nullptr;
  std::size_t place = 0;
  json::Object(event, node).each([&](const Node& element) {
    if (place++ == number) found = &element;
  });
  return found;
}

bool is_call(const Document& event) {
  const Node* const type = step(event, event.root(), "type");
  return type != nullptr && event.text(*type) == "ai.model.call";
}

/// Where the values stand that are to be sealed, in the order of the text. Tags are one by one, so
/// that they stay an object of texts; those of a call that are none are left to be refused.
std::vector<const Node*> found_in(const Document& event, const std::vector<Path>& paths) {
  std::vector<const Node*> found;
  for (const Path& path : paths) {
    const Node* node = &event.root();
    for (std::size_t i = 0; i < path.size() && node != nullptr; ++i) {
      node = step(event, *node, path[i]);
    }
    if (node == nullptr) continue;
    const auto add = [&](const Node& value) {
      const bool is_wrong = begins_with(path, tags) && value.type != Type::string && is_call(event);
      if (value.type != Type::null && !is_wrong) found.push_back(&value);
    };
    if (path == tags && node->type == Type::object) {
      json::Object(event, *node).each(add);
    } else {
      add(*node);
    }
  }
  std::ranges::sort(found);
  const auto repeated = std::ranges::unique(found);
  found.erase(repeated.begin(), repeated.end());
  // What stands in another one is sealed with it.
  const Node* behind = nullptr;
  std::erase_if(found, [&](const Node* node) {
    if (node < behind) return true;
    behind = event.nodes().data() + node->end;
    return false;
  });
  return found;
}

/// As `append_json`, but members by name: what a sender writes in another order is the same.
void append_sorted_json(const Document& event, const Node& node, std::string& to) {
  if (node.type != Type::object && node.type != Type::array) {
    return append_json(event, node, nullptr, to);
  }
  std::vector<const Node*> members;
  json::Object(event, node).each([&](const Node& member) { members.push_back(&member); });
  const bool is_object = node.type == Type::object;
  if (is_object) {
    std::ranges::sort(members, {}, [&](const Node* member) { return event.name(*member); });
  }
  to += is_object ? '{' : '[';
  for (const Node* const member : members) {
    if (member != members.front()) to += ',';
    if (is_object) {
      report::append_json_string(event.name(*member), to);
      to += ':';
    }
    append_sorted_json(event, *member, to);
  }
  to += is_object ? '}' : ']';
}

std::string sealed_value(const Document& event, const Node& node,
                         const std::function<std::string(std::string_view)>& seal) {
  std::string value;
  append_sorted_json(event, node, value);
  std::string text;
  report::append_json_string(seal(value), text);
  return text;
}

}  // namespace

Result<Members> Members::read(std::vector<std::string> pointers) {
  if (pointers.size() > count_max) {
    return failure(
        ErrorCode::invalid_field,
        std::to_string(pointers.size()) + " members are more than " + std::to_string(count_max));
  }
  for (const std::string& pointer : pointers) {
    STEELYARD_TRY(path, path_of(pointer));
    const bool is_of_envelope = path[0] != "data" && is_among(path[0], envelope);
    const bool is_charged = path[0] == "data" && (path.size() == 1 || is_among(path[1], charged));
    if (is_of_envelope || is_charged) {
      return refused(pointer,
                     "can not be personal: charges, accounts or the event's identity follow from "
                     "it; give it a name that means nothing");
    }
  }
  return known(std::move(pointers));
}

Result<Members> Members::known(std::vector<std::string> pointers) {
  Members members;
  for (const std::string& pointer : pointers) {
    STEELYARD_TRY(path, path_of(pointer));
    members.paths_.push_back(std::move(path));
  }
  members.pointers_ = std::move(pointers);
  return members;
}

bool Members::rewrite(const Document& event,
                      const std::function<std::string(std::string_view json)>& seal,
                      std::string& to) const {
  const std::vector<const Node*> found = found_in(event, paths_);
  if (found.empty()) return false;
  const auto replaces = [&](const Node& node, std::string& text) {
    if (!std::ranges::binary_search(found, &node)) return false;
    text += sealed_value(event, node, seal);
    return true;
  };
  const bool is_escaped = std::ranges::any_of(found, &Node::is_unescaped);
  if (is_escaped) {  // Where such a one stands in the text is not known.
    append_json(event, event.root(), replaces, to);
    return true;
  }
  const std::string_view text = event.text(event.root());
  std::size_t at = event.root().begin;
  for (const Node* const node : found) {
    const std::size_t quote = node->type == Type::string ? 1 : 0;
    to += text.substr(at - event.root().begin, node->begin - quote - at);
    to += sealed_value(event, *node, seal);
    at = node->begin + node->size + quote;
  }
  to += text.substr(at - event.root().begin);
  return true;
}

void append_json(const Document& document, const Node& node,
                 const std::function<bool(const Node&, std::string& to)>& replaces,
                 std::string& to) {
  if (replaces != nullptr && replaces(node, to)) return;
  switch (node.type) {
    case Type::string: return report::append_json_string(document.text(node), to);
    case Type::object:
    case Type::array: break;
    default: to += document.text(node); return;
  }
  const bool is_object = node.type == Type::object;
  to += is_object ? '{' : '[';
  bool is_first = true;
  json::Object(document, node).each([&](const Node& member) {
    if (!is_first) to += ',';
    is_first = false;
    if (is_object) {
      report::append_json_string(document.name(member), to);
      to += ':';
    }
    append_json(document, member, replaces, to);
  });
  to += is_object ? '}' : ']';
}

}  // namespace steelyard::personal
