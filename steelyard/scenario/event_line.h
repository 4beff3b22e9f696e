#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace steelyard::scenario {

/// The fields of an event, as a scenario's row sets them.
class EventFields {
 public:
  /// An ai.model.call with this id.
  void set_call(const std::string& name, const std::string& model, const std::string& protocol);

  /// Sets pairs: "prompt_tokens 3019", "prompt_tokens_details.cached_tokens 2048",
  /// "@thinking true", or one usage object as JSON. Returns what was wrong with them.
  std::optional<std::string> set(const std::vector<std::string>& words);

  /// The event as JSON.
  std::string to_line() const;

 private:
  std::map<std::string, std::string> envelope_;  // Values are JSON.
  std::map<std::string, std::string> data_;
  std::map<std::string, std::map<std::string, std::string>> usage_;  // By part; "" is on top.
  std::string usage_json_;
  bool has_usage_ = false;
};

}  // namespace steelyard::scenario
