#include "steelyard/pricebook/book_yaml.h"

#include <charconv>

#include "steelyard/base/limits.h"
#include "steelyard/pricebook/dates.h"
#include "steelyard/pricebook/products/fill.h"
#include "steelyard/pricebook/yaml.h"

namespace steelyard::pricebook {
namespace {

constexpr const char* file_name = "book.yaml";

/// effective_from and effective_to of any mapping.
Validity validity_of(const YamlMap& map, const PriceBook& book) {
  const auto validity = parse_validity(map.text("effective_from").value_or(""),
                                       map.text("effective_to").value_or(""), book);
  if (validity.has_value()) return *validity;
  const bool is_empty = validity.error().code == ErrorCode::price_book_is_invalid;
  map.error(map.text("effective_to") ? "effective_to" : "effective_from",
            is_empty ? "empty_validity" : "malformed_date", validity.error().detail);
  return {};
}

void read_count(const YamlMap& map, std::string_view key, std::uint64_t& count) {
  const auto text = map.text(key);
  if (!text.has_value()) return;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size() || value == 0 ||
      value > 1'000'000'000) {
    map.error(key, "malformed_number",
              "'" + std::string(key) + ": " + *text + "' is not a whole number from 1 to 10^9");
    return;
  }
  count = value;
}

std::optional<money::Decimal> decimal_of(const YamlMap& map, std::string_view key, bool may_be_zero,
                                         std::int64_t largest) {
  const auto text = map.text(key);
  if (!text.has_value()) return std::nullopt;
  const auto value = money::Decimal::parse(*text);
  if (!value.has_value() || value->is_negative() || (value->is_zero() && !may_be_zero) ||
      *value > money::Decimal::whole(largest)) {
    map.error(key, "malformed_number",
              "'" + std::string(key) + ": " + *text + "' is not a decimal number " +
                  (may_be_zero ? "from 0 to " : "above 0, up to ") + std::to_string(largest));
    return std::nullopt;
  }
  return *value;
}

void read_rules(const YamlMap& map, ModelRules& rules) {
  using enum ModelRules::AboveTopTier;
  using enum ModelRules::ThinkingWithoutPrice;
  if (const auto word = map.one_of("above_top_tier", {"reject", "use_top_tier"})) {
    rules.above_top_tier = *word == 0 ? reject : use_top_tier;
  }
  if (const auto word = map.one_of("thinking_without_price", {"bill_plain", "not_ratable"})) {
    rules.thinking_without_price = *word == 0 ? bill_plain : not_ratable;
  }
}

void read_currency(const YamlMap& map, PriceBook& book) {
  const std::string code = map.needed("currency");
  if (code.empty()) return;
  const bool is_code =
      code.size() == 3 && code.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos;
  if (is_code) {
    book.currency = money::Currency(code);
  } else {
    map.error("currency", "malformed_currency",
              "'" + code + "' is not three capital letters such as CNY");
  }
}

void read_model_rules(const YamlMap& map, PriceBook& book, Findings& findings) {
  if (const YAML::Node defaults = map.map("defaults"); defaults.IsDefined() && defaults.IsMap()) {
    read_rules(YamlMap(defaults, file_name, {"above_top_tier", "thinking_without_price"}, findings),
               book.default_rules);
  }
  const YAML::Node models = map.map("models");
  if (!models.IsDefined() || !models.IsMap()) return;
  for (const auto& entry : models) {
    ModelRules rules = book.default_rules;
    read_rules(
        YamlMap(entry.second, file_name, {"above_top_tier", "thinking_without_price"}, findings),
        rules);
    if (entry.first.IsScalar()) book.rules[entry.first.Scalar()] = rules;
  }
}

void read_alias(const YamlMap& map, PriceBook& book) {
  book.aliases.push_back(
      {map.needed("alias"), map.needed("model"), validity_of(map, book), map.place()});
}

void read_override(const YamlMap& map, PriceBook& book) {
  Override terms;
  terms.account = map.needed("account");
  terms.model = map.text("model");
  terms.tier = map.text("tier");
  if (const auto type = map.text("type")) {
    terms.item = token_item(*type);
    if (!terms.item.has_value()) {
      map.error("type", "unknown_word", "type '" + *type + "' is no token item such as output");
    }
  }
  const auto multiplier = decimal_of(map, "multiplier", false, 1'000);
  const auto price = decimal_of(map, "price", true, limits::token_price_max);
  if (map.text("multiplier").has_value() == map.text("price").has_value()) {
    map.error("account", "missing_key", "an override has either a multiplier or a price");
  }
  if (price.has_value() && !terms.item.has_value()) {
    map.error("price", "missing_key",
              "a contract price needs a model and a type: a multiplier can be for all");
  }
  if (multiplier.has_value()) terms.terms = Override::Multiplier{*multiplier};
  if (price.has_value()) terms.terms = Override::ContractPrice{*price};
  terms.validity = validity_of(map, book);
  terms.place = map.place();
  if (multiplier.has_value() || price.has_value()) book.overrides.push_back(std::move(terms));
}

}  // namespace

void read_book_yaml(std::string_view text, const base::ZoneBook& zones, PriceBook& book,
                    Findings& findings) {
  const auto document = read_yaml(text, file_name, findings);
  if (!document.has_value()) return;
  const YamlMap map(*document, file_name,
                    {"name", "version", "title", "currency", "time_zone", "k", "upper_bound", "per",
                     "effective_from", "effective_to", "defaults", "models", "aliases", "overrides",
                     "placeholders"},
                    findings);
  book.name = map.needed("name");
  book.version = map.text("version").value_or("");
  book.title = map.text("title").value_or("");
  read_currency(map, book);
  book.time_zone = map.text("time_zone").value_or("UTC");
  if (zones.lacks(book.time_zone) && !base::is_time_zone(book.time_zone)) {
    map.error("time_zone", "unknown_word",
              "'" + book.time_zone + "' is no time zone such as Asia/Shanghai");
    book.time_zone = "UTC";
  }
  book.zone_rules = zones.known(book.time_zone);
  read_count(map, "k", book.k);
  read_count(map, "per", book.per);
  if (const auto word = map.one_of("upper_bound", {"inclusive", "exclusive"})) {
    book.upper_bound = *word == 0 ? UpperBound::inclusive : UpperBound::exclusive;
  }
  book.validity = validity_of(map, book);
  read_model_rules(map, book, findings);
  if (const YAML::Node list = map.list("aliases"); list.IsDefined() && list.IsSequence()) {
    for (const YAML::Node& each : list) {
      read_alias(
          YamlMap(each, file_name, {"alias", "model", "effective_from", "effective_to"}, findings),
          book);
    }
  }
  if (const YAML::Node list = map.list("overrides"); list.IsDefined() && list.IsSequence()) {
    for (const YAML::Node& each : list) {
      read_override(YamlMap(each, file_name,
                            {"account", "model", "type", "tier", "multiplier", "price",
                             "effective_from", "effective_to"},
                            findings),
                    book);
    }
  }
  if (const YAML::Node list = map.list("placeholders"); list.IsDefined() && list.IsSequence()) {
    for (const YAML::Node& each : list) products::read_fill(each, file_name, book, findings);
  }
}

}  // namespace steelyard::pricebook
