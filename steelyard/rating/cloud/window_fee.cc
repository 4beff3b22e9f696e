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

/// A line of money alone, unless it is 0.
void add_money(const Row& row, Decimal amount, FeeLines& lines) {
  if (!amount.is_zero()) lines.push_back({&row, true, Rational::of(amount), amount});
}

Decimal sum_of(const FeeLines& lines) {
  Decimal sum;
  for (const FeeLine& line : lines) sum += line.amount;
  return sum;
}

Result<void> round(FeeLine& line) {
  const auto count = line.quantity.to_decimal(Rounding::half_away);
  if (!count.has_value()) return failure(ErrorCode::invalid_quantity, count.error().detail);
  const auto amount = Decimal::mul_div(line.row->price, *count, line.row->per, Rounding::half_away);
  if (!amount.has_value()) return failure(ErrorCode::invalid_quantity, amount.error().detail);
  line = {line.row, true, Rational::of(*count), *amount};
  return {};
}

Result<void> apply_money_rules(const PreparedItem& item, RowTable& rows, FeeLines& lines) {
  const pricebook::MoneyRules& rules = item.rule->money;
  if (!rules.line.has_value() && !rules.fee.has_value() && !rules.minimum.has_value()) return {};
  for (FeeLine& line : lines) STEELYARD_PASS(round(line));
  if (rules.line.has_value()) {
    Decimal moved;
    for (const FeeLine& line : lines) {
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
  return {};
}

void sort(Lines& lines) {
  const auto order = [](const Line& a, const Line& b) { return stands_before(*a.row, *b.row); };
  if (!std::ranges::is_sorted(lines, order)) std::ranges::stable_sort(lines, order);
}

}  // namespace

Result<void> window_fee(const Priced& cell, const SlotTable& slots, RowTable& rows,
                        FeeLines& lines) {
  lines.clear();
  Rational before;
  const pricebook::CloudPriceTable& table = cell.item->rule->price;
  const auto add = [&](const Slot& slot, const charge_model::Slice& slice,
                       const Rational& factor) -> Result<void> {
    const Rational quantity = slice.quantity * factor;
    if (quantity.is_too_large()) {
      return failure(ErrorCode::invalid_quantity,
                     cell.item->rule->name + ": the quantity does not fit into 128 bits");
    }
    if (quantity.is_zero()) return {};
    const Row& row = rows.of_price(slot, slice.bracket, slice.is_flat, slice.price);
    lines.push_back({&row, false, quantity});
    return {};
  };
  for (const Part& part : cell.quantities.front()) {
    if (part.quantity.is_zero()) continue;
    const Slot& slot = slots.at(part.slot);
    const Rational factor =
        cell.quantities.size() == 1 ? Rational::whole(1) : factors_of(cell, part.slot);
    if (table.kernel == charge_model::Kernel::per_unit) {
      STEELYARD_PASS(
          add(slot, {0, false, part.quantity, slot.price.brackets.front().unit}, factor));
      continue;
    }
    STEELYARD_TRY(slices, charge_model::slices(table.kernel, slot.price, before, part.quantity));
    for (const charge_model::Slice& slice : slices) STEELYARD_PASS(add(slot, slice, factor));
    before += part.quantity;
  }
  return apply_money_rules(*cell.item, rows, lines);
}

void add_difference(const FeeLines& before, const FeeLines& after, std::vector<FeeLine>& to) {
  for (const FeeLine& line : before) {
    to.push_back({line.row, line.is_rounded, -line.quantity, -line.amount});
  }
  to.insert(to.end(), after.begin(), after.end());
}

void settle(Lines& lines, RowTable& rows) {
  sort(lines);
  boost::container::small_vector<Line, 1> moved;
  auto end = lines.begin();  // Of those that are settled; they stand in front.
  for (auto at = lines.begin(); at != lines.end();) {
    Line sum{at->row, {}, {}};
    for (; at != lines.end() && at->row == sum.row; ++at) {
      sum.quantity += at->quantity;
      sum.amount += at->amount;
    }
    const auto exact =
        Decimal::mul_div(sum.row->price, sum.quantity, sum.row->per, Rounding::half_away);
    STEELYARD_CHECK(exact.has_value());  // Both fees were in range.
    if (sum.amount != *exact) {
      moved.push_back({&rows.rounding_of(*sum.row), sum.amount - *exact, sum.amount - *exact});
      sum.amount = *exact;
    }
    if (!sum.quantity.is_zero() || !sum.amount.is_zero()) *end++ = sum;
  }
  lines.erase(end, lines.end());
  if (moved.empty()) return;
  lines.insert(lines.end(), moved.begin(), moved.end());
  sort(lines);
  end = lines.begin();
  for (const Line& line : lines) {
    if (end != lines.begin() && end[-1].row == line.row) {
      end[-1].quantity += line.quantity;
      end[-1].amount += line.amount;
    } else {
      *end++ = line;
    }
  }
  lines.erase(end, lines.end());
  lines.erase(std::remove_if(lines.begin(), lines.end(),
                             [](const Line& line) {
                               return line.quantity.is_zero() && line.amount.is_zero();
                             }),
              lines.end());
}

}  // namespace steelyard::rating::cloud
