#include "steelyard/server/body_schema.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "steelyard/base/text.h"
#include "steelyard/base/time.h"
#include "steelyard/money/decimal.h"
#include "steelyard/server/calendar_text.h"
#include "steelyard/server/json_text.h"

namespace steelyard::server {
namespace {

constexpr std::size_t findings_max = 20;
constexpr std::string_view reference = "#/components/schemas/";

enum class Kind : std::uint8_t { null, boolean, whole, number, text, array, object };
constexpr std::pair<std::string_view, Kind> kinds[] = {
    {"null", Kind::null},     {"boolean", Kind::boolean}, {"integer", Kind::whole},
    {"number", Kind::number}, {"string", Kind::text},     {"array", Kind::array},
    {"object", Kind::object},
};

enum class Format : std::uint8_t { any, date_time, date, decimal };

}  // namespace

struct BodySchema::Rule {
  std::vector<Kind> types;  ///< Empty: any.
  std::vector<std::pair<std::string, std::unique_ptr<Rule>>> properties;
  std::vector<std::string> required;
  bool takes_others = false;
  std::unique_ptr<Rule> others;  ///< Of members that are not named.
  std::unique_ptr<Rule> items;
  std::optional<std::int64_t> items_min, items_max, length_min, length_max, minimum, maximum;
  std::vector<std::string> words;
  Format format = Format::any;
  std::vector<std::unique_ptr<Rule>> one_of;
  const Rule* same_as = nullptr;  ///< $ref
};

namespace {

using Rule = BodySchema::Rule;
using Json = nlohmann::ordered_json;
using Named = std::map<std::string, std::unique_ptr<Rule>>;

class SchemaReader {
 public:
  explicit SchemaReader(const Named& named) : named_(named) {}

  Result<std::unique_ptr<Rule>> read(const Json& json, const std::string& place) {
    if (!json.is_object()) return malformed(place, "is no object");
    auto rule = std::make_unique<Rule>();
    for (const auto& [word, value] : json.items()) {
      STEELYARD_PASS(read_word(word, value, place + '/' + word, *rule));
    }
    for (const std::string& name : rule->required) {
      if (std::ranges::find(rule->properties, name, [](const auto& each) -> const std::string& {
            return each.first;
          }) == rule->properties.end()) {
        return malformed(place, "requires '" + name + "', which is no property");
      }
    }
    return rule;
  }

 private:
  static std::unexpected<Error> malformed(const std::string& place, std::string_view what) {
    return failure(ErrorCode::file_is_malformed, "schema " + place + ' ' + std::string(what));
  }

  Result<void> read_word(const std::string& word, const Json& value, const std::string& place,
                         Rule& rule) {
    if (word == "title" || word == "description" || word == "examples" || word == "default") {
      return {};
    }
    if (word == "type") return read_types(value, place, rule);
    if (word == "properties") return read_properties(value, place, rule);
    if (word == "required") return read_texts(value, place, rule.required);
    if (word == "enum") return read_texts(value, place, rule.words);
    if (word == "minItems") return read_whole(value, place, rule.items_min);
    if (word == "maxItems") return read_whole(value, place, rule.items_max);
    if (word == "minLength") return read_whole(value, place, rule.length_min);
    if (word == "maxLength") return read_whole(value, place, rule.length_max);
    if (word == "minimum") return read_whole(value, place, rule.minimum);
    if (word == "maximum") return read_whole(value, place, rule.maximum);
    if (word == "format") return read_format(value, place, rule);
    if (word == "items") {
      STEELYARD_TRY(items, read(value, place));
      rule.items = std::move(items);
      return {};
    }
    if (word == "additionalProperties") {
      rule.takes_others = !value.is_boolean() || value.get<bool>();
      if (value.is_boolean()) return {};
      STEELYARD_TRY(others, read(value, place));
      rule.others = std::move(others);
      return {};
    }
    if (word == "oneOf") {
      if (!value.is_array()) return malformed(place, "is no list");
      for (const Json& each : value) {
        STEELYARD_TRY(alternative, read(each, place));
        rule.one_of.push_back(std::move(alternative));
      }
      return {};
    }
    if (word == "$ref") return read_reference(value, place, rule);
    return malformed(place, "is a word that is not known");
  }

  static Result<void> read_types(const Json& value, const std::string& place, Rule& rule) {
    const Json list = value.is_array() ? value : Json::array({value});
    for (const Json& each : list) {
      const auto known = std::ranges::find(kinds, each.is_string() ? each.get<std::string>() : "",
                                           &std::pair<std::string_view, Kind>::first);
      if (known == std::end(kinds)) return malformed(place, "is no type");
      rule.types.push_back(known->second);
    }
    return {};
  }

  Result<void> read_properties(const Json& value, const std::string& place, Rule& rule) {
    if (!value.is_object()) return malformed(place, "is no object");
    for (const auto& [name, schema] : value.items()) {
      STEELYARD_TRY(property, read(schema, place + '/' + name));
      rule.properties.emplace_back(name, std::move(property));
    }
    return {};
  }

