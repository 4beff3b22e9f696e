#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/base/limits.h"
#include "steelyard/base/zone_rules.h"
#include "steelyard/core/command.h"
#include "steelyard/json/document.h"
#include "steelyard/ledger/name_index.h"

namespace steelyard::core {

/// Takes the members of one object, one after the other, and keeps the first error.
class CommandReader {
  using Node = json::Node;
  using Type = json::Type;
  using Decimal = money::Decimal;

 public:
  CommandReader(const json::Document& document, const json::Object& object)
      : document_(&document), object_(object) {}

  void text(std::string_view name, std::string& to, bool is_needed = true) {
    const Node* const node = take(name, is_needed);
    if (node == nullptr) return;
    const std::string_view value =
        node->type == Type::string ? document_->text(*node) : std::string_view();
    if (value.empty() || value.size() > ledger::NameIndex::bytes_max) {
      return refuse(name, *node,
                    "a text of 1 to " + std::to_string(ledger::NameIndex::bytes_max) + " bytes");
    }
    to = value;
  }

  void long_text(std::string_view name, std::string& to) {
    const Node* const node = take(name, true);
    if (node == nullptr) return;
    if (node->type != Type::string) return refuse(name, *node, "a text");
    to = document_->text(*node);
  }

  /// A JSON number or a decimal string, read exactly.
  void amount(std::string_view name, Decimal& to, bool is_needed = true) {
    const Node* const node = take(name, is_needed);
    if (node == nullptr) return;
    if (node->type == Type::string || node->type == Type::number) {
      const auto value = Decimal::parse(document_->text(*node));
      if (value.has_value() && !value->is_negative()) {
        to = *value;
        return;
      }
    }
    refuse(name, *node, "a decimal number of at most 12 digits after the point, not negative");
  }

  void signed_amount(std::string_view name, Decimal& to) {
    const Node* const node = take(name, true);
    if (node == nullptr) return;
    const auto value = node->type == Type::string ? Decimal::parse(document_->text(*node))
                                                  : Result<Decimal>(Decimal());
    if (node->type != Type::string || !value.has_value()) {
      return refuse(name, *node, "a decimal number of at most 12 digits after the point");
    }
    to = *value;
  }

  void amount(std::string_view name, std::optional<Decimal>& to) {
    if (!has(name)) return;
    amount(name, to.emplace());
  }

  template <class Number>
  void whole(std::string_view name, Number& to, std::uint64_t min, std::uint64_t max,
             bool is_needed = false) {
    const Node* const node = take(name, is_needed);
    if (node == nullptr) return;
    if (node->type != Type::number || !node->is_whole || node->whole < min || node->whole > max) {
      return refuse(name, *node,
                    "a whole number from " + std::to_string(min) + " to " + std::to_string(max));
    }
    to = static_cast<Number>(node->whole);
  }

  void flag(std::string_view name, bool& to) {
    const Node* const node = take(name, false);
    if (node == nullptr) return;
    if (node->type != Type::boolean) return refuse(name, *node, "true or false");
    to = node->whole == 1;
  }

  void time(std::string_view name, base::Instant& to, bool is_needed = true) {
    const Node* const node = take(name, is_needed);
    if (node == nullptr) return;
    if (node->type != Type::string || !base::parse_rfc3339(document_->text(*node), to)) {
      refuse(name, *node, "a time like 2026-11-22T08:00:03Z");
    }
  }

  void time(std::string_view name, std::optional<base::Instant>& to) {
    if (!has(name)) return;
    time(name, to.emplace());
  }

  void call(std::string_view name, std::optional<PlannedCall>& to) {
    if (!has(name)) return;
    const Node* const node = take(name, true);
    if (node->type != Type::object) return refuse(name, *node, "an object");
    CommandReader inner(*document_, json::Object(*document_, *node));
    PlannedCall& call = to.emplace();
    inner.text("model", call.model);
    inner.whole("input", call.tokens.input, 0, limits::count_max);
    inner.whole("cached_input", call.tokens.cached_input, 0, limits::count_max);
    inner.whole("output", call.tokens.output, 0, limits::count_max);
    inner.flag("thinking", call.thinking);
    if (const auto read = inner.finish(); !read.has_value()) fail_in(name, read.error());
  }

