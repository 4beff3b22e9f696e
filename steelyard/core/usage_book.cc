#include "steelyard/core/usage_book.h"

#include <algorithm>
#include <tuple>

namespace steelyard::core {

void UsageBook::add(const batch::Record& record, base::Instant time) {
  if (record.charge.line_count == 0 && record.cloud.lines.empty()) return;
  auto found = accounts_.find(record.account);
  if (found == accounts_.end()) found = accounts_.emplace(record.account, Account()).first;
  const std::int64_t day = calendar_.day(time.seconds).from;
  for (const rating::Line& line : record.charge.used_lines()) {
    add(found->second, {day, line.row->index},
        money::Decimal::whole(static_cast<std::int64_t>(line.quantity)), line.amount);
  }
  for (const rating::cloud::Line& line : record.cloud.lines) {
    if (cloud_rows_.size() <= line.row->number) cloud_rows_.resize(line.row->number + 1);
    cloud_rows_[line.row->number] = line.row;
    const auto row = static_cast<Row>(rater_->row_count()) + line.row->number;
    add(found->second, {day, row}, line.quantity, line.amount);
  }
}

void UsageBook::add(Account& account, Key key, money::Decimal quantity, money::Decimal amount) {
  Sums& sums = account[key];
  sums.quantity += quantity;
  sums.amount += amount;
  ++sums.events;
  amount_ += amount;
}

UsageSum UsageBook::described(Row row) const {
  UsageSum sum;
  if (row < rater_->row_count()) {
    const rating::PriceRow& price = rater_->row(row);
    sum.item = price.item;
    sum.tier = price.tier.label;
    sum.unit = "token";
    sum.price = price.price;
    sum.per = money::Decimal::whole(static_cast<std::int64_t>(price.per));
    return sum;
  }
  const rating::cloud::Row& price = *cloud_rows_[row - rater_->row_count()];
  sum.item = price.item;
  sum.tier = price.tier;
  sum.unit = price.unit;
  sum.price = price.price;
  sum.per = price.per;
  return sum;
}

std::vector<UsageSum> UsageBook::sums(std::string_view account, std::int64_t from,
                                      std::int64_t to) const {
  std::vector<UsageSum> all;
  const auto found = accounts_.find(account);
  if (found == accounts_.end()) return all;
  for (const auto& [key, sums] : found->second) {
    if (key.day < from || key.day >= to) continue;
    UsageSum sum = described(key.row);
    sum.day = key.day;
    sum.quantity = sums.quantity;
    sum.amount = sums.amount;
    sum.events = sums.events;
    all.push_back(sum);
  }
  std::ranges::sort(all, [](const UsageSum& a, const UsageSum& b) {
    return std::tie(a.day, a.item, a.tier, a.price) < std::tie(b.day, b.item, b.tier, b.price);
  });
  return all;
}

}  // namespace steelyard::core
