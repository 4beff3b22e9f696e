#include "steelyard/rating/cloud/window_fee.h"

#include <algorithm>

#include "steelyard/charge_model/fee.h"

namespace steelyard::rating::cloud {
namespace {

using money::Decimal;
using money::Rational;
using money::Rounding;

/// The factors that belong to a slot, multiplied. None: there is nothing to multiply by yet.
Rational factors_of(const Priced& cell, std::uint32_t slot) {
  Rational product = Rational::whole(1);
  for (std::size_t i = 1; i < cell.quantities.size(); ++i) {
    Rational factor;
    for (const Part& part : cell.quantities[i]) {
      if (part.slot == slot || part.slot == no_slot) factor += part.quantity;
    }
    product = product * factor;
  }
  return product;
}

Result<Line> priced_line(const Row& row, const Rational& quantity) {
  const auto count = quantity.to_decimal(Rounding::half_away);
  if (!count.has_value()) return failure(ErrorCode::invalid_quantity, count.error().detail);
  const auto amount = Decimal::mul_div(row.price, *count, row.per, Rounding::half_away);
  if (!amount.has_value()) return failure(ErrorCode::invalid_quantity, amount.error().detail);
  return Line{&row, *count, *amount};
}

/// A line of money alone, unless it is 0.
void add_money(const Row& row, Decimal amount, Lines& lines) {
  if (!amount.is_zero()) lines.push_back({&row, amount, amount});
}

Decimal sum_of(const Lines& lines) {
  Decimal sum;
  for (const Line& line : lines) sum += line.amount;
  return sum;
}

void apply_money_rules(const PreparedItem& item, RowTable& rows, Lines& lines) {
  const pricebook::MoneyRules& rules = item.rule->money;
  if (rules.line.has_value()) {
    Decimal moved;
    for (const Line& line : lines) {
      moved += line.amount.rounded(rules.line->digits, rules.line->rounding) - line.amount;
    }
    add_money(rows.of_money(item, "rounding"), moved, lines);
  }
  if (rules.fee.has_value()) {
    const Decimal sum = sum_of(lines);
    add_money(rows.of_money(item, "rounding"),
              sum.rounded(rules.fee->digits, rules.fee->rounding) - sum, lines);
  }
  if (rules.minimum.has_value()) {
    const Decimal sum = sum_of(lines);
    if (sum > Decimal() && sum < *rules.minimum) {
      add_money(rows.of_money(item, "minimum"), *rules.minimum - sum, lines);
    }
  }
}

}  // namespace

Result<Lines> window_fee(const Priced& cell, const SlotTable& slots, RowTable& rows) {
  Lines lines;
  Rational before;
  const pricebook::CloudPriceTable& table = cell.item->rule->price;
  for (const Part& part : cell.quantities.front()) {
    if (part.quantity.is_zero()) continue;
    const Slot& slot = slots.at(part.slot);
    const Rational factor = factors_of(cell, part.slot);
    if (table.kernel == charge_model::Kernel::per_unit) {
      const Rational quantity = part.quantity * factor;
      if (quantity.is_zero()) continue;
      STEELYARD_TRY(
          line,
          priced_line(rows.of_price(slot, 0, false, slot.price.brackets.front().unit), quantity));
      lines.push_back(line);
      continue;
    }
    STEELYARD_TRY(slices, charge_model::slices(table.kernel, slot.price, before, part.quantity));
    for (const charge_model::Slice& slice : slices) {
      const Rational quantity = slice.quantity * factor;
      if (quantity.is_zero()) continue;
      STEELYARD_TRY(
          line,
          priced_line(rows.of_price(slot, slice.bracket, slice.is_flat, slice.price), quantity));
      lines.push_back(line);
    }
    before += part.quantity;
  }
  apply_money_rules(*cell.item, rows, lines);
  return lines;
}

void add_difference(const Lines& before, const Lines& after, std::vector<Line>& to) {
  for (const Line& line : before) to.push_back({line.row, -line.quantity, -line.amount});
  for (const Line& line : after) to.push_back(line);
}

void settle(std::vector<Line>& lines, RowTable& rows) {
  std::ranges::stable_sort(lines, [](const Line& a, const Line& b) {
    return a.row->order != b.row->order ? a.row->order < b.row->order : a.row < b.row;
  });
  std::vector<Line> result;
  std::vector<Line> moved;
  for (std::size_t i = 0; i < lines.size();) {
    Line sum{lines[i].row, {}, {}};
    for (; i < lines.size() && lines[i].row == sum.row; ++i) {
      sum.quantity += lines[i].quantity;
      sum.amount += lines[i].amount;
    }
    const auto exact =
        Decimal::mul_div(sum.row->price, sum.quantity, sum.row->per, Rounding::half_away);
    STEELYARD_CHECK(exact.has_value());  // Both fees were in range.
    if (sum.amount != *exact) {
      moved.push_back(
          {&rows.of_money(*sum.row, "rounding"), sum.amount - *exact, sum.amount - *exact});
      sum.amount = *exact;
    }
    if (!sum.quantity.is_zero() || !sum.amount.is_zero()) result.push_back(sum);
  }
  lines = std::move(result);
  if (moved.empty()) return;
  lines.insert(lines.end(), moved.begin(), moved.end());
  std::ranges::stable_sort(
      lines, [](const Line& a, const Line& b) { return a.row->order < b.row->order; });
  std::vector<Line> merged;
  for (const Line& line : lines) {
    if (!merged.empty() && merged.back().row == line.row) {
      merged.back().quantity += line.quantity;
      merged.back().amount += line.amount;
    } else {
      merged.push_back(line);
    }
  }
  std::erase_if(merged,
                [](const Line& line) { return line.quantity.is_zero() && line.amount.is_zero(); });
  lines = std::move(merged);
}

}  // namespace steelyard::rating::cloud
