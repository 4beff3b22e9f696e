#include "steelyard/scenario/scenario.h"

#include <algorithm>
#include <map>

#include "steelyard/base/limits.h"
#include "steelyard/base/text.h"
#include "steelyard/report/json_text.h"
#include "steelyard/scenario/cloud_line.h"
#include "steelyard/scenario/event_line.h"
#include "steelyard/scenario/words.h"

namespace steelyard::scenario {
namespace {

/// The reader of one file.
class Reader {
 public:
  Reader(std::string_view text, const std::string& file) : text_(text) { scenario_.file = file; }

  Result<Scenario> run() {
    if (text_.size() > limits::scenario_bytes_max || !base::is_utf8(text_)) {
      return failure(ErrorCode::file_is_malformed,
                     scenario_.file + ": is no UTF-8 text of at most 1 MiB");
    }
    for (const Line& line : lines_of(text_)) {
      STEELYARD_PASS(check_words(line));
      if (line.indent == 0) {
        if (section_ == "expect")
          return refuse(line, "stands behind 'expect', which is the last section");
        section_ = line.words.front();
        STEELYARD_PASS(begin_section(line));
      } else if (section_ == "prices") {
        STEELYARD_PASS(read_price_row(line));
      } else if (section_ == "pricebook") {
        STEELYARD_PASS(read_book_row(line));
      } else if (section_ == "product") {
        if (line.indent < 2) return refuse(line, "is indented by less than two spaces");
        products_.back() +=
            std::string(static_cast<std::size_t>(line.indent) - 2, ' ') + line.text + '\n';
      } else if (section_ == "usage") {
        STEELYARD_PASS(read_usage_row(line));
      } else if (section_ == "expect") {
        scenario_.expected.push_back(std::string(static_cast<std::size_t>(line.indent), ' ') +
                                     line.text);
        scenario_.expected_places.push_back(line.number);
      } else {
        return refuse(line, "belongs to no section");
      }
    }
    finish_book();
    if (section_ != "expect") {
      return failure(ErrorCode::file_is_malformed, scenario_.file + ": has no 'expect'");
    }
    if (scenario_.versions.empty() && scenario_.shipped_book.empty()) {
      return failure(ErrorCode::file_is_malformed,
                     scenario_.file + ": has neither 'pricebook NAME' nor 'prices CURRENCY'");
    }
    return std::move(scenario_);
  }

 private:
  std::unexpected<Error> refuse(const Line& line, const std::string& why) const {
    return failure(
        ErrorCode::file_is_malformed,
        scenario_.file + ':' + std::to_string(line.number) + ": '" + line.text + "' " + why);
  }

  /// A word such as #1 would be read as a comment when it stands first in a line of results.
  Result<void> check_words(const Line& line) const {
    if (line.words.front() == "raw") return {};
    for (const std::string& word : line.words) {
      if (word.starts_with('#')) {
        return refuse(line, "has the word '" + word +
                                "': a comment stands behind two spaces, with a space behind its #");
      }
    }
    return {};
  }

  Result<void> begin_section(const Line& line) {
    if (section_ == "pricebook") {
      if (line.words.size() != 2) return refuse(line, "is not 'pricebook NAME'");
      scenario_.shipped_book = line.words[1];
    } else if (section_ == "prices") {
      finish_book();
      return begin_prices(line);
    } else if (section_ == "expect") {
      scenario_.before_expect = text_up_to(line.number);
    } else if (section_ == "product") {
      if (!is_book_open_) return refuse(line, "stands behind no 'prices CURRENCY'");
      products_.emplace_back();
    } else if (section_ != "usage") {
      return refuse(line, "is none of the sections pricebook, prices, product, usage, expect");
    }
    return {};
  }

