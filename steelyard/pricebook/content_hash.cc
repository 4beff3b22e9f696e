#include "steelyard/pricebook/content_hash.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <vector>

#include "steelyard/base/check.h"

namespace steelyard::pricebook {
namespace {

/// Fields joined so that no two lists of fields give the same text.
std::string line_of(std::initializer_list<std::string> fields) {
  std::string line;
  for (const std::string& field : fields) {
    line += std::to_string(field.size()) + ':' + field + ';';
  }
  return line + '\n';
}

std::string text_of(const std::optional<base::Instant>& at) {
  return at ? base::to_rfc3339(*at) : "-";
}

std::string text_of(const ModelRules& rules) {
  return std::to_string(static_cast<int>(rules.above_top_tier)) + '/' +
         std::to_string(static_cast<int>(rules.thinking_without_price));
}

std::string text_of(const Override& terms) {
  if (const auto* contract = std::get_if<Override::ContractPrice>(&terms.terms)) {
    return "price " + contract->price.to_text();
  }
  return "multiplier " + std::get<Override::Multiplier>(terms.terms).factor.to_text();
}

std::string text_of(const PlaceholderPrice& each) {
  std::string text =
      line_of({"fill", each.item, text_of(each.validity.from), text_of(each.validity.to)});
  for (const metering::Condition& condition : each.where) {
    text += line_of({condition.attribute, condition.is_negated ? "not" : "is"});
    for (const std::string& value : condition.values) text += line_of({value});
  }
  for (const charge_model::Bracket& bracket : each.price.brackets) {
    text += line_of({bracket.up_to ? bracket.up_to->to_text() : "-", bracket.unit.to_text(),
                     bracket.flat.to_text(), bracket.base.to_text()});
  }
  return text;
}

/// In the order of the file: of rows that fit, the first one counts.
std::string text_of(const Product& product) {
  std::string text = line_of({"product", product.id});
  for (const ContentLine& line : product.content) {
    for (const std::string& name : line.path) text += line_of({name});
    text += line_of({"is", line.value});
  }
  return text;
}

std::vector<std::string> lines_of(const PriceBook& book) {
  std::vector<std::string> lines;
  for (const ModelPrice& each : book.prices) {
    lines.push_back(
        line_of({"price", each.model, each.tier.label, std::string(name_of(each.item)),
                 each.price.to_text(), text_of(each.validity.from), text_of(each.validity.to)}));
  }
  for (const Alias& each : book.aliases) {
    lines.push_back(line_of(
        {"alias", each.name, each.model, text_of(each.validity.from), text_of(each.validity.to)}));
  }
  for (const Override& each : book.overrides) {
    lines.push_back(
        line_of({"override", each.account, each.model.value_or("*"),
                 each.item ? std::string(name_of(*each.item)) : "*", each.tier.value_or("*"),
                 text_of(each), text_of(each.validity.from), text_of(each.validity.to)}));
  }
  for (const auto& [model, rules] : book.rules) {
    lines.push_back(line_of({"rules", model, text_of(rules)}));
  }
  for (const Product& each : book.products) lines.push_back(text_of(each));
  for (const PlaceholderPrice& each : book.placeholder_prices) lines.push_back(text_of(each));
  std::ranges::sort(lines);
  return lines;
}

/// In hex.
std::string sha256(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  STEELYARD_CHECK(
      EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1);
  constexpr std::string_view hex = "0123456789abcdef";
  std::string result;
  for (unsigned i = 0; i < size; ++i) {
    result += hex[digest[i] >> 4];
    result += hex[digest[i] & 15];
  }
  return result;
}

}  // namespace

std::string content_hash(const PriceBook& book) {
  std::string text = line_of(
      {"steelyard price book 1", book.name, book.version, std::string(book.currency.code()),
       book.time_zone, std::to_string(book.k), std::to_string(static_cast<int>(book.upper_bound)),
       std::to_string(book.per), text_of(book.validity.from), text_of(book.validity.to),
       text_of(book.default_rules)});
  for (const std::string& line : lines_of(book)) text += line;

  return sha256(text);
}

std::string content_hash(const PriceBookSeries& series) {
  if (series.versions.size() == 1) return series.versions.front().content_hash;
  std::string text;
  for (const PriceBook& version : series.versions) text += version.content_hash + '\n';
  return sha256(text);
}

}  // namespace steelyard::pricebook
