#include "steelyard/rating/cloud/row_sums.h"

#include <algorithm>

#include "steelyard/rating/cloud/window_fee.h"

namespace steelyard::rating::cloud {
namespace {

using money::Decimal;
using money::Rational;
using money::Rounding;

bool is_before(const FeeLine& a, const FeeLine& b) {
  return a.row != b.row && stands_before(*a.row, *b.row);
}

}  // namespace

/// Writes what stands for the exact quantity.
Result<void> RowSums::write(const Row& row, Sum& sum) {
  const auto count = sum.quantity.to_decimal(Rounding::half_away);
  const auto amount = row.rate.is_zero() ? Result<Decimal>(Decimal())
                                         : Rational::product_to_decimal(sum.quantity, row.rate,
                                                                        Rounding::half_away);
  if (!count.has_value() || !amount.has_value()) {
    return failure(ErrorCode::invalid_quantity, row.item + ": the quantity is too large");
  }
  sum.written_quantity = *count;
  sum.written_amount = *amount;
  return {};
}

/// So that sums stay where they are while others are added.
void RowSums::make_room_for(std::size_t more) {
  if (sums_.size() + more > sums_.max_load()) sums_.rehash(2 * sums_.bucket_count() + more * 2);
}

Result<void> RowSums::add(std::uint32_t account, std::vector<FeeLine>& changes, RowTable& rows,
                          Lines& lines) {
  if (!std::ranges::is_sorted(changes, is_before)) {
    std::ranges::stable_sort(changes, is_before);
  }
  changed_.clear();
  make_room_for(changes.size());
  bool is_settled = true;
  for (std::size_t i = 0; i < changes.size();) {
    const Row& row = *changes[i].row;
    Rational change;
    Line line{&row, {}, {}};
    for (; i < changes.size() && changes[i].row == &row; ++i) {
      if (changes[i].is_rounded) {
        line.quantity += changes[i].rounded_quantity();
        line.amount += changes[i].amount;
        is_settled = false;
      } else {
        change += changes[i].quantity;
      }
    }
    if (change.is_too_large()) {
      return failure(ErrorCode::invalid_quantity, row.item + ": the quantity is too large");
    }
    if (!change.is_zero()) {
      Sum& before = sums_[(std::uint64_t{account} << 32) | row.number];
      changed_.emplace_back(&before, Sum{before.quantity + change, {}, {}});
      Sum& after = changed_.back().second;
      STEELYARD_PASS(write(row, after));
      line.quantity += after.written_quantity - before.written_quantity;
      line.amount += after.written_amount - before.written_amount;
      const auto product = Decimal::mul_div(row.price, line.quantity, row.per, Rounding::half_away);
      is_settled &= product.has_value() && *product == line.amount;
    }
    if (!line.quantity.is_zero() || !line.amount.is_zero()) lines.push_back(line);
  }
  for (const auto& [sum, after] : changed_) *sum = after;
  if (!is_settled) settle(lines, rows);
  return {};
}

}  // namespace steelyard::rating::cloud
