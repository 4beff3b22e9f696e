#include "steelyard/rating/cloud/row_table.h"

namespace steelyard::rating::cloud {
namespace {

/// Behind all rows of prices: what plans cover, then what money rules do.
constexpr std::uint64_t plan_order = 1U << 30;
constexpr std::uint64_t money_order = 1U << 31;

std::uint64_t order_of(const PreparedItem& item, std::uint64_t within) {
  return (std::uint64_t{item.index} << 32) | within;
}

}  // namespace

std::string bracket_label(const charge_model::Price& price, std::uint32_t bracket) {
  if (price.brackets.size() == 1 && !price.brackets.front().up_to.has_value()) return "-";
  const std::string low = bracket == 0 ? "0" : price.brackets[bracket - 1].up_to->to_text();
  const auto& up_to = price.brackets[bracket].up_to;
  return up_to.has_value() ? low + '-' + up_to->to_text() : low + '+';
}

const Row& RowTable::of(Row row) {
  const auto [found, is_new] =
      numbers_.try_emplace(Key{row.item_index, row.tier, row.unit, row.price, row.per}, nullptr);
  if (is_new) {
    row.number = static_cast<std::uint32_t>(rows_.size());
    if (!row.price.is_zero()) {
      row.rate = money::Rational::of(row.price) / money::Rational::of(row.per);
    }
    found->second = &rows_.emplace_back(std::move(row));
  }
  return *found->second;
}

const Row& RowTable::of_price(const Slot& slot, std::uint32_t bracket, bool is_flat,
                              money::Decimal price) {
  const std::uint32_t part = bracket * 2 + (is_flat ? 0 : 1);
  if (part < slot.rows.size() && slot.rows[part] != nullptr) return *slot.rows[part];
  const pricebook::CloudItem& rule = *slot.item->rule;
  Row row;
  row.item = rule.name;
  row.tier = bracket_label(slot.price, bracket);
  row.unit = rule.unit;
  row.price = price;
  row.per = is_flat ? money::Decimal::whole(1) : rule.price.per;
  row.item_index = item_index(*slot.item);
  const auto table_row = static_cast<std::uint64_t>(slot.row - rule.price.rows.data());
  row.order = order_of(*slot.item, std::min<std::uint64_t>(table_row, 0x3fff) << 12 |
                                       std::min<std::uint64_t>(part, 0xfff));
  const Row& found = of(std::move(row));
  slot.rows.resize(std::max<std::size_t>(slot.rows.size(), part + 1), nullptr);
  slot.rows[part] = &found;
  return found;
}

const Row& RowTable::of_plan(const Slot& slot, const std::string& plan) {
  Row row;
  row.item = slot.item->rule->name;
  row.tier = "plan " + plan;
  row.unit = slot.item->rule->unit;
  row.per = money::Decimal::whole(1);
  row.item_index = item_index(*slot.item);
  row.order = order_of(*slot.item, plan_order);
  return of(std::move(row));
}

const Row& RowTable::of_money(const PreparedItem& item, const char* word) {
  Row row;
  row.item = item.rule->name;
  row.item_index = item_index(item);
  row.order = order_of(item, 0);
  return of_money(row, word);
}

const Row& RowTable::rounding_of(const Row& of_row) {
  if (of_row.rounding == nullptr) of_row.rounding = &of_money(of_row, "rounding");
  return *of_row.rounding;
}

const Row& RowTable::of_money(const Row& of_row, const char* word) {
  Row row;
  row.item = of_row.item;
  row.tier = word;
  row.unit = currency_;
  row.price = money::Decimal::whole(1);
  row.per = money::Decimal::whole(1);
  row.item_index = of_row.item_index;
  row.order = (of_row.order >> 32 << 32) | money_order;
  row.is_money = true;
  return of(std::move(row));
}

}  // namespace steelyard::rating::cloud