  static Result<void> read_texts(const Json& value, const std::string& place,
                                 std::vector<std::string>& to) {
    if (!value.is_array()) return malformed(place, "is no list");
    for (const Json& each : value) {
      if (!each.is_string()) return malformed(place, "is no list of texts");
      to.push_back(each.get<std::string>());
    }
    return {};
  }

  static Result<void> read_whole(const Json& value, const std::string& place,
                                 std::optional<std::int64_t>& to) {
    if (!value.is_number_integer()) return malformed(place, "is no whole number");
    to = value.get<std::int64_t>();
    return {};
  }

  static Result<void> read_format(const Json& value, const std::string& place, Rule& rule) {
    if (value == "date-time") {
      rule.format = Format::date_time;
    } else if (value == "date") {
      rule.format = Format::date;
    } else if (value == "decimal") {
      rule.format = Format::decimal;
    } else {
      return malformed(place, "is none of date-time, date, decimal");
    }
    return {};
  }

  Result<void> read_reference(const Json& value, const std::string& place, Rule& rule) const {
    const std::string to = value.is_string() ? value.get<std::string>() : "";
    if (!to.starts_with(reference)) return malformed(place, "is no reference to a schema");
    const auto found = named_.find(to.substr(reference.size()));
    if (found == named_.end()) return malformed(place, "refers to what is not added yet");
    rule.same_as = found->second.get();
    return {};
  }

  const Named& named_;
};

/// A name inside a JSON pointer (RFC 6901).
std::string pointer_part(std::string_view name) {
  std::string part;
  for (const char c : name) {
    if (c == '~') {
      part += "~0";
    } else if (c == '/') {
      part += "~1";
    } else {
      part += c;
    }
  }
  return part;
}

/// At most 40 characters of a value, for a message.
std::string shown(std::string_view text) {
  constexpr std::size_t bytes_max = 40;
  return json_text(text.size() <= bytes_max ? text : text.substr(0, bytes_max));
}

std::int64_t characters_of(std::string_view text) {
  return std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; });
}

std::optional<std::int64_t> whole_of(std::string_view number) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc{} || end != number.data() + number.size()) return std::nullopt;
  return value;
}

class Checker {
 public:
  Checker(const json::Document& document, std::vector<ProblemItem>& findings)
      : document_(document), findings_(findings) {}

  void check(const Rule* rule, const json::Node& node, const std::string& place) {
    while (rule->same_as != nullptr) rule = rule->same_as;
    if (findings_.size() >= findings_max) return;
    if (!rule->one_of.empty()) return check_one_of(*rule, node, place);
    if (!has_type(*rule, node)) return find(place, "must be " + types_of(*rule));
    switch (node.type) {
      case json::Type::object: check_object(*rule, node, place); break;
      case json::Type::array: check_array(*rule, node, place); break;
      case json::Type::string: check_text(*rule, document_.text(node), place); break;
      case json::Type::number: check_number(*rule, document_.text(node), place); break;
      case json::Type::boolean:
      case json::Type::null: break;
    }
  }

 private:
  void find(const std::string& place, std::string detail) {
    if (findings_.size() < findings_max) findings_.push_back({place, std::move(detail)});
  }

  bool has_type(const Rule& rule, const json::Node& node) const {
    return rule.types.empty() || std::ranges::any_of(rule.types, [&](Kind kind) {
             switch (kind) {
               case Kind::null: return node.type == json::Type::null;
               case Kind::boolean: return node.type == json::Type::boolean;
               case Kind::whole:
                 return node.type == json::Type::number &&
                        whole_of(document_.text(node)).has_value();
               case Kind::number: return node.type == json::Type::number;
               case Kind::text: return node.type == json::Type::string;
               case Kind::array: return node.type == json::Type::array;
               case Kind::object: return node.type == json::Type::object;
             }
             return false;
           });
  }

  static std::string types_of(const Rule& rule) {
    std::string text;
    for (const Kind kind : rule.types) {
      if (!text.empty()) text += " or ";
      switch (kind) {
        case Kind::null: text += "null"; break;
        case Kind::boolean: text += "true or false"; break;
        case Kind::whole: text += "a whole number"; break;
        case Kind::number: text += "a number"; break;
        case Kind::text: text += "a string"; break;
        case Kind::array: text += "an array"; break;
        case Kind::object: text += "an object"; break;
      }
    }
    return text;
  }

  void check_one_of(const Rule& rule, const json::Node& node, const std::string& place) {
    std::string types;
    for (const auto& alternative : rule.one_of) {
      const Rule* target = alternative.get();
      while (target->same_as != nullptr) target = target->same_as;
      if (has_type(*target, node)) return check(target, node, place);
      types += (types.empty() ? "" : " or ") + types_of(*target);
    }
    find(place, "must be " + types);
  }