  /// "prices CNY  version 2  from 2026-07-01  k 1000  upper_bound exclusive"
  Result<void> begin_prices(const Line& line) {
    if (line.words.size() < 2 || line.words.size() % 2 != 0) {
      return refuse(line, "is not 'prices CURRENCY' with pairs of option and value");
    }
    static const std::map<std::string, std::string> keys = {{"version", "version"},
                                                            {"from", "effective_from"},
                                                            {"to", "effective_to"},
                                                            {"k", "k"},
                                                            {"per", "per"},
                                                            {"time_zone", "time_zone"},
                                                            {"upper_bound", "upper_bound"},
                                                            {"above_top_tier", ""},
                                                            {"thinking_without_price", ""}};
    book_yaml_ = "name: scenario\ncurrency: " + line.words[1] + '\n';
    std::string defaults;
    bool has_zone = false;
    for (std::size_t i = 2; i < line.words.size(); i += 2) {
      const auto key = keys.find(line.words[i]);
      if (key == keys.end()) return refuse(line, "has the unknown option '" + line.words[i] + "'");
      has_zone |= key->first == "time_zone";
      if (key->first == "time_zone") zone_ = line.words[i + 1];
      if (key->second.empty()) {
        defaults += "  " + key->first + ": " + line.words[i + 1] + '\n';
      } else {
        book_yaml_ += key->second + ": \"" + line.words[i + 1] + "\"\n";
      }
    }
    if (!has_zone) book_yaml_ += "time_zone: Asia/Shanghai\n";
    if (!defaults.empty()) book_yaml_ += "defaults:\n" + defaults;
    models_csv_ = "model,tier,type,price_per_1k_tokens,effective_from,effective_to\n";
    is_book_open_ = true;
    return {};
  }

  /// "qwen-flash  0k-128k  input  0.0002  from 2026-07-01", or a row of book.yaml.
  Result<void> read_price_row(const Line& line) {
    const std::string& first = line.words.front();
    if (first == "alias" || first == "override" || first == "rule") return read_book_row(line);
    if (first == "model" && line.words.size() > 1 && line.words[1] == "tier") return {};  // Titles.
    if (line.words.size() < 4 || line.words.size() % 2 != 0) {
      return refuse(line, "is not 'MODEL TIER TYPE PRICE [from DATE] [to DATE]'");
    }
    STEELYARD_TRY(dates, dates_of(line, 4));
    for (std::size_t i = 0; i < 4; ++i) models_csv_ += line.words[i] + ',';
    models_csv_ += dates["from"] + ',' + dates["to"] + '\n';
    return {};
  }

  Result<std::map<std::string, std::string>> dates_of(const Line& line, std::size_t first) {
    std::map<std::string, std::string> dates;
    for (std::size_t i = first; i + 1 < line.words.size(); i += 2) {
      if (line.words[i] != "from" && line.words[i] != "to") {
        return refuse(line, "has '" + line.words[i] + "' where from or to was expected");
      }
      dates[line.words[i]] = line.words[i + 1];
    }
    return dates;
  }

  /// "alias NAME MODEL", "override ACCOUNT model M … multiplier X", "rule MODEL KEY WORD".
  Result<void> read_book_row(const Line& line) {
    const std::vector<std::string>& words = line.words;
    if (words.front() == "rule" && words.size() == 4) {
      rules_ += "  " + words[1] + ": {" + words[2] + ": " + words[3] + "}\n";
      return {};
    }
    std::string entry;
    std::size_t at = 2;
    if (words.front() == "alias" && words.size() >= 3) {
      entry = "alias: \"" + words[1] + "\", model: \"" + words[2] + '"';
      at = 3;
    } else if (words.front() == "override" && words.size() >= 4) {
      entry = "account: \"" + words[1] + '"';
    } else {
      return refuse(line, "is no alias, override or rule");
    }
    if ((words.size() - at) % 2 != 0) return refuse(line, "has an option without a value");
    for (; at < words.size(); at += 2) {
      const std::string key =
          words[at] == "from" || words[at] == "to" ? "effective_" + words[at] : words[at];
      entry += ", " + key + ": \"" + words[at + 1] + '"';
    }
    (words.front() == "alias" ? aliases_ : overrides_) += "  - {" + entry + "}\n";
    return {};
  }

