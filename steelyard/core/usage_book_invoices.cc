#include <algorithm>
#include <cstdio>
#include <tuple>

#include "steelyard/base/check.h"
#include "steelyard/core/usage_book.h"

/// What of an account's usage no invoice has yet.
namespace steelyard::core {

std::optional<std::int64_t> UsageBook::invoiced_to(std::string_view account) const {
  const auto found = accounts_.find(account);
  return found == accounts_.end() ? std::nullopt : found->second.invoiced_to;
}

/// Of the days that `rows_of` gives rows of: the rows by month, without what adds up to nothing.
template <class RowsOf>
UsageBook::SumsByMonth UsageBook::by_month(const Account& account, const RowsOf& rows_of) const {
  SumsByMonth sums;
  for (const Day& day : account.days) {
    const std::vector<Sums>* const rows = rows_of(day);
    if (rows == nullptr || rows->empty()) continue;
    const base::Slot month = calendar_.month(day.begin);
    for (const Sums& each : *rows) {
      Sums& sum = sums[{month, each.row}];
      sum.quantity += each.quantity;
      sum.amount += each.amount;
      sum.events += each.events;
    }
  }
  std::erase_if(sums, [](const auto& each) { return each.second.is_nothing(); });
  return sums;
}

UsageBook::SumsByMonth UsageBook::late_sums(const Account& account) const {
  return by_month(account, [](const Day& day) { return &day.late; });
}

UsageBook::SumsByMonth UsageBook::fresh_sums(const Account& account, std::int64_t to) const {
  return by_month(account, [&](const Day& day) {
    return is_fresh(account, day) && day.begin < to ? &day.rows : nullptr;
  });
}

std::vector<UninvoicedSum> UsageBook::listed(const SumsByMonth& sums, bool is_late) const {
  std::vector<UninvoicedSum> all;
  for (const auto& [of, each] : sums) {
    const auto& [month, number] = of;
    const Row& row = rows_[number];
    const base::Calendar::Date date = calendar_.local(month.from);
    char text[16];
    std::snprintf(text, sizeof text, "%04d-%02d", date.year, date.month);
    all.push_back({.month = text,
                   .time = month,
                   .is_late = is_late,
                   .sum = {month.from, row.item, row.tier, row.unit, row.price, row.per,
                           each.quantity, each.amount, each.events}});
  }
  std::ranges::sort(all, [](const UninvoicedSum& a, const UninvoicedSum& b) {
    const auto key = [](const UninvoicedSum& each) {
      return std::tie(each.month, each.sum.item, each.sum.tier, each.sum.price, each.sum.per,
                      each.sum.unit);
    };
    return key(a) < key(b);
  });
  return all;
}

std::vector<UninvoicedSum> UsageBook::uninvoiced(std::string_view account, std::int64_t to) const {
  const auto found = accounts_.find(account);
  if (found == accounts_.end()) return {};
  SumsByMonth late = late_sums(found->second);
  std::erase_if(late, [](const auto& each) { return each.second.is_below_zero(); });
  std::vector<UninvoicedSum> all = listed(late, true);
  for (UninvoicedSum& each : listed(fresh_sums(found->second, to), false)) {
    all.push_back(std::move(each));
  }
  return all;
}

std::vector<UninvoicedSum> UsageBook::taken_back(std::string_view account,
                                                 std::int64_t from) const {
  const auto found = accounts_.find(account);
  if (found == accounts_.end()) return {};
  SumsByMonth late = late_sums(found->second);
  std::erase_if(late, [from](const auto& each) {
    return !each.second.is_below_zero() || each.first.first.from < from;
  });
  if (late.empty()) return {};
  const base::Slot earliest = late.begin()->first.first;
  std::erase_if(late, [&](const auto& each) { return each.first.first != earliest; });
  for (auto& [of, each] : late) {
    each.quantity = -each.quantity;
    each.amount = -each.amount;
  }
  return listed(late, true);
}

std::uint64_t UsageBook::changed_at(std::string_view account, std::int64_t from,
                                    std::int64_t to) const {
  std::uint64_t last = 0;
  const auto found = accounts_.find(account);
  if (found == accounts_.end()) return last;
  for (const Day& day : found->second.days) {
    if (day.begin >= from && day.begin < to) last = std::max(last, day.changed_at);
  }
  return last;
}

/// Late sums that are wanted by month and sum are on a document now; so are those that are nothing.
template <class Wanted>
void UsageBook::take_late(Account& account, const Wanted& wanted) {
  const SumsByMonth sums = late_sums(account);
  for (Day& day : account.days) {
    if (day.late.empty()) continue;
    const base::Slot month = calendar_.month(day.begin);
    const std::size_t count = std::erase_if(day.late, [&](const Sums& each) {
      const auto sum = sums.find({month, each.row});
      const bool is_taken = sum == sums.end() || wanted(month, sum->second);
      if (is_taken) uninvoiced_ += -each.amount;
      return is_taken;
    });
    day.has_changed |= count > 0;
  }
}

void UsageBook::set_invoiced(std::string_view name, std::int64_t to) {
  auto& found = account_of(name);
  Account& account = found.second;
  touch(found);
  take_late(account, [](const base::Slot&, const Sums& sum) { return !sum.is_below_zero(); });
  for (const auto& [of, sum] : fresh_sums(account, to)) uninvoiced_ += -sum.amount;
  STEELYARD_CHECK(to >= account.invoiced_to.value_or(to));
  account.invoiced_to = to;
  account.invoiced_to_has_changed = true;
}

void UsageBook::set_credited(std::string_view name, const base::Slot& month) {
  auto& found = account_of(name);
  touch(found);
  take_late(found.second, [&](const base::Slot& of, const Sums& sum) {
    return of.from >= month.from && of.from < month.to && sum.is_below_zero();
  });
}

void UsageBook::set_invoiced_elsewhere(std::string_view name, std::int64_t to,
                                       std::uint64_t sequence) {
  auto& found = account_of(name);
  Account& account = found.second;
  if (account.invoiced_to.has_value() && *account.invoiced_to >= to) return;
  for (Day& day : account.days) {
    if (day.begin >= to || !is_fresh(account, day)) continue;
    day.late = day.rows;
    day.changed_at = sequence;
    day.has_changed = true;
  }
  touch(found);
  account.invoiced_to = to;
  account.invoiced_to_has_changed = true;
}

void UsageBook::add_invoiced(std::string_view name, std::int64_t from,
                             const ImportInvoice::Line& line, std::uint64_t sequence) {
  auto& found = account_of(name);
  Day& day = day_to_change(found, from, sequence);
  const std::uint32_t row = number_of({line.item, line.tier, line.unit, line.price, line.per});
  add(day.rows, {row, line.quantity, line.amount, 1});
  amount_ += line.amount;
}

}  // namespace steelyard::core
