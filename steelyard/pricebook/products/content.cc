#include "steelyard/pricebook/products/content.h"

#include <algorithm>
#include <map>

#include "steelyard/money/decimal.h"
#include "steelyard/pricebook/products/keys.h"

namespace steelyard::pricebook::products {
namespace {

using Path = std::vector<std::string>;

std::string scalar_of(const YAML::Node& node) { return node.IsScalar() ? node.Scalar() : ""; }

/// A price of 0.10 is one of 0.1; a word of digits stays as it is.
std::string value_of(const std::string& key, const YAML::Node& node) {
  const std::string text = scalar_of(node);
  if (!is_currency(key) && key != "upto" && key != "per") return text;
  const auto number = money::Decimal::parse(text);
  return number.has_value() ? number->to_text() : text;
}

/// "cn-hangzhou, cn-shanghai"; none if it is no list of words.
std::optional<std::string> words_of(const YAML::Node& node) {
  std::string text;
  for (const auto& each : node) {
    if (!each.IsScalar()) return std::nullopt;
    text += (text.empty() ? "" : ", ") + each.Scalar();
  }
  return text;
}

class ContentWriter {
 public:
  explicit ContentWriter(std::string_view currency) : currency_(currency) {}

  void write(const YAML::Node& node, const std::string& key) {
    if (node.IsMap()) {
      write_map(node);
    } else if (node.IsSequence()) {
      if (const auto words = words_of(node)) {
        lines.push_back({path_, *words});
      } else {
        write_list(node, key);
      }
    } else {
      lines.push_back({path_, value_of(key, node)});
    }
  }

  std::vector<ContentLine> lines;

 private:
  void write_map(const YAML::Node& node) {
    std::map<std::string, YAML::Node> sorted;
    for (const auto& entry : node) {
      const std::string key = scalar_of(entry.first);
      if (is_remark(key) || (is_currency(key) && key != currency_)) continue;
      sorted.emplace(key, entry.second);
    }
    if (sorted.empty()) lines.push_back({path_, ""});
    for (const auto& [key, value] : sorted) {
      path_.push_back(key);
      write(value, key);
      path_.pop_back();
    }
  }

  void write_list(const YAML::Node& node, const std::string& key) {
    std::map<std::string, int> seen;
    int number = 0;
    for (const auto& each : node) {
      std::string label = label_of(each, key, ++number);
      if (const int before = seen[label]++; before > 0) label += " #" + std::to_string(before + 1);
      path_.push_back(std::move(label));
      write(each, key);
      path_.pop_back();
    }
  }

  /// How an entry is known from one version to the next: by its name, by its keys, or by
  /// where it stands.
  static std::string label_of(const YAML::Node& node, const std::string& list, int number) {
    std::string label;
    for (const char* const name : {"item", "order", "plan"}) {
      if (node.IsMap() && node[name].IsDefined() && list == std::string(name) + 's') {
        label = std::string(name) + ' ' + scalar_of(node[name]);
        if (node["from"].IsDefined()) label += " from " + scalar_of(node["from"]);
        return label;
      }
    }
    if (list == "rows" || list == "brackets") return row_label(node);
    return std::to_string(number);
  }

  static std::string row_label(const YAML::Node& node) {
    std::map<std::string, std::string> keys;
    for (const auto& entry : node) {
      const std::string key = node.IsMap() ? scalar_of(entry.first) : "";
      if (key.empty() || is_remark(key) || is_currency(key) || key == "value" ||
          key == "brackets" || key == "free") {
        continue;
      }
      if (entry.second.IsScalar()) {
        keys[key] = entry.second.Scalar();
      } else if (entry.second.IsSequence()) {
        keys[key] = words_of(entry.second).value_or("…");
      }
    }
    std::string label;
    for (const auto& [key, value] : keys) {
      label += (label.empty() ? "row " : ", ") + key + ' ' + value;
    }
    return label.empty() ? "row for all" : label;
  }

  std::string_view currency_;
  Path path_;
};

}  // namespace

std::vector<ContentLine> content_of(const YAML::Node& document, std::string_view currency) {
  ContentWriter writer(currency);
  writer.write(document, "");
  return std::move(writer.lines);
}

}  // namespace steelyard::pricebook::products
