#include "steelyard/batch/totals.h"

#include <numeric>

#include "steelyard/base/hash.h"

namespace steelyard::batch {
namespace {

std::uint64_t hash_of(std::uint32_t account, std::uint32_t item) {
  return base::hash_pair(account, item);
}

}  // namespace

void Totals::add(const Record& record) {
  ++by_status_[static_cast<std::size_t>(record.status)];
  if (record.status == Status::unrated || record.status == Status::rejected) {
    ++by_reason_[record.reason];
  }
  if (record.status != Status::rated) return;
  const std::uint32_t account = account_of(record.account);
  ++accounts_[account].calls;
  amount_ += record.charge.amount;
  for (const rating::Line& line : record.charge.used_lines()) {
    ItemTotal& total = item_of(account, line.row->item_index);
    ++total.calls;
    total.quantity += money::Decimal::whole(static_cast<std::int64_t>(line.quantity));
    total.amount += line.amount;
  }
}

void Totals::add(const Totals& other) {
  for (std::size_t i = 0; i < status_count; ++i) by_status_[i] += other.by_status_[i];
  for (const auto& [reason, count] : other.by_reason_) by_reason_[reason] += count;
  amount_ += other.amount_;
  std::vector<std::uint32_t> account_here;
  for (const Account& account : other.accounts_) {
    account_here.push_back(account_of(account.name));
    accounts_[account_here.back()].calls += account.calls;
  }
  for (const ItemTotal& theirs : other.items_) {
    ItemTotal& ours = item_of(account_here[theirs.account], theirs.item);
    ours.calls += theirs.calls;
    ours.quantity += theirs.quantity;
    ours.amount += theirs.amount;
  }
}

std::uint64_t Totals::lines() const {
  return std::accumulate(by_status_.begin(), by_status_.end(), std::uint64_t{0});
}

std::uint32_t Totals::account_of(std::string_view name) {
  if (last_account_ < accounts_.size() && accounts_[last_account_].name == name) {
    return last_account_;
  }
  const auto found = account_index_.find(name);
  if (found != account_index_.end()) return last_account_ = found->second;
  last_account_ = static_cast<std::uint32_t>(accounts_.size());
  accounts_.push_back({std::string(name), 0});
  account_index_.emplace(name, last_account_);
  return last_account_;
}

ItemTotal& Totals::item_of(std::uint32_t account, std::uint32_t item) {
  if ((items_.size() + 1) * 2 > slots_.size()) grow_slots();
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash_of(account, item) & mask;
  for (; slots_[at] != 0; at = (at + 1) & mask) {
    ItemTotal& total = items_[slots_[at] - 1];
    if (total.account == account && total.item == item) return total;
  }
  items_.push_back({account, item, 0, {}, {}});
  slots_[at] = static_cast<std::uint32_t>(items_.size());
  return items_.back();
}

void Totals::grow_slots() {
  slots_.assign(slots_.empty() ? 256 : slots_.size() * 4, 0);
  const std::size_t mask = slots_.size() - 1;
  for (std::uint32_t i = 0; i < items_.size(); ++i) {
    std::size_t at = hash_of(items_[i].account, items_[i].item) & mask;
    while (slots_[at] != 0) at = (at + 1) & mask;
    slots_[at] = i + 1;
  }
}

}  // namespace steelyard::batch
