#include "steelyard/scenario/event_line.h"

#include <algorithm>
#include <array>

#include "steelyard/report/json_text.h"

namespace steelyard::scenario {
namespace {

std::string quoted(const std::string& text) {
  std::string json;
  report::append_json_string(text, json);
  return json;
}

/// A value as JSON: what looks like JSON is, the rest is a string.
std::string json_of(const std::string& word) {
  const bool is_json = word == "true" || word == "false" || word == "null" ||
                       std::string("{[\"-0123456789").find(word.front()) != std::string::npos;
  const bool is_date = word.size() > 5 && word[4] == '-';
  return is_json && !is_date ? word : quoted(word);
}

std::string object_of(const std::map<std::string, std::string>& members) {
  std::string json;
  for (const auto& [name, value] : members) {
    json += (json.empty() ? "" : ",") + quoted(name) + ':' + value;
  }
  return '{' + json + '}';
}

}  // namespace

void EventFields::set_call(const std::string& name, const std::string& model,
                           const std::string& protocol) {
  envelope_ = {{"specversion", "\"1.0\""},  {"id", quoted(name)},
               {"source", "\"gateway/1\""}, {"type", "\"ai.model.call\""},
               {"subject", "\"acme\""},     {"time", "\"2026-11-22T08:00:03Z\""}};
  data_ = {{"model", json_of(model)}, {"protocol", quoted(protocol)}};
}

std::optional<std::string> EventFields::set(const std::vector<std::string>& words) {
  constexpr std::array<std::string_view, 6> of_envelope = {"id",   "source",  "time",
                                                           "type", "subject", "specversion"};
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word.front() == '{') {
      usage_json_ = word;
      has_usage_ = true;
      continue;
    }
    if (word == "no_usage") {
      has_usage_ = false;
      usage_.clear();
      continue;
    }
    if (i + 1 == words.size()) return "has '" + word + "' without a value";
    const std::string& value = words[++i];
    if (word.front() == '@') {
      const std::string field = word == "@account" ? "subject" : word.substr(1);
      const bool is_envelope = std::ranges::find(of_envelope, field) != of_envelope.end();
      auto& fields = is_envelope ? envelope_ : data_;
      if (value == "absent") {
        fields.erase(field);
      } else {
        fields[field] = json_of(value);
      }
      continue;
    }
    has_usage_ = true;
    const bool is_flat = word.starts_with("gen_ai.");
    const std::size_t point = is_flat ? std::string::npos : word.find('.');
    if (point == std::string::npos) {
      usage_[""][word] = json_of(value);
    } else {
      usage_[word.substr(0, point)][word.substr(point + 1)] = json_of(value);
    }
  }
  return std::nullopt;
}

std::string EventFields::to_line() const {
  std::map<std::string, std::string> data = data_;
  if (has_usage_) {
    std::map<std::string, std::string> usage;
    for (const auto& [part, counts] : usage_) {
      if (part.empty()) {
        usage.insert(counts.begin(), counts.end());
      } else {
        usage[part] = object_of(counts);
      }
    }
    data["usage"] = usage_json_.empty() ? object_of(usage) : usage_json_;
  }
  std::map<std::string, std::string> event = envelope_;
  event["data"] = object_of(data);
  return object_of(event);
}

}  // namespace steelyard::scenario
