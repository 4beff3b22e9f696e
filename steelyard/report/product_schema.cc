#include "steelyard/report/product_schema.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "steelyard/base/text.h"
#include "steelyard/pricebook/products/keys.h"

namespace steelyard::report {
namespace {

using Json = nlohmann::ordered_json;
using pricebook::products::Key;
using pricebook::products::Mapping;
namespace format = pricebook::products;

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

/// The alternatives of "a | b | [c | d]": bars inside of brackets do not part.
std::vector<std::string_view> alternatives(std::string_view value) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= value.size(); ++i) {
    const char c = i < value.size() ? value[i] : '|';
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (c != '|' || depth > 0) continue;
    parts.push_back(trimmed(value.substr(begin, i - begin)));
    begin = i + 1;
  }
  return parts;
}

/// Numbers may be written as numbers or as texts; both are exact here.
Json number_like(const char* pattern) {
  return {{"type", {"number", "string"}}, {"pattern", pattern}};
}

/// Null for a name that is no scalar.
Json scalar(std::string_view name) {
  if (name == "text" || name == "word") return {{"type", {"string", "number", "boolean"}}};
  if (name == "date") {
    return {{"type", "string"}, {"pattern", "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9:.+Zz-]+)?$"}};
  }
  if (name == "number") return number_like("^[0-9]+(\\.[0-9]+)?(/[0-9]+(\\.[0-9]+)?)?$");
  if (name == "decimal") return number_like("^[0-9]+(\\.[0-9]+)?$");
  if (name == "whole") return {{"type", {"integer", "string"}}, {"pattern", "^[0-9]+$"}};
  if (name == "hours") {
    return {{"type", "string"}, {"pattern", "^[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]$"}};
  }
  if (name == "duration") return {{"type", "string"}, {"pattern", "^[0-9]+[smhd]$"}};
  if (name == "flag") return {{"enum", {true, false, "true", "false"}}};
  return {};
}

Json schema_of(std::string_view value);

Json single(std::string_view value) {
  const std::string_view inner = value.size() > 2 ? value.substr(1, value.size() - 2) : value;
  if (value.starts_with('\'')) return {{"const", inner}};
  if (value.starts_with('[')) return {{"type", "array"}, {"items", schema_of(inner)}};
  if (value.starts_with('{')) {
    return {{"type", "object"}, {"additionalProperties", schema_of(inner)}};
  }
  if (Json json = scalar(value); !json.is_null()) return json;
  return {{"$ref", "#/$defs/" + std::string(value)}};
}

Json schema_of(std::string_view value) {
  const auto parts = alternatives(value);
  if (parts.size() == 1) return single(parts.front());
  const bool are_words =
      std::ranges::all_of(parts, [](std::string_view part) { return part.starts_with('\''); });
  Json json;
  for (const std::string_view part : parts) {
    if (are_words) {
      json["enum"].push_back(part.substr(1, part.size() - 2));
    } else {
      json["anyOf"].push_back(single(part));
    }
  }
  return json;
}

/// "^(CNY|USD|…)$".
std::string currency_pattern() { return "^(" + base::joined(format::currencies(), "|") + ")$"; }

void add_key(const Key& key, Json& definition) {
  Json value = schema_of(key.value);
  value["description"] = key.meaning;
  if (key.name == format::currency_key) {
    definition["patternProperties"][currency_pattern()] = std::move(value);
  } else {
    definition["properties"][std::string(key.name)] = std::move(value);
  }
}

Json definition_of(const Mapping& mapping) {
  Json json = {{"type", "object"}, {"description", mapping.meaning}};
  json["properties"] = Json::object();
  Json required = Json::array();
  for (const Key& key : mapping.keys) {
    add_key(key, json);
    if (key.is_needed) required.push_back(key.name);
    if (mapping.has_one_key) json["oneOf"].push_back({{"required", {key.name}}});
  }
  for (const std::string_view remark : {format::source_key, format::note_key}) {
    json["properties"][std::string(remark)] = scalar("text");
  }
  if (!required.empty()) json["required"] = std::move(required);
  json["additionalProperties"] = mapping.others.empty() ? Json(false) : schema_of(mapping.others);
  return json;
}

}  // namespace

std::string product_schema() {
  Json json = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
               {"title", "Steelyard product file"},
               {"description",
                "pricebooks/BOOK/products/PRODUCT.yaml. Made by: steelyard reference "
                "product-schema"},
               {"$ref", "#/$defs/product"}};
  for (const Mapping& mapping : format::mappings()) {
    json["$defs"][std::string(mapping.name)] = definition_of(mapping);
  }
  for (const format::Abbreviation& each : format::abbreviations()) {
    Json value = schema_of(each.value);
    value["description"] = each.meaning;
    json["$defs"][std::string(each.name)] = std::move(value);
  }
  return json.dump(2) + '\n';
}

}  // namespace steelyard::report
