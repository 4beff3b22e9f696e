#include "steelyard/pricebook/yaml.h"

#include <yaml-cpp/eventhandler.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "steelyard/base/limits.h"
#include "steelyard/base/text.h"

namespace steelyard::pricebook {
namespace {

/// Brackets and indentation nest at most this deep in what a person writes.
constexpr int depth_max = 20;

bool is_too_deep(std::string_view text) {
  int flow = 0;
  std::size_t line_begin = 0;
  std::size_t dashes = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      line_begin = i + 1;
      dashes = 0;
    }
    if (c == '[' || c == '{') ++flow;
    if ((c == ']' || c == '}') && flow > 0) --flow;
    // Only at the beginning of a line: a row of a table may have any number of keys.
    const bool is_block =
        (c == '-' || c == '?' || c == ':') && i + 1 < text.size() && text[i + 1] == ' ' &&
        text.substr(line_begin, i - line_begin).find_first_not_of(" -?:") == std::string_view::npos;
    if (is_block) ++dashes;
    if (flow > depth_max || dashes > depth_max) return true;
    const bool is_indent =
        c == ' ' &&
        text.substr(line_begin, i - line_begin).find_first_not_of(' ') == std::string_view::npos;
    if (is_indent && i - line_begin > 2'000) return true;
  }
  return false;
}

/// Hears a document without keeping anything of it.
class Listener : public YAML::EventHandler {
  using Mark = YAML::Mark;
  using Anchor = YAML::anchor_t;
  using Style = YAML::EmitterStyle::value;
  using Text = std::string;

  void OnDocumentStart(const Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const Mark&, Anchor) override {}
  void OnAlias(const Mark&, Anchor) override {}
  void OnScalar(const Mark&, const Text&, Anchor, const Text&) override {}
  void OnSequenceStart(const Mark&, const Text&, Anchor, Style) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const Mark&, const Text&, Anchor, Style) override {}
  void OnMapEnd() override {}
};

/// True if the text is one document. YAML::Load passes over what follows the first one, and
/// YAML::LoadAll never ends at a comma between documents: for it that is an empty document that
/// takes nothing away, again and again.
bool is_one_document(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  Listener listener;
  return parser.HandleNextDocument(listener) && !parser.HandleNextDocument(listener);
}

}  // namespace

std::optional<YAML::Node> read_yaml(std::string_view text, const std::string& file,
                                    Findings& findings) {
  if (text.size() > limits::yaml_file_bytes_max) {
    findings.error(
        "too_large", {file, 0},
        "the file has more than " + std::to_string(limits::yaml_file_bytes_max) + " bytes");
    return std::nullopt;
  }
  if (!base::is_utf8(text)) {
    findings.error("not_utf8", {file, 0}, "the file is not UTF-8 text");
    return std::nullopt;
  }
  if (is_too_deep(text)) {
    findings.error("malformed_yaml", {file, 0}, "the file is nested too deeply");
    return std::nullopt;
  }
  try {
    const std::string copy(text);
    if (is_one_document(copy)) {
      YAML::Node document = YAML::Load(copy);
      if (document.IsMap()) return document;
    }
    findings.error("malformed_yaml", {file, 1}, "the file is not one mapping of keys to values");
  } catch (const YAML::Exception& error) {
    findings.error("malformed_yaml", {file, error.mark.line + 1}, error.msg);
  } catch (const std::exception& error) {
    findings.error("malformed_yaml", {file, 0}, error.what());
  }
  return std::nullopt;
}

YamlMap::YamlMap(const YAML::Node& node, std::string file, std::span<const std::string_view> keys,
                 Findings& findings)
    : node_(node), file_(std::move(file)), findings_(&findings) {
  if (!node_.IsMap()) {
    findings.error("malformed_yaml", place_of(node_), "keys and values were expected here");
    return;
  }
  std::set<std::string> seen;
  for (const auto& entry : node_) {
    const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : std::string("?");
    if (!seen.insert(key).second) {
      findings.error("duplicate_key", place_of(entry.first), "key '" + key + "' stands twice");
    }
    if (keys.empty() || std::ranges::find(keys, key) != keys.end()) continue;
    const std::string close = base::nearest(key, keys);
    const bool is_torn_text = entry.second.IsNull() && key.find(' ') != std::string::npos;
    findings.error("unknown_word", place_of(entry.first),
                   "key '" + key + "' is none of " + base::joined(keys) +
                       (!close.empty() ? "; did you mean '" + close + "'?"
                        : is_torn_text ? "; a text with a comma stands in quotes"
                                       : ""));
  }
}

Place YamlMap::place_of(const YAML::Node& node) const { return {file_, node.Mark().line + 1}; }

Place YamlMap::place_of(std::string_view key) const {
  const YAML::Node node = at(key);
  return node.IsDefined() ? place_of(node) : place();
}

YAML::Node YamlMap::at(std::string_view key) const {
  if (node_.IsMap()) {
    for (const auto& entry : node_) {
      if (entry.first.IsScalar() && entry.first.Scalar() == key) return entry.second;
    }
  }
  return YAML::Node(YAML::NodeType::Undefined);
}

YAML::Node YamlMap::key_node(std::string_view key) const {
  for (const auto& entry : node_) {
    if (entry.first.IsScalar() && entry.first.Scalar() == key) return entry.first;
  }
  return YAML::Node(YAML::NodeType::Undefined);
}

std::vector<std::string> YamlMap::keys() const {
  std::vector<std::string> result;
  if (!node_.IsMap()) return result;
  for (const auto& entry : node_) {
    if (entry.first.IsScalar()) result.push_back(entry.first.Scalar());
  }
  return result;
}

void YamlMap::error(std::string_view key, const char* word, std::string message) const {
  findings_->error(word, place_of(key), std::move(message));
}

std::optional<std::string> YamlMap::text(std::string_view key) const {
  const YAML::Node node = at(key);
  if (!node.IsDefined() || node.IsNull()) return std::nullopt;
  if (!node.IsScalar()) {
    error(key, "malformed_yaml", "'" + std::string(key) + "' is not a single value");
    return std::nullopt;
  }
  if (node.Scalar().empty()) return std::nullopt;
  return node.Scalar();
}

std::string YamlMap::needed(std::string_view key) const {
  auto value = text(key);
  if (!value.has_value()) error(key, "missing_key", "'" + std::string(key) + "' is missing");
  return std::move(value).value_or("");
}

std::optional<std::size_t> YamlMap::one_of(std::string_view key,
                                           std::initializer_list<std::string_view> words) const {
  const auto value = text(key);
  if (!value.has_value()) return std::nullopt;
  const std::vector<std::string_view> known(words);
  const auto found = std::ranges::find(known, *value);
  if (found != known.end()) return static_cast<std::size_t>(found - known.begin());
  error(key, "unknown_word",
        "'" + std::string(key) + ": " + *value + "' is none of " + base::joined(known));
  return std::nullopt;
}

YAML::Node YamlMap::map(std::string_view key) const {
  const YAML::Node node = at(key);
  if (!node.IsDefined() || node.IsNull() || node.IsMap()) return node;
  error(key, "malformed_yaml", "'" + std::string(key) + "' is not a mapping");
  return YAML::Node(YAML::NodeType::Undefined);
}

YAML::Node YamlMap::list(std::string_view key) const {
  const YAML::Node node = at(key);
  if (!node.IsDefined() || node.IsNull() || node.IsSequence()) return node;
  error(key, "malformed_yaml", "'" + std::string(key) + "' is not a list");
  return YAML::Node(YAML::NodeType::Undefined);
}

}  // namespace steelyard::pricebook
