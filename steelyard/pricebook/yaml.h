#pragma once

#include <yaml-cpp/yaml.h>

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/pricebook/finding.h"

namespace steelyard::pricebook {

/// A mapping of a YAML file, read strictly: only the keys that are asked for may be there,
/// each once. Numbers are taken as their text.
class YamlMap {
 public:
  /// Notes unknown and repeated keys. `keys` are all that may be there; none: any may.
  YamlMap(const YAML::Node& node, std::string file, std::span<const std::string_view> keys,
          Findings& findings);
  YamlMap(const YAML::Node& node, std::string file, std::initializer_list<std::string_view> keys,
          Findings& findings)
      : YamlMap(node, std::move(file), std::span(keys.begin(), keys.size()), findings) {}

  /// The text of a scalar; none if absent or empty. Notes anything else than a scalar.
  std::optional<std::string> text(std::string_view key) const;

  /// The same, noting its absence.
  std::string needed(std::string_view key) const;

  /// Which of the words a scalar is; none if absent. Notes an unknown word.
  std::optional<std::size_t> one_of(std::string_view key,
                                    std::initializer_list<std::string_view> words) const;

  /// Whatever stands behind a key; undefined if absent.
  YAML::Node at(std::string_view key) const;
  bool has(std::string_view key) const { return at(key).IsDefined(); }

  /// The key itself, which has a line of its own.
  YAML::Node key_node(std::string_view key) const;

  /// The keys that are there, in the order of the file; those that are no single words left out.
  std::vector<std::string> keys() const;

  /// A mapping or list behind a key; undefined if absent. Notes another kind of node.
  YAML::Node map(std::string_view key) const;
  YAML::Node list(std::string_view key) const;

  Place place() const { return place_of(node_); }
  Place place_of(const YAML::Node& node) const;
  Place place_of(std::string_view key) const;
  void error(std::string_view key, const char* word, std::string message) const;

 private:
  YAML::Node node_;
  std::string file_;
  Findings* findings_;
};

/// The document of a YAML text, or nothing, noted: malformed_yaml, not_utf8, too_large.
std::optional<YAML::Node> read_yaml(std::string_view text, const std::string& file,
                                    Findings& findings);

}  // namespace steelyard::pricebook