  /// One of several words: the names of `choices`.
  template <class Choice>
  void choice(std::string_view name, Choice& to, std::initializer_list<Choice> choices,
              const std::string& expected, bool is_needed) {
    const Node* const node = take(name, is_needed);
    if (node == nullptr) return;
    for (const Choice each : choices) {
      if (node->type == Type::string && document_->text(*node) == name_of(each)) {
        to = each;
        return;
      }
    }
    refuse(name, *node, expected);
  }

  /// A text that may be left out, and may be empty.
  void note(std::string_view name, std::string& to, std::size_t bytes_max = 1'000) {
    if (!has(name)) return;
    long_text(name, to);
    if (to.size() <= bytes_max || error_.has_value()) return;
    refuse(name, *object_.find(json::word(name)),
           "a text of at most " + std::to_string(bytes_max) + " bytes");
  }

  void percent(std::string_view name, Decimal& to) {
    amount(name, to, false);
    if (to <= Decimal::whole(100) || error_.has_value()) return;
    refuse(name, *object_.find(json::word(name)), "a percentage of 0 to 100");
  }

  /// Letters, digits and - _ . / : what stands in numbers of documents and in paths.
  void plain_text(std::string_view name, std::string& to, bool is_needed) {
    text(name, to, is_needed);
    const bool is_plain = std::ranges::all_of(to, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             std::string_view("-_./").contains(c);
    });
    if (!is_plain) fail("/" + std::string(name) + ": has more than letters, digits and - _ . /");
  }

  void document(std::string_view name, std::string& to, std::size_t bytes_max) {
    long_text(name, to);
    if (to.size() <= bytes_max || error_.has_value()) return;
    refuse(name, *object_.find(json::word(name)),
           "a text of at most " + std::to_string(bytes_max) + " bytes");
  }

  void period(std::string_view name, ledger::Period& to) {
    using enum ledger::Period;
    choice(name, to, {day, month, total}, "day, month or total", false);
  }

  void quota_class(std::string_view name, ledger::QuotaClass& to) {
    using enum ledger::QuotaClass;
    choice(name, to, {free, package}, "free or package", true);
  }

  void kinds(std::string_view name, ledger::TokenKinds& to) {
    const Node* const node = take(name, false);
    if (node == nullptr) return;
    to = {.input = false, .cached_input = false, .output = false};
    bool is_good = node->type == Type::array;
    if (is_good) {
      json::Object(*document_, *node).each([&](const Node& each) {
        const std::string_view kind =
            each.type == Type::string ? document_->text(each) : std::string_view();
        if (kind == "input") return void(to.input = true);
        if (kind == "cached_input") return void(to.cached_input = true);
        if (kind == "output") return void(to.output = true);
        is_good = false;
      });
    }
    if (!is_good) refuse(name, *node, "a list of input, cached_input and output");
  }

  void percents(std::string_view name, std::vector<std::uint16_t>& to) {
    const Node* const node = take(name, false);
    if (node == nullptr) return;
    bool is_good = node->type == Type::array;
    if (is_good) {
      json::Object(*document_, *node).each([&](const Node& each) {
        is_good = is_good && each.type == Type::number && each.is_whole && each.whole > 0 &&
                  each.whole <= ledger::threshold_percent_max &&
                  to.size() < static_cast<std::size_t>(ledger::thresholds_max);
        if (is_good) to.push_back(static_cast<std::uint16_t>(each.whole));
      });
    }
    if (!is_good) {
      refuse(name, *node,
             "a list of at most " + std::to_string(ledger::thresholds_max) +
                 " whole numbers of percent, 1 to " +
                 std::to_string(ledger::threshold_percent_max));
    }
  }

  void texts(std::string_view name, std::vector<std::string>& to) {
    const Node* const node = take(name, true);
    if (node == nullptr) return;
    bool is_good = node->type == Type::array;
    if (is_good) {
      json::Object(*document_, *node).each([&](const Node& each) {
        is_good = is_good && each.type == Type::string;
        if (is_good) to.emplace_back(document_->text(each));
      });
    }
    if (!is_good) refuse(name, *node, "a list of texts");
  }

