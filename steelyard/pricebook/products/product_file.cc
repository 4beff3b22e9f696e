#include "steelyard/pricebook/products/product_file.h"

#include "steelyard/base/text.h"

namespace steelyard::pricebook::products {

YamlMap ProductFile::open(const YAML::Node& node, std::string_view mapping) const {
  if (products::mapping(mapping).others.empty()) return open(node, mapping, {});
  return YamlMap(node, name, {}, findings);
}

YamlMap ProductFile::open(const YAML::Node& node, std::string_view mapping,
                          std::span<const std::string> others) const {
  std::vector<std::string_view> keys;
  for (const Key& key : products::mapping(mapping).keys) {
    if (key.name != currency_key) {
      keys.push_back(key.name);
    } else {
      keys.insert(keys.end(), currencies().begin(), currencies().end());
    }
  }
  keys.insert(keys.end(), others.begin(), others.end());
  keys.insert(keys.end(), {source_key, note_key});
  return YamlMap(node, name, std::span<const std::string_view>(keys), findings);
}

void ProductFile::error(const YAML::Node& node, const char* word, std::string message) const {
  findings.error(word, place_of(node), std::move(message));
}

void ProductFile::unknown(const Place& place, const char* word, const std::string& kind,
                          const std::string& text, std::span<const std::string_view> known) const {
  constexpr std::size_t shown = 40;
  const std::string close = base::nearest(text, known);
  std::string message = "'" + text + "' is no " + kind;
  if (!close.empty()) {
    message += "; did you mean '" + close + "'?";
  } else if (!known.empty() && known.size() <= shown) {
    message += ": there are " + base::joined(known);
  }
  findings.error(word, place, std::move(message));
}

std::vector<YAML::Node> members(const YAML::Node& node) {
  std::vector<YAML::Node> result;
  if (!node.IsDefined() || node.IsNull()) return result;
  if (!node.IsSequence()) return {node};
  for (const auto& each : node) result.push_back(each);
  return result;
}

std::vector<YAML::Node> members(const YamlMap& map, std::string_view key, std::size_t most) {
  std::vector<YAML::Node> result = members(map.list(key));
  if (result.size() > most) {
    map.error(key, "too_large",
              "'" + std::string(key) + "' has " + std::to_string(result.size()) +
                  " entries; there may be " + std::to_string(most));
    result.resize(most);
  }
  return result;
}

std::vector<std::string> read_words(const ProductFile& file, const YAML::Node& node) {
  std::vector<std::string> words;
  for (const YAML::Node& each : members(node)) {
    if (each.IsScalar() && !each.Scalar().empty()) {
      words.push_back(each.Scalar());
    } else {
      file.error(each, "malformed_yaml", "a word was expected here, or a list of words");
    }
  }
  return words;
}

std::vector<std::string> read_words(const ProductFile& file, const YamlMap& map,
                                    std::string_view key) {
  return read_words(file, map.at(key));
}

bool has_key(const YAML::Node& node, std::string_view key) {
  if (!node.IsMap()) return false;
  for (const auto& entry : node) {
    if (is_word(entry.first, key)) return true;
  }
  return false;
}

bool is_word(const YAML::Node& node, std::string_view word) {
  return node.IsDefined() && node.IsScalar() && node.Scalar() == word;
}

std::string read_code(const ProductFile& file, const YamlMap& map, std::string_view key,
                      const std::string& name) {
  if (name.empty()) return {};
  const std::size_t slash = name.find('/');
  const std::string code = name.substr(0, slash);
  const bool is_name = slash != std::string::npos && slash + 1 < name.size() &&
                       name.find_first_of(" \t\n") == std::string::npos && name.size() <= 100;
  if (!is_name) {
    map.error(key, "unknown_word", "'" + name + "' is not of the form CODE/NAME, such as nlb/lcu");
    return code;
  }
  for (const std::string& each : file.product.codes) {
    if (each == code) return code;
  }
  const std::vector<std::string_view> codes(file.product.codes.begin(), file.product.codes.end());
  file.unknown(map.place_of(key), "unknown_word", "code of this product", code, codes);
  return code;
}

}  // namespace steelyard::pricebook::products
