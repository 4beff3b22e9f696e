#include "steelyard/core/usage_book.h"

#include <algorithm>
#include <tuple>

#include "steelyard/ledger/bytes.h"

namespace steelyard::core {

using ledger::ByteReader;
using ledger::ByteWriter;

/// The number of a price row that a rater or an engine owns.
template <class PriceRow, class Describe>
std::uint32_t UsageBook::row_of(const PriceRow* price, const Describe& describe) {
  const auto [found, is_new] = number_of_price_.try_emplace(price, no_row);
  if (is_new) found->second = number_of(describe(*price));
  return found->second;
}

std::uint32_t UsageBook::number_of(Row row) {
  const auto [found, is_new] =
      number_of_row_.try_emplace(value_of(row), static_cast<std::uint32_t>(rows_.size()));
  if (is_new) rows_.push_back(std::move(row));
  return found->second;
}

void UsageBook::add(const batch::Record& record, base::Instant time, std::uint64_t sequence) {
  if (record.charge.line_count == 0 && record.cloud.lines.empty()) return;
  auto& found = account_of(record.account);
  Account& account = found.second;
  Day& day = day_to_change(found, calendar_.day(time.seconds).from, sequence);
  for (const rating::Line& line : record.charge.used_lines()) {
    const std::uint32_t row = row_of(line.row, [](const rating::PriceRow& price) {
      return Row{std::string(price.item), std::string(price.tier.label), "token", price.price,
                 money::Decimal::whole(static_cast<std::int64_t>(price.per))};
    });
    add(account, day,
        {row, money::Decimal::whole(static_cast<std::int64_t>(line.quantity)), line.amount, 1});
  }
  for (const rating::cloud::Line& line : record.cloud.lines) {
    const std::uint32_t row = row_of(line.row, [](const rating::cloud::Row& price) {
      return Row{std::string(price.item), std::string(price.tier), std::string(price.unit),
                 price.price, price.per};
    });
    add(account, day, {row, line.quantity, line.amount, 1});
  }
}

void UsageBook::add_settlement(std::string_view account, money::Decimal amount,
                               std::string_view currency, base::Instant at,
                               std::uint64_t sequence) {
  if (amount.is_zero()) return;
  auto& found = account_of(account);
  Day& day = day_to_change(found, calendar_.day(at.seconds).from, sequence);
  if (settled_row_ == no_row) {
    constexpr money::Decimal one = money::Decimal::whole(1);
    settled_row_ = number_of({std::string(settled_item), "", std::string(currency), one, one});
  }
  add(found.second, day, {settled_row_, amount, amount, 1});
}

UsageBook::Day& UsageBook::day_to_change(Accounts::value_type& account, std::int64_t begin,
                                         std::uint64_t sequence) {
  Day& day = day_of(account.second, begin);
  day.has_changed = true;
  day.changed_at = sequence;
  touch(account);
  return day;
}

UsageBook::Accounts::value_type& UsageBook::account_of(std::string_view account) {
  auto found = accounts_.find(account);
  if (found == accounts_.end()) found = accounts_.emplace(account, Account()).first;
  return *found;
}

void UsageBook::touch(Accounts::value_type& account) {
  if (!account.second.has_changed) changed_.push_back(&account);
  account.second.has_changed = true;
}

UsageBook::Day& UsageBook::day_of(Account& account, std::int64_t begin) {
  std::vector<Day>& days = account.days;
  if (!days.empty() && days.back().begin == begin) return days.back();
  const auto at = std::ranges::lower_bound(days, begin, {}, &Day::begin);
  if (at != days.end() && at->begin == begin) return *at;
  return *days.insert(at, {begin, false, 0, {}, {}});
}

void UsageBook::add(const Account& account, Day& day, const Sums& sums) {
  add(day.rows, sums);
  if (!is_fresh(account, day)) add(day.late, sums);
  amount_ += sums.amount;
  uninvoiced_ += sums.amount;
}

bool UsageBook::is_fresh(const Account& account, const Day& day) {
  return !account.invoiced_to.has_value() || day.begin >= *account.invoiced_to;
}

void UsageBook::add(std::vector<Sums>& rows, const Sums& sums) {
  auto at = std::ranges::lower_bound(rows, sums.row, {}, &Sums::row);
  if (at == rows.end() || at->row != sums.row) at = rows.insert(at, Sums{sums.row, {}, {}, 0});
  at->quantity += sums.quantity;
  at->amount += sums.amount;
  at->events += sums.events;
}

std::vector<UsageSum> UsageBook::sums(std::string_view account, std::int64_t from,
                                      std::int64_t to) const {
  std::vector<UsageSum> all;
  const auto found = accounts_.find(account);
  if (found == accounts_.end()) return all;
  for (const Day& day : found->second.days) {
    if (day.begin < from || day.begin >= to) continue;
    for (const Sums& sums : day.rows) {
      const Row& row = rows_[sums.row];
      all.push_back({day.begin, row.item, row.tier, row.unit, row.price, row.per, sums.quantity,
                     sums.amount, sums.events});
    }
  }
  std::ranges::sort(all, [](const UsageSum& a, const UsageSum& b) {
    return std::tie(a.day, a.item, a.tier, a.price, a.per) <
           std::tie(b.day, b.item, b.tier, b.price, b.per);
  });
  return all;
}

std::string UsageBook::key_of(std::string_view account, std::int64_t day) {
  std::string key(1, day_kind);
  ByteWriter(key).sorting(static_cast<std::uint64_t>(day));
  return key.append(account);
}

std::string UsageBook::value_of(const Row& row) {
  std::string value;
  ByteWriter to(value);
  to.text(row.item);
  to.text(row.tier);
  to.text(row.unit);
  to.decimal(row.price);
  to.decimal(row.per);
  return value;
}

std::string UsageBook::value_of(const Day& day) {
  std::string value;
  ByteWriter to(value);
  to.u64(day.changed_at);
  for (const auto* const rows : {&day.rows, &day.late}) {
    std::string part;
    ByteWriter to_part(part);
    for (const Sums& sums : *rows) {
      to_part.u32(sums.row);
      to_part.decimal(sums.quantity);
      to_part.decimal(sums.amount);
      to_part.u64(sums.events);
    }
    to.text(part);
  }
  return value;
}

void UsageBook::for_each_changed(const EntityVisitor& visit) {
  for (; kept_rows_ < rows_.size(); ++kept_rows_) {
    std::string key(1, row_kind);
    ByteWriter(key).sorting(static_cast<std::uint32_t>(kept_rows_));
    visit(key, value_of(rows_[kept_rows_]));
  }
  for (Accounts::value_type* const each : changed_) {
    for (Day& day : each->second.days) {
      if (!day.has_changed) continue;
      visit(key_of(each->first, day.begin), value_of(day));
      day.has_changed = false;
    }
    if (each->second.invoiced_to_has_changed) {
      std::string value;
      ByteWriter(value).i64(each->second.invoiced_to.value());
      visit(invoiced_kind + each->first, value);
      each->second.invoiced_to_has_changed = false;
    }
    each->second.has_changed = false;
  }
  changed_.clear();
}

bool UsageBook::restore_sums(std::string_view value, std::vector<Sums>& rows) const {
  ByteReader from(value);
  while (!from.is_done()) {
    Sums sums;
    sums.row = from.u32();
    sums.quantity = from.decimal();
    sums.amount = from.decimal();
    sums.events = from.u64();
    if (!from.is_good() || sums.row >= rows_.size()) return false;
    rows.push_back(sums);
  }
  return true;
}

bool UsageBook::restore_day(std::string_view account, std::int64_t begin, std::string_view value) {
  Day& day = day_of(account_of(account).second, begin);
  ByteReader from(value);
  day.changed_at = from.u64();
  const std::string_view rows = from.text();
  const std::string_view late = from.text();
  if (!from.is_done() || !restore_sums(rows, day.rows) || !restore_sums(late, day.late)) {
    return false;
  }
  // As if no day were invoiced: which are, comes behind all days.
  for (const Sums& sums : day.rows) {
    amount_ += sums.amount;
    uninvoiced_ += sums.amount;
  }
  return true;
}

bool UsageBook::restore(std::string_view key, std::string_view value) {
  if (key.empty()) return false;
  ByteReader name(key.substr(1));
  if (key[0] == row_kind) {
    ByteReader from(value);
    Row row;
    row.item = from.text();
    row.tier = from.text();
    row.unit = from.text();
    row.price = from.decimal();
    row.per = from.decimal();
    const auto number = name.sorting<std::uint32_t>();
    if (!name.is_done() || !from.is_done() || number_of(std::move(row)) != number) return false;
    kept_rows_ = rows_.size();
    return true;
  }
  if (key[0] == invoiced_kind) {
    ByteReader from(value);
    Account& account = account_of(key.substr(1)).second;
    account.invoiced_to = from.i64();
    for (const Day& day : account.days) {
      if (is_fresh(account, day)) continue;
      for (const Sums& sums : day.rows) uninvoiced_ += -sums.amount;
      for (const Sums& sums : day.late) uninvoiced_ += sums.amount;
    }
    return from.is_done();
  }
  const auto begin = static_cast<std::int64_t>(name.sorting<std::uint64_t>());
  return key[0] == day_kind && name.is_good() &&
         restore_day(key.substr(1 + sizeof(std::uint64_t)), begin, value);
}

}  // namespace steelyard::core