  Result<void> read_usage_row(const Line& line) {
    const int place = static_cast<int>(scenario_.events.size()) + 1;
    if (line.words.front() == "raw") {
      const std::size_t begin = line.text.find_first_not_of(' ', 3);
      const std::string raw = begin == std::string::npos ? "" : line.text.substr(begin);
      scenario_.events.push_back({"line " + std::to_string(place), raw, line.number});
      return {};
    }
    const bool is_again = line.words.front() == "again";
    if (const auto cloud = cloud_lines_.find(line.words.back());
        is_again && line.words.size() == 2 && cloud != cloud_lines_.end()) {
      scenario_.events.push_back({cloud->first, cloud->second, line.number});
      return {};
    }
    const std::vector<std::string> behind_name(line.words.begin() + 1, line.words.end());
    if (!is_again && is_cloud_row(behind_name)) return read_cloud_row(line, behind_name);
    if (line.words.size() < (is_again ? 2U : 3U)) {
      return refuse(line, "is not 'NAME MODEL PROTOCOL COUNTS…', 'again NAME' or 'raw TEXT'");
    }
    EventFields fields;
    const std::string& name = line.words[is_again ? 1 : 0];
    std::size_t at = 3;
    if (is_again) {
      const auto before = fields_.find(name);
      if (before == fields_.end()) return refuse(line, "repeats an event that is not there");
      fields = before->second;
      at = 2;
    } else {
      fields.set_call(name, line.words[1], line.words[2]);
    }
    const auto wrong = fields.set(std::vector<std::string>(
        line.words.begin() + static_cast<std::ptrdiff_t>(at), line.words.end()));
    if (wrong.has_value()) return refuse(line, *wrong);
    scenario_.events.push_back({name, fields.to_line(), line.number});
    fields_.try_emplace(name, fields);
    return {};
  }

  Result<void> read_cloud_row(const Line& line, const std::vector<std::string>& words) {
    auto event = cloud_line(line.words.front(), words, zone_);
    if (!event.has_value()) return refuse(line, event.error().detail);
    scenario_.events.push_back({line.words.front(), *event, line.number});
    cloud_lines_.try_emplace(line.words.front(), std::move(*event));
    return {};
  }

  void finish_book() {
    if (!is_book_open_ && scenario_.shipped_book.empty()) return;
    if (!aliases_.empty()) book_yaml_ += "aliases:\n" + aliases_;
    if (!overrides_.empty()) book_yaml_ += "overrides:\n" + overrides_;
    if (!rules_.empty()) book_yaml_ += "models:\n" + rules_;
    pricebook::Sources sources;
    sources.book_yaml = book_yaml_;
    sources.models_csv = models_csv_;
    for (std::string& product : products_) {
      sources.products.emplace_back("product " + std::to_string(sources.products.size() + 1),
                                    std::move(product));
    }
    products_.clear();
    const bool has_something = !sources.book_yaml.empty();
    if (has_something) scenario_.versions.push_back(std::move(sources));
    book_yaml_.clear();
    models_csv_.clear();
    aliases_.clear();
    overrides_.clear();
    rules_.clear();
    is_book_open_ = false;
  }

  std::string text_up_to(int line_number) const {
    std::size_t at = 0;
    for (int i = 0; i < line_number; ++i) {
      const std::size_t end = text_.find('\n', at);
      if (end == std::string_view::npos) return std::string(text_) + '\n';
      at = end + 1;
    }
    return std::string(text_.substr(0, at));
  }

  std::string_view text_;
  Scenario scenario_;
  std::string section_;
  std::map<std::string, EventFields> fields_;
  bool is_book_open_ = false;
  std::string zone_ = "Asia/Shanghai";
  std::vector<std::string> products_;  // Their YAML texts.
  std::map<std::string, std::string> cloud_lines_;
  std::string book_yaml_;
  std::string models_csv_;
  std::string aliases_;
  std::string overrides_;
  std::string rules_;
};

}  // namespace

Result<Scenario> parse(std::string_view text, const std::string& file) {
  return Reader(text, file).run();
}

}  // namespace steelyard::scenario
