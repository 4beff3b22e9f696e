#include "steelyard/report/receipt.h"

#include <algorithm>

#include "steelyard/pricebook/dates.h"
#include "steelyard/report/text_table.h"

namespace steelyard::report {
namespace {

using json::Node;
using json::Type;
using json::word;
using rating::Charge;
using usage::TokenCounts;
using usage::UsageEvent;

std::string text_of(std::uint64_t count) { return grouped(std::to_string(count)); }

/// `data` of the event, or an empty object.
json::Object data_of(const batch::FoundEvent& found) {
  if (found.document == nullptr || found.document->root().type != Type::object) return {};
  const Node* const data = json::Object(*found.document, found.document->root()).find(word("data"));
  return data == nullptr || data->type != Type::object ? json::Object{}
                                                       : json::Object(*found.document, *data);
}

std::string string_in(const json::Object& object, std::uint64_t name) {
  const Node* const node = object.find(name);
  if (node == nullptr || node->type != Type::string) return {};
  return std::string(object.document().text(*node));
}

/// The values of a usage or of meters, however deep they stand, in the order of the text.
void add_values(const json::Object& object, const std::string& path,
                std::vector<Receipt::Count>& counts) {
  constexpr std::size_t shown_max = 60;
  std::size_t index = 0;
  object.each([&](const Node& member) {
    std::string name(object.document().name(member));
    if (name.empty()) name = std::to_string(index);  // An element of a list.
    ++index;
    if (!path.empty()) name.insert(0, path + '.');
    if (member.type == Type::object || member.type == Type::array) {
      add_values(json::Object(object.document(), member), name, counts);
    } else if (member.type != Type::null && counts.size() < shown_max) {
      const bool is_true = member.type == Type::boolean && member.whole == 1;
      counts.push_back({std::move(name), member.type == Type::boolean
                                             ? (is_true ? "true" : "false")
                                             : std::string(object.document().text(member))});
    }
  });
}

std::vector<Receipt::TokenClass> classes_of(const TokenCounts& tokens,
                                            const usage::formats::Format& format) {
  const usage::formats::CountNames& names = format.names;
  const auto how = [](std::string_view name) {
    return name.empty() ? std::string("this protocol reports none") : std::string(name);
  };
  std::string input(names.input);
  if (!names.input_includes_cache) {
    input += ", beside what is cached or written";
  } else if (!names.cached.empty()) {
    input += ' ' + text_of(tokens.total_input()) + " − cached " + text_of(tokens.cached_input) +
             " − written " + text_of(tokens.written_input);
  }
  return {{"input", tokens.input, std::move(input)},
          {"cached input", tokens.cached_input, how(names.cached)},
          {"written input", tokens.written_input, how(names.written)},
          {"total input", tokens.total_input(), "input + cached + written: chooses the tier"},
          {"output", tokens.output, how(names.output)},
          {"reasoning", tokens.reasoning,
           names.reasoning.empty()        ? how(names.reasoning)
           : tokens.reasoning.has_value() ? how(names.reasoning) + ", a part of the output"
                                          : how(names.reasoning) + " is not reported"}};
}

std::string mode_of(const usage::ModelCall& call) {
  if (call.tokens.reasoning.has_value()) {
    const std::string count =
        "the usage reports " + text_of(*call.tokens.reasoning) + " reasoning tokens";
    if (*call.tokens.reasoning > 0) return "thinking: " + count;
    return "plain: " + count + (call.thinking.value_or(false) ? ", which outranks the flag" : "");
  }
  constexpr const char* none = "the usage reports no reasoning count, and ";
  if (!call.thinking.has_value()) return std::string("plain: ") + none + "no flag says thinking";
  return *call.thinking ? std::string("thinking: ") + none + "the flag thinking is true"
                        : std::string("plain: ") + none + "the flag thinking is false";
}

std::string in_force(const pricebook::PriceBook& book, const pricebook::ModelPrice& price) {
  const auto from = std::max(book.validity.from, price.validity.from);  // None comes first.
  std::optional<base::Instant> to = book.validity.to;
  if (price.validity.to && (!to || *price.validity.to < *to)) to = price.validity.to;
  if (!from && !to) return "always";
  std::string text;
  if (from) text = "since " + pricebook::date_text(from, book.time_zone);
  if (to) {
    text += std::string(from ? ", " : "") + "until " + pricebook::date_text(to, book.time_zone);
  }
  return text;
}

Receipt::PricedLine priced(const rating::Line& line, const pricebook::PriceBook& book,
                           base::Instant at) {
  Receipt::PricedLine priced{&line, nullptr, {}};
  const rating::PriceRow& row = *line.row;
  const std::string_view item = std::string_view(row.item).substr(row.model.size() + 1);
  for (const pricebook::ModelPrice& price : book.prices) {
    if (price.model != row.model || name_of(price.item) != item || !(price.tier == row.tier) ||
        !price.validity.contains(at)) {
      continue;
    }
    priced.price = &price;
    priced.in_force = in_force(book, price);
    break;
  }
  return priced;
}

std::vector<std::string> notes_of(const UsageEvent& event, const Charge& charge,
                                  const std::string& model) {
  std::vector<std::string> notes;
  const TokenCounts& tokens = event.call.tokens;
  if (charge.has(rating::Note::thinking_price_absent)) {
    notes.push_back("thinking_price_absent: " + model +
                    " has no thinking prices; the thinking call is billed at its plain ones.");
  }
  if (charge.has(rating::Note::cache_price_absent)) {
    notes.push_back("cache_price_absent: " + model + " has no price for cached input; the " +
                    text_of(tokens.cached_input) + " cached tokens are billed with the input.");
  }
  const bool has_only_thinking = !rating::is_thinking(event.call) &&
                                 std::ranges::any_of(charge.used_lines(), [](const auto& line) {
                                   return line.row->item.ends_with("/output_thinking") ||
                                          line.row->item.ends_with("/input_thinking");
                                 });
  if (has_only_thinking) {
    notes.push_back(model + " has only thinking prices: they are taken whatever the mode.");
  }
  if (tokens.written_input > 0) {
    notes.push_back("The " + text_of(tokens.written_input) +
                    " tokens written to the cache are billed as input.");
  }
  if (event.call.is_failed_without_usage) {
    notes.push_back("The call failed and reports no usage: it costs nothing.");
  }
  return notes;
}

void add_what_if(const rating::Rater& rater, const UsageEvent& event, const Charge& charge,
                 std::string change, Receipt& receipt) {
  WhatIf what_if{std::move(change), event.call.tokens.total_input(), rater.rate(event), {}};
  if (what_if.charge.is_rated) what_if.difference = what_if.charge.amount - charge.amount;
  receipt.what_ifs.push_back(std::move(what_if));
}

/// What the neighbours of the tier edges cost, and the list price of a customer.
void add_what_ifs(const rating::Rater& rater, const UsageEvent& event, const Charge& charge,
                  Receipt& receipt) {
  const pricebook::TierRange& tier = *receipt.tier;
  const TokenCounts& tokens = event.call.tokens;
  const std::uint64_t above_edge = tokens.total_input() - tier.above;
  if (tier.above > 0 && tokens.input >= above_edge) {
    UsageEvent below = event;
    below.call.tokens.input -= above_edge;
    add_what_if(rater, below, charge,
                "with " + text_of(tier.above) + " input tokens, the most of the tier below",
                receipt);
  }
  if (tier.up_to == tokens.total_input()) {
    UsageEvent above = event;
    above.call.tokens.input += 1;
    add_what_if(rater, above, charge, "with one input token more, past the edge of the tier",
                receipt);
  }
  const bool has_own_price = std::ranges::any_of(charge.used_lines(), [](const auto& line) {
    return line.row->price != line.row->list_price;
  });
  if (has_own_price) {
    UsageEvent anyone = event;
    anyone.account = {};
    add_what_if(rater, anyone, charge, "at list prices", receipt);
  }
}

const pricebook::PriceBook* version_at(const pricebook::PriceBookSeries& book, base::Instant at) {
  const auto version = std::ranges::find_if(
      book.versions, [&](const auto& each) { return each.validity.contains(at); });
  return version == book.versions.end() ? nullptr : &*version;
}

void add_charge(const rating::Rater& rater, const UsageEvent& event, const Charge& charge,
                Receipt& receipt) {
  const auto& versions = rater.book().versions;
  receipt.version = version_at(rater.book(), event.priced_at);
  receipt.model = event.call.model;
  if (charge.line_count > 0) {
    const rating::PriceRow& row = *charge.lines[0].row;
    receipt.version = &versions[row.version];
    receipt.model = row.model;
    receipt.tier = &row.tier;
    receipt.tier_reason = tier_reason(row.tier, event.call.tokens.total_input());
    for (const rating::Line& line : charge.used_lines()) {
      receipt.lines.push_back(priced(line, *receipt.version, event.priced_at));
    }
    add_what_ifs(rater, event, charge, receipt);
  }
  receipt.notes = notes_of(event, charge, receipt.model);
}

}  // namespace

std::string tier_reason(const pricebook::TierRange& tier, std::uint64_t total_input) {
  std::string text = text_of(total_input) + " input tokens: ";
  if (tier.above == 0 && !tier.up_to) return text + "the one tier, for any number";
  if (total_input == 0) return text + "the first tier";
  text += "more than " + text_of(tier.above);
  if (!tier.up_to) return text + ", without an upper bound";
  if (total_input <= *tier.up_to) return text + ", at most " + text_of(*tier.up_to);
  return text + "; above " + text_of(*tier.up_to) + " the book goes on with its top tier";
}

Receipt make_receipt(const rating::Rater& rater, const batch::FoundEvent& found) {
  Receipt receipt;
  receipt.found = &found;
  const json::Object data = data_of(found);
  receipt.protocol = string_in(data, word("protocol"));
  receipt.started = string_in(data, word("started"));
  for (const std::uint64_t name :
       {word("usage"), word("meters"), word("attributes"), word("config")}) {
    const Node* const node = data.find(name);
    if (node == nullptr || (node->type != Type::object && node->type != Type::array)) continue;
    add_values(json::Object(data.document(), *node), {}, receipt.reported);
  }
  const batch::Record& record = *found.record;
  if (record.status == batch::Status::rejected ||
      found.event->type != usage::EventType::model_call) {
    if (record.status == batch::Status::rated) {
      receipt.version = version_at(rater.book(), found.event->priced_at);
    }
    return receipt;
  }
  const UsageEvent& event = *found.event;
  const usage::formats::Format* const format = usage::formats::find(receipt.protocol);
  if (format != nullptr && !event.call.is_failed_without_usage) {
    receipt.classes = classes_of(event.call.tokens, *format);
    receipt.mode = mode_of(event.call);
  }
  if (record.charge.is_rated) add_charge(rater, event, record.charge, receipt);
  return receipt;
}

}  // namespace steelyard::report