  void files(std::string_view name, pricebook::Files& to) {
    const Node* const node = take(name, true);
    if (node == nullptr) return;
    bool is_good = node->type == Type::object;
    if (is_good) {
      json::Object(*document_, *node).each([&](const Node& each) {
        is_good = is_good && each.type == Type::string;
        if (is_good) to.emplace(document_->name(each), document_->text(each));
      });
    }
    if (!is_good || to.empty()) refuse(name, *node, "an object of texts by path");
  }

  void zone_rules(std::string_view name, const std::string& zone, base::SharedZoneRules& to,
                  bool is_needed) {
    const Node* const node = take(name, is_needed);
    if (node == nullptr) return;
    if (node->type != Type::string) return refuse(name, *node, "a text");
    auto rules = base::parse_zone_rules(zone, document_->text(*node));
    if (!rules.has_value()) return fail_in(name, {rules.error().code, ": " + rules.error().detail});
    to = *std::move(rules);
  }

  /// An object of such texts by zone.
  void zone_rules(std::string_view name, std::vector<base::SharedZoneRules>& to) {
    if (!has(name)) return;
    pricebook::Files texts;
    files(name, texts);
    for (const auto& [zone, text] : texts) {
      auto rules = base::parse_zone_rules(zone, text);
      if (!rules.has_value()) {
        return fail_in(name, {rules.error().code, '/' + zone + ": " + rules.error().detail});
      }
      to.push_back(*std::move(rules));
    }
  }

  /// An object as it stands there.
  void object(std::string_view name, std::string& to, std::size_t bytes_max) {
    const Node* const node = take(name, true);
    if (node == nullptr) return;
    if (node->type != Type::object) return refuse(name, *node, "an object");
    to = document_->text(*node);
    if (to.size() <= bytes_max) return;
    refuse(name, *node, "an object of at most " + std::to_string(bytes_max) + " bytes");
  }

  bool has(std::string_view name) {
    const Node* const node = object_.find(json::word(name));
    return node != nullptr && node->type != Type::null;
  }

  /// Of what stands in a member.
  void fail_in(std::string_view name, const Error& error) {
    if (!error_.has_value()) error_ = Error{error.code, '/' + std::string(name) + error.detail};
  }

  void fail(std::string detail) {
    if (!error_.has_value()) error_ = Error{ErrorCode::invalid_field, std::move(detail)};
  }

  bool is_good() const { return !error_.has_value(); }

  /// One of them excludes the other.
  void none_of(std::string_view name, std::string_view other) {
    if (!has(name) || error_.has_value()) return;
    error_ = Error{ErrorCode::invalid_field,
                   "/" + std::string(name) + ": stands beside /" + std::string(other)};
  }

  Result<void> finish() {
    if (!error_.has_value()) {
      object_.each([&](const Node& member) {
        if (error_.has_value() || std::ranges::find(known_, member.word) != known_.end()) return;
        error_ = Error{ErrorCode::invalid_field, "/" + std::string(document_->name(member)) +
                                                     ": is no member of this command"};
      });
    }
    if (error_.has_value()) return std::unexpected(std::move(*error_));
    return {};
  }

 private:
  const Node* take(std::string_view name, bool is_needed) {
    known_.push_back(json::word(name));
    const Node* const node = object_.find(json::word(name));
    if (node != nullptr && node->type != Type::null) return node;
    if (is_needed && !error_.has_value()) {
      error_ = Error{ErrorCode::missing_field, "/" + std::string(name) + " is missing"};
    }
    return nullptr;
  }

  void refuse(std::string_view name, const Node& node, const std::string& expected) {
    if (error_.has_value()) return;
    constexpr std::size_t shown_bytes = 64;
    std::string shown(document_->text(node).substr(0, shown_bytes));
    error_ = Error{ErrorCode::invalid_field,
                   "/" + std::string(name) + ": '" + shown + "' is not " + expected};
  }

  const json::Document* document_;
  json::Object object_;
  std::vector<std::uint64_t> known_{json::word("command")};
  std::optional<Error> error_;
};

// Of a command, the members beside `command` and `by`.
void read(CommandReader& from, SetSeller& to);
void read(CommandReader& from, SetBuyer& to);
void read(CommandReader& from, FreezeInvoice& to);
void read(CommandReader& from, ImportInvoice& to);

}  // namespace steelyard::core
