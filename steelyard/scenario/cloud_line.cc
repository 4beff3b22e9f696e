#include "steelyard/scenario/cloud_line.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>

#include "steelyard/base/time.h"
#include "steelyard/report/json_text.h"

namespace steelyard::scenario {
namespace {

std::unexpected<Error> refuse(const std::string& why) {
  return failure(ErrorCode::file_is_malformed, why);
}

std::string json_of(std::string_view text) {
  std::string json;
  report::append_json_string(text, json);
  return json;
}

std::string object_of(const std::map<std::string, std::string>& members) {
  std::string json;
  for (const auto& [name, value] : members) {
    json += (json.empty() ? "" : ",") + json_of(name) + ':' + value;
  }
  return '{' + json + '}';
}

std::string named(const std::string& name) {
  return R"({"source":"collector/1","id":)" + json_of(name) + '}';
}

/// "2026-11-02", "2026-11-02T09:30", "…T24:00", "…T10:00:08.5" in the zone.
Result<base::Instant> instant_of(std::string text, const std::string& zone) {
  constexpr std::size_t minutes = 16;  // Of "2026-11-02T09:30".
  if (text.size() == minutes && text[10] == 'T') text += ":00";
  const std::size_t midnight = text.find("T24:00:00");
  if (midnight != std::string::npos) text.replace(midnight, std::string::npos, "T23:59:59");
  STEELYARD_TRY(instant, base::parse_in_zone(text, zone));
  if (midnight != std::string::npos) ++instant.seconds;
  return instant;
}

/// A row that is being read.
class Row {
 public:
  Row(const std::string& name, const std::vector<std::string>& words, const std::string& zone)
      : words_(words), zone_(zone) {
    envelope_ = {{"specversion", "\"1.0\""},
                 {"id", json_of(name)},
                 {"source", "\"collector/1\""},
                 {"subject", "\"acme\""},
                 {"time", "\"2026-11-22T08:00:03Z\""}};
  }

  Result<std::string> read() {
    const std::string kind = words_.front();
    if (kind == "replace") {
      if (words_.size() < 4 || words_[2] != "cloud") return refuse("is not 'replace NAME cloud …'");
      data_["replaces"] = named(words_[1]);
      at_ = 2;
    }
    const std::string& event = words_[at_++];
    if (event == "void") {
      if (at_ == words_.size()) return refuse("is not 'void NAME'");
      type_ = "cloud.resource.void";
      data_["voids"] = named(words_[at_++]);
    } else if (event == "cloud") {
      STEELYARD_PASS(begin_usage());
    } else if (event == "order") {
      STEELYARD_PASS(begin_order());
    } else {
      STEELYARD_PASS(begin_plan());
    }
    STEELYARD_PASS(read_pairs());
    return finish();
  }

 private:
  Result<void> begin_usage() {
    if (words_.size() < at_ + 2) return refuse("is not 'cloud PRODUCT/RESOURCE START..END …'");
    type_ = "cloud.resource.usage";
    STEELYARD_PASS(read_product(words_[at_++]));
    const std::string& period = words_[at_++];
    const std::size_t dots = period.find("..");
    if (dots == std::string::npos) return refuse("has no period START..END");
    const std::string first = period.substr(0, dots);
    std::string last = period.substr(dots + 2);
    if (last.find('-') == std::string::npos) last = first.substr(0, 11) + last;
    STEELYARD_TRY(start, instant_of(first, zone_));
    STEELYARD_TRY(end, instant_of(last, zone_));
    data_["start"] = json_of(base::to_rfc3339(start));
    data_["end"] = json_of(base::to_rfc3339(end));
    envelope_["time"] = data_["end"];
    return {};
  }

  Result<void> begin_order() {
    if (words_.size() < at_ + 2) return refuse("is not 'order PRODUCT/RESOURCE ACTION at TIME …'");
    type_ = "cloud.resource.order";
    STEELYARD_PASS(read_product(words_[at_++]));
    data_["action"] = json_of(words_[at_++]);
    settings_name_ = "config";
    return {};
  }

  Result<void> begin_plan() {
    if (words_.size() < at_ + 1) return refuse("is not 'plan PRODUCT/PLAN/ID at TIME …'");
    type_ = "cloud.plan.purchase";
    const std::string& path = words_[at_++];
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return refuse("'" + path + "' is not PRODUCT/PLAN/ID");
    data_["plan"] = json_of(path.substr(0, slash));
    data_["id"] = json_of(path.substr(slash + 1));
    return {};
  }

  Result<void> read_product(const std::string& path) {
    const std::size_t slash = path.find('/');
    if (slash == std::string::npos) return refuse("'" + path + "' is not PRODUCT/RESOURCE");
    data_["product"] = json_of(path.substr(0, slash));
    data_["resource"] = json_of(path.substr(slash + 1));
    return {};
  }

  Result<void> read_pairs() {
    constexpr std::array<std::string_view, 6> of_envelope = {"id",   "source",  "time",
                                                             "type", "subject", "specversion"};
    for (; at_ < words_.size(); ++at_) {
      const std::string& word = words_[at_];
      const std::size_t equals = word.find('=');
      if (equals != std::string::npos && word.front() != '@') {
        settings_[word.substr(0, equals)] = json_of(word.substr(equals + 1));
        continue;
      }
      if (at_ + 1 == words_.size()) return refuse("has '" + word + "' without a value");
      const std::string& value = words_[++at_];
      if (word.front() == '@') {
        const std::string field = word == "@account" ? "subject" : word.substr(1);
        const bool is_envelope = std::ranges::find(of_envelope, field) != of_envelope.end();
        (is_envelope ? envelope_ : data_)[field] = json_of(value);
      } else if (word == "at") {
        STEELYARD_TRY(instant, instant_of(value, zone_));
        envelope_["time"] = json_of(base::to_rfc3339(instant));
      } else if (type_ == "cloud.resource.usage") {
        meters_[word] = number(value);
      } else {
        data_[word] = number(value);
      }
    }
    return {};
  }

  static std::string number(const std::string& value) {
    const bool is_number =
        value.find_first_not_of("-0123456789.eE+") == std::string::npos && value != "-";
    return is_number ? value : json_of(value);
  }

  std::string finish() {
    if (type_ == "cloud.resource.usage") data_["meters"] = object_of(meters_);
    if (!settings_.empty()) data_[settings_name_] = object_of(settings_);
    envelope_["type"] = json_of(type_);
    envelope_["data"] = object_of(data_);
    return object_of(envelope_);
  }

  const std::vector<std::string>& words_;
  const std::string& zone_;
  std::size_t at_ = 0;
  std::string type_;
  std::string settings_name_ = "attributes";
  std::map<std::string, std::string> envelope_;  // Values are JSON.
  std::map<std::string, std::string> data_;
  std::map<std::string, std::string> meters_;
  std::map<std::string, std::string> settings_;
};

}  // namespace

bool is_cloud_row(const std::vector<std::string>& words) {
  constexpr std::array<std::string_view, 5> kinds = {"cloud", "order", "plan", "void", "replace"};
  return !words.empty() && std::ranges::find(kinds, words.front()) != kinds.end();
}

Result<std::string> cloud_line(const std::string& name, const std::vector<std::string>& words,
                               const std::string& zone) {
  return Row(name, words, zone).read();
}

}  // namespace steelyard::scenario
