#include <algorithm>
#include <cstdio>
#include <tuple>

#include "steelyard/base/check.h"
#include "steelyard/core/usage_book.h"

/// What of an account's usage no invoice has yet.
namespace steelyard::core {

using billing::InvoiceKind;

std::optional<std::int64_t> UsageBook::invoiced_to(std::string_view account) const {
  const auto found = accounts_.find(account);
  return found == accounts_.end() ? std::nullopt : found->second.invoiced_to;
}

UsageBook::SumsByMonth UsageBook::late_sums(const Account& account) const {
  SumsByMonth sums;
  for (const Day& day : account.days) {
    if (day.late.empty()) continue;
    const Month month = calendar_.month(day.begin).from;
    for (const Sums& each : day.late) {
      Sums& sum = sums[{month, each.row}];
      sum.quantity += each.quantity;
      sum.amount += each.amount;
      sum.events += each.events;
    }
  }
  return sums;
}

std::vector<UninvoicedSum> UsageBook::listed(const SumsByMonth& sums, bool is_late) const {
  std::vector<UninvoicedSum> all;
  for (const auto& [of, each] : sums) {
    const auto& [month, number] = of;
    const Row& row = rows_[number];
    const base::Calendar::Date date = calendar_.local(month);
    char text[16];
    std::snprintf(text, sizeof text, "%04d-%02d", date.year, date.month);
    all.push_back({.month = text,
                   .is_late = is_late,
                   .sum = {month, row.item, row.tier, row.unit, row.price, row.per, each.quantity,
                           each.amount, each.events}});
  }
  return all;
}

std::vector<UninvoicedSum> UsageBook::uninvoiced(std::string_view account, std::int64_t to,
                                                 InvoiceKind kind) const {
  const auto found = accounts_.find(account);
  if (found == accounts_.end()) return {};
  const bool is_credit = kind == InvoiceKind::credit_note;
  SumsByMonth late = late_sums(found->second);
  std::erase_if(late, [&](const auto& each) {
    return each.second.is_nothing() || each.second.is_below_zero() != is_credit;
  });
  if (is_credit) {
    for (auto& [of, each] : late) {
      each.quantity = -each.quantity;
      each.amount = -each.amount;
    }
  }
  SumsByMonth fresh;
  for (const Day& day : found->second.days) {
    const bool is_fresh = day.begin >= found->second.invoiced_to.value_or(day.begin);
    if (is_credit || !is_fresh || day.begin >= to) continue;
    const Month month = calendar_.month(day.begin).from;
    for (const Sums& each : day.rows) {
      Sums& sum = fresh[{month, each.row}];
      sum.quantity += each.quantity;
      sum.amount += each.amount;
      sum.events += each.events;
    }
  }
  std::erase_if(fresh, [](const auto& each) { return each.second.is_nothing(); });
  std::vector<UninvoicedSum> all = listed(late, true);
  for (UninvoicedSum& each : listed(fresh, false)) all.push_back(std::move(each));
  std::ranges::sort(all, [](const UninvoicedSum& a, const UninvoicedSum& b) {
    const auto key = [](const UninvoicedSum& each) {
      return std::tie(each.month, each.sum.item, each.sum.tier, each.sum.price, each.sum.per,
                      each.sum.unit);
    };
    return key(a) < key(b);
  });
  return all;
}

void UsageBook::set_invoiced(std::string_view name, std::int64_t to, InvoiceKind kind) {
  auto& found = account_of(name);
  Account& account = found.second;
  const bool is_credit = kind == InvoiceKind::credit_note;
  const SumsByMonth late = late_sums(account);
  touch(found);
  for (Day& day : account.days) {
    if (day.late.empty()) continue;
    const Month month = calendar_.month(day.begin).from;
    const std::size_t count = std::erase_if(day.late, [&](const Sums& each) {
      const Sums& sum = late.at({month, each.row});
      return sum.is_nothing() || sum.is_below_zero() == is_credit;
    });
    day.has_changed |= count > 0;
  }
  if (is_credit) return;
  STEELYARD_CHECK(to >= account.invoiced_to.value_or(to));
  account.invoiced_to = to;
  account.invoiced_to_has_changed = true;
}

void UsageBook::set_invoiced_elsewhere(std::string_view name, std::int64_t to) {
  auto& found = account_of(name);
  Account& account = found.second;
  if (account.invoiced_to.value_or(INT64_MIN) >= to) return;
  for (Day& day : account.days) {
    if (day.begin >= to || day.begin < account.invoiced_to.value_or(INT64_MIN)) continue;
    day.late = day.rows;
    day.has_changed = true;
  }
  touch(found);
  account.invoiced_to = to;
  account.invoiced_to_has_changed = true;
}

void UsageBook::add_invoiced(std::string_view name, std::int64_t from,
                             const ImportInvoice::Line& line) {
  auto& found = account_of(name);
  Day& day = day_of(found.second, from);
  day.has_changed = true;
  touch(found);
  const std::uint32_t row = number_of({line.item, line.tier, line.unit, line.price, line.per});
  add(day.rows, {row, line.quantity, line.amount, 1});
  amount_ += line.amount;
}

}  // namespace steelyard::core