  void check_object(const Rule& rule, const json::Node& node, const std::string& place) {
    const json::Object object(document_, node);
    for (const std::string& name : rule.required) {
      if (object.find(json::word(name)) == nullptr) {
        find(place + '/' + pointer_part(name), "is missing");
      }
    }
    object.each([&](const json::Node& member) {
      const std::string_view name = document_.name(member);
      const std::string at = place + '/' + pointer_part(name);
      const auto property = std::ranges::find(
          rule.properties, name, [](const auto& each) -> std::string_view { return each.first; });
      if (property != rule.properties.end()) {
        check(property->second.get(), member, at);
      } else if (rule.others != nullptr) {
        check(rule.others.get(), member, at);
      } else if (!rule.takes_others) {
        find(at, "is not known" + meant(rule, name));
      }
    });
  }

  static std::string meant(const Rule& rule, std::string_view name) {
    std::vector<std::string_view> names;
    for (const auto& [known, property] : rule.properties) names.push_back(known);
    const std::string close = base::nearest(name, names);
    if (!close.empty()) return "; did you mean '" + close + "'?";
    return names.empty() ? "" : "; known are " + base::joined(names);
  }

  void check_array(const Rule& rule, const json::Node& node, const std::string& place) {
    const json::Object array(document_, node);
    std::int64_t count = 0;
    array.each([&](const json::Node& element) {
      if (rule.items != nullptr) {
        check(rule.items.get(), element, place + '/' + std::to_string(count));
      }
      ++count;
    });
    if (rule.items_min.has_value() && count < *rule.items_min) {
      find(place, "must have at least " + std::to_string(*rule.items_min) + " elements");
    }
    if (rule.items_max.has_value() && count > *rule.items_max) {
      find(place, "must have at most " + std::to_string(*rule.items_max) + " elements, not " +
                      std::to_string(count));
    }
  }

  void check_text(const Rule& rule, std::string_view text, const std::string& place) {
    const std::int64_t characters = characters_of(text);
    if (rule.length_min.has_value() && characters < *rule.length_min) {
      find(place, "must have at least " + std::to_string(*rule.length_min) + " characters");
    }
    if (rule.length_max.has_value() && characters > *rule.length_max) {
      find(place, "must have at most " + std::to_string(*rule.length_max) + " characters, not " +
                      std::to_string(characters));
    }
    if (!rule.words.empty() && std::ranges::find(rule.words, text) == rule.words.end()) {
      const std::vector<std::string_view> words(rule.words.begin(), rule.words.end());
      find(place, shown(text) + " must be one of " + base::joined(words));
    }
    base::Instant instant;
    if (rule.format == Format::date_time && !base::parse_rfc3339(text, instant)) {
      find(place, shown(text) + " must be a time as 2026-11-22T08:00:03Z");
    }
    if (rule.format == Format::date && !is_date(text)) {
      find(place, shown(text) + " must be a date as 2026-11-22");
    }
    if (rule.format == Format::decimal && !money::Decimal::parse(text).has_value()) {
      find(place, shown(text) + " must be a decimal as \"12.50\", with at most 12 decimals");
    }
  }

  void check_number(const Rule& rule, std::string_view text, const std::string& place) {
    if (!rule.minimum.has_value() && !rule.maximum.has_value()) return;
    const auto value = whole_of(text);
    if (!value.has_value()) return find(place, shown(text) + " must be a whole number");
    if (rule.minimum.has_value() && *value < *rule.minimum) {
      find(place, std::string(text) + " must be at least " + std::to_string(*rule.minimum));
    }
    if (rule.maximum.has_value() && *value > *rule.maximum) {
      find(place, std::string(text) + " must be at most " + std::to_string(*rule.maximum));
    }
  }

  const json::Document& document_;
  std::vector<ProblemItem>& findings_;
};

Result<std::unique_ptr<Rule>> read_rule(const std::string& json_schema, const Named& named,
                                        const std::string& place) {
  const Json json = Json::parse(json_schema, nullptr, false);
  if (json.is_discarded()) {
    return failure(ErrorCode::file_is_malformed, "schema " + place + " is no JSON");
  }
  return SchemaReader(named).read(json, place);
}

}  // namespace

std::vector<ProblemItem> BodySchema::check(const json::Document& document) const {
  std::vector<ProblemItem> findings;
  Checker(document, findings).check(rule_, document.root(), "#");
  return findings;
}

BodySchemas::BodySchemas() = default;
BodySchemas::~BodySchemas() = default;

Result<void> BodySchemas::add_named(const std::string& name, const std::string& json_schema) {
  STEELYARD_TRY(rule, read_rule(json_schema, named_, name));
  if (!named_.emplace(name, std::move(rule)).second) {
    return failure(ErrorCode::file_is_malformed, "schema " + name + " is added twice");
  }
  return {};
}

Result<BodySchema> BodySchemas::read(const std::string& json_schema) {
  STEELYARD_TRY(rule, read_rule(json_schema, named_, "#"));
  others_.push_back(std::move(rule));
  return BodySchema(*others_.back());
}

}  // namespace steelyard::server
