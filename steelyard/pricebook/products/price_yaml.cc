#include "steelyard/pricebook/products/price_yaml.h"

#include <algorithm>

#include "steelyard/base/limits.h"

namespace steelyard::pricebook::products {
namespace {

using charge_model::Bracket;
using charge_model::Kernel;
using charge_model::Price;

/// The price behind a currency; none for a placeholder, or noted if it is no price.
std::optional<Bracket> read_amount(const ProductFile& file, const YAML::Node& node, Kernel kernel) {
  if (is_word(node, "placeholder")) return std::nullopt;
  Bracket bracket;
  if (!node.IsMap()) {
    const auto unit = read_decimal(file, node, Zero::allowed);
    if (!unit.has_value()) return std::nullopt;
    bracket.unit = *unit;
    return bracket;
  }
  const YamlMap map = file.open(node, "stair");
  if (kernel != Kernel::stairstep) {
    file.findings.error("wrong_kind", map.place(), "flat, base and unit are for kernel stairstep");
  }
  if (!map.has("flat") && !map.has("unit")) {
    file.findings.error("missing_key", map.place(), "the price has neither 'flat' nor 'unit'");
  }
  bracket.flat = read_decimal(file, map, "flat", Zero::allowed).value_or(money::Decimal{});
  bracket.base = read_decimal(file, map, "base", Zero::allowed).value_or(money::Decimal{});
  bracket.unit = read_decimal(file, map, "unit", Zero::allowed).value_or(money::Decimal{});
  return bracket;
}

/// What the currencies of a row or bracket say.
struct Amounts {
  bool has_any = false;
  std::optional<Bracket> of_book;
};

Amounts read_amounts(const ProductFile& file, const YamlMap& map, Kernel kernel) {
  Amounts amounts;
  for (const std::string& key : map.keys()) {
    if (!is_currency(key)) continue;
    amounts.has_any = true;
    const auto amount = read_amount(file, map.at(key), kernel);
    if (key == file.book.currency.code()) amounts.of_book = amount;
  }
  return amounts;
}

/// Notes a bound that does not rise, or that is missing before the end.
void check_bounds(const ProductFile& file, const YAML::Node& node, const Bracket& bracket,
                  const std::optional<Bracket>& before) {
  if (!before.has_value()) return;
  if (!before->up_to.has_value()) {
    file.error(node, "brackets_fall", "a bracket stands behind the one without 'upto'");
  } else if (bracket.up_to.has_value() && *bracket.up_to <= *before->up_to) {
    file.error(node, "brackets_fall",
               "'upto: " + bracket.up_to->to_text() + "' is not above the bracket before, " +
                   before->up_to->to_text());
  }
}

std::optional<Price> read_brackets(const ProductFile& file, const YamlMap& row, Kernel kernel) {
  Price price;
  std::size_t known = 0;
  const auto nodes = members(row, "brackets", limits::product_rows_max);
  std::optional<Bracket> before;
  for (const YAML::Node& each : nodes) {
    const YamlMap map = file.open(each, "bracket");
    const Amounts amounts = read_amounts(file, map, kernel);
    if (!amounts.has_any) {
      file.error(each, "missing_price",
                 "the bracket has no price; if it is not known: placeholder");
    }
    Bracket bracket = amounts.of_book.value_or(Bracket{});
    bracket.up_to = read_decimal(file, map, "upto", Zero::refused);
    check_bounds(file, each, bracket, before);
    before = bracket;
    known += amounts.of_book.has_value() ? 1 : 0;
    price.brackets.push_back(bracket);
  }
  if (nodes.empty()) row.error("brackets", "missing_price", "there are no brackets");
  if (known > 0 && known < nodes.size()) {
    row.error("brackets", "missing_price",
              "some brackets have a price in " + std::string(file.book.currency.code()) +
                  ", others have not");
  }
  if (known == 0 || known < nodes.size()) return std::nullopt;
  return price;
}

}  // namespace

std::optional<Price> read_row_price(const ProductFile& file, const YamlMap& row, Kernel kernel) {
  const bool has_brackets = row.has("brackets");
  const bool is_free = row.at("free").IsDefined() && is_word(row.at("free"), "true");
  const Amounts amounts = read_amounts(file, row, kernel);
  if (int{has_brackets} + int{is_free} + int{amounts.has_any} > 1) {
    file.findings.error("without_effect", row.place(),
                        "a row has a price, or brackets, or is free: not several of them");
  }
  if (has_brackets && kernel == Kernel::per_unit) {
    row.error("brackets", "wrong_kind", "brackets need a kernel: graduated, volume or stairstep");
  }
  if (is_free) return Price{{Bracket{}}};
  if (has_brackets) return read_brackets(file, row, kernel);
  if (!amounts.has_any) {
    file.findings.error("missing_price", row.place(),
                        "there is no price here; if it is not known: " +
                            std::string(file.book.currency.code()) + ": placeholder");
  }
  if (!amounts.of_book.has_value()) return std::nullopt;
  return Price{{*amounts.of_book}};
}

std::optional<Price> read_fill_price(const ProductFile& file, const YamlMap& fill) {
  if (fill.has("price") == fill.has("brackets")) {
    fill.error("price", "missing_price", "a fill has either 'price' or 'brackets'");
    return std::nullopt;
  }
  if (fill.has("brackets")) return read_brackets(file, fill, Kernel::stairstep);
  const auto amount = read_amount(file, fill.at("price"), Kernel::stairstep);
  if (amount.has_value()) return Price{{*amount}};
  if (is_word(fill.at("price"), "placeholder")) {
    fill.error("price", "missing_price", "a fill says the price that the product file does not");
  }
  return std::nullopt;
}

}  // namespace steelyard::pricebook::products
