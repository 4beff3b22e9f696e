#include "steelyard/server/parameters.h"

#include <algorithm>
#include <charconv>

#include "steelyard/base/text.h"
#include "steelyard/base/time.h"
#include "steelyard/money/decimal.h"
#include "steelyard/server/calendar_text.h"
#include "steelyard/server/json_text.h"
#include "steelyard/server/target.h"

namespace steelyard::server {
namespace {

constexpr std::size_t shown_max = 60;

std::string place_of(const Parameter& parameter) {
  return (parameter.in == ParameterIn::path ? "path: " : "query: ") + parameter.name;
}

bool fits(const Parameter& parameter, std::string_view text) {
  switch (parameter.type) {
    case ParameterType::text: {
      const auto characters = std::ranges::count_if(
          text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; });
      return characters >= parameter.min && characters <= parameter.max;
    }
    case ParameterType::word:
      return std::ranges::find(parameter.words, text) != parameter.words.end();
    case ParameterType::whole: {
      std::int64_t value = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      return error == std::errc{} && end == text.data() + text.size() && value >= parameter.min &&
             value <= parameter.max;
    }
    case ParameterType::decimal: return money::Decimal::parse(text).has_value();
    case ParameterType::instant: {
      base::Instant instant;
      return base::parse_rfc3339(text, instant);
    }
    case ParameterType::date: return is_date(text);
    case ParameterType::month: return is_month(text);
    case ParameterType::boolean: return text == "true" || text == "false";
  }
  return false;
}

void check_value(const Parameter& parameter, std::string_view value,
                 std::vector<ProblemItem>& wrong) {
  if (fits(parameter, value)) return;
  const std::string shown = json_text(value.substr(0, shown_max));
  wrong.push_back({place_of(parameter), shown + " must be " + rule_of(parameter)});
}

std::string not_known(const Route& route, std::string_view name) {
  std::vector<std::string_view> names;
  for (const Parameter& parameter : route.parameters) {
    if (parameter.in == ParameterIn::query) names.push_back(parameter.name);
  }
  const std::string close = base::nearest(name, names);
  if (!close.empty()) return "is not known; did you mean '" + close + "'?";
  return names.empty() ? "is not known; this path takes no query"
                       : "is not known; known are " + base::joined(names);
}

}  // namespace

std::string rule_of(const Parameter& parameter) {
  const std::string range = std::to_string(parameter.min) + " to " + std::to_string(parameter.max);
  switch (parameter.type) {
    case ParameterType::text: return range + " characters";
    case ParameterType::word: {
      const std::vector<std::string_view> words(parameter.words.begin(), parameter.words.end());
      return "one of " + base::joined(words);
    }
    case ParameterType::whole: return "a whole number, " + range;
    case ParameterType::decimal: return "a decimal as 12.50, with at most 12 decimals";
    case ParameterType::instant: return "a time as 2026-11-22T08:00:03Z";
    case ParameterType::date: return "a date as 2026-11-22";
    case ParameterType::month: return "a month as 2026-11";
    case ParameterType::boolean: return "true or false";
  }
  return {};
}

std::vector<ProblemItem> read_parameters(const Route& route,
                                         const std::vector<std::string_view>& path_values,
                                         std::string_view query, Request& request) {
  std::vector<ProblemItem> wrong;
  request.path_parameters.clear();
  request.query.clear();
  for (std::size_t i = 0; i < path_values.size(); ++i) {
    const Parameter& parameter = route.parameters[i];
    auto value = percent_decoded(path_values[i], false);
    if (!value.has_value()) {
      wrong.push_back({place_of(parameter), value.error().detail});
      continue;
    }
    check_value(parameter, *value, wrong);
    request.path_parameters.push_back({parameter.name, *std::move(value)});
  }

  auto parsed = parse_query(query);
  if (!parsed.has_value()) {
    wrong.push_back({"query", parsed.error().detail});
    return wrong;
  }
  request.query = *std::move(parsed);
  for (const ParameterValue& given : request.query) {
    if (route.takes_other_parameters) break;
    if (std::ranges::none_of(route.parameters, [&](const Parameter& each) {
          return each.in == ParameterIn::query && each.name == given.name;
        })) {
      wrong.push_back({"query: " + given.name.substr(0, shown_max), not_known(route, given.name)});
    }
  }
  for (const Parameter& parameter : route.parameters) {
    if (parameter.in != ParameterIn::query) continue;
    const auto values = request.parameters(parameter.name);
    for (const std::string_view value : values) check_value(parameter, value, wrong);
    if (values.size() > 1 && !parameter.may_repeat) {
      wrong.push_back({place_of(parameter), "must stand once"});
    }
    if (!values.empty()) continue;
    if (parameter.is_required) {
      wrong.push_back({place_of(parameter), "is missing; it must be " + rule_of(parameter)});
    } else if (!parameter.default_value.empty()) {
      request.query.push_back({parameter.name, parameter.default_value});
    }
  }
  return wrong;
}

}  // namespace steelyard::server
