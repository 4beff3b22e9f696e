#include "steelyard/billing/price_parts.h"

#include <algorithm>

#include "steelyard/charge_model/fee.h"

namespace steelyard::billing {
namespace {

using money::Decimal;
using money::Rational;
using money::Rounding;
using rating::cloud::Attributes;
using rating::cloud::Line;
using rating::cloud::Row;
using rating::cloud::RowTable;

/// Lines of one owner: whole ones, then hours, then what is given back.
constexpr std::uint64_t hours_order = 1U << 28;
constexpr std::uint64_t refund_order = 1U << 29;

Result<Rational> number_of(const Attributes& attributes, const std::string& name,
                           const std::string& what) {
  const auto found = std::ranges::find(attributes, name, &Attributes::value_type::first);
  if (found == attributes.end()) {
    return failure(ErrorCode::missing_attribute,
                   "'" + name + "' is missing: " + what + " is bought by its number");
  }
  const auto value = Decimal::parse(found->second);
  if (!value.has_value() || value->is_negative()) {
    return failure(ErrorCode::invalid_quantity,
                   "'" + name + "' is '" + found->second + "', not a number from 0 on");
  }
  return Rational::of(*value);
}

Row named_row(const LineOwner& owner, RowTable& rows, std::uint64_t within) {
  Row row;
  row.item = *owner.item;
  row.item_index = rows.item_index(owner.name_index);
  row.order = (std::uint64_t{owner.index} << 32) | within;
  return row;
}

}  // namespace

Result<std::vector<PricePart>> price_parts(const pricebook::CloudPriceTable& table,
                                           const std::string& what, const Attributes& attributes,
                                           const std::vector<std::string>& numbers,
                                           std::int64_t second, base::Calendar& calendar) {
  STEELYARD_TRY(row, rating::cloud::price_row(table, what, attributes, second,
                                              calendar.minute_of_day(second)));
  Rational first = Rational::whole(1);
  Rational others = Rational::whole(1);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    STEELYARD_TRY(number, number_of(attributes, numbers[i], what));
    if (i == 0) {
      first = number;
    } else {
      others = others * number;
    }
  }
  const charge_model::Price price =
      row->price.value_or(charge_model::Price{{charge_model::Bracket{}}});
  STEELYARD_TRY(slices, charge_model::slices(table.kernel, price, Rational(), first));
  const auto row_number = static_cast<std::uint32_t>(row - table.rows.data());
  std::vector<PricePart> parts;
  for (const charge_model::Slice& slice : slices) {
    PricePart part;
    part.tier = table.kernel == charge_model::Kernel::per_unit
                    ? "-"
                    : rating::cloud::bracket_label(price, slice.bracket);
    part.quantity = slice.quantity * others;
    part.price = slice.price;
    part.per = slice.is_flat ? Decimal::whole(1) : table.per;
    part.order = std::min(row_number, 0x3fffU) << 12 |
                 std::min(slice.bracket * 2 + (slice.is_flat ? 0U : 1U), 0xfffU);
    parts.push_back(std::move(part));
  }
  return parts;
}

Rational cost_of(const std::vector<PricePart>& parts) {
  Rational cost;
  for (const PricePart& part : parts) {
    cost += part.quantity * Rational::of(part.price) / Rational::of(part.per);
  }
  return cost;
}

Result<Line> line_of(const LineOwner& owner, const PricePart& part, const Rational& times,
                     Multiple multiple, RowTable& rows) {
  constexpr std::int64_t hours_of_month = 720;
  const bool is_hours = multiple == Multiple::hours;
  const auto too_large = [&](const Error& error) {
    return failure(ErrorCode::invalid_quantity, *owner.item + ": " + error.detail);
  };
  const auto per = Decimal::mul_div(part.per, Decimal::whole(is_hours ? hours_of_month : 1),
                                    Decimal::whole(1), Rounding::half_away);
  if (!per.has_value()) return too_large(per.error());
  const auto quantity =
      money::Rational::product_to_decimal(part.quantity, times, Rounding::half_away);
  if (!quantity.has_value()) return too_large(quantity.error());
  const auto amount = Decimal::mul_div(part.price, *quantity, *per, Rounding::half_away);
  if (!amount.has_value()) return too_large(amount.error());
  Row row = named_row(owner, rows, part.order | (is_hours ? hours_order : 0));
  row.tier = part.tier;
  row.unit = *owner.unit;
  row.price = part.price;
  row.per = *per;
  return Line{&rows.of(std::move(row)), *quantity, *amount};
}

Line refund_line(const LineOwner& owner, Decimal amount, const std::string& currency,
                 RowTable& rows) {
  Row row = named_row(owner, rows, refund_order);
  row.tier = "refund";
  row.unit = currency;
  row.price = Decimal::whole(1);
  row.per = Decimal::whole(1);
  row.is_money = true;
  return Line{&rows.of(std::move(row)), -amount, -amount};
}

}  // namespace steelyard::billing
