#include "steelyard/batch/totals.h"

#include <numeric>

#include "steelyard/base/hash.h"

namespace steelyard::batch {
namespace {

std::uint64_t hash_of(std::uint32_t account, std::uint32_t item) {
  return base::hash_pair(account, item);
}

}  // namespace

void Totals::add(std::span<const Record> records) {
  constexpr std::size_t ahead = 8;  // How far each step runs before the next one.
  std::array<std::uint64_t, 2 * ahead> hashes{};
  std::array<std::uint32_t, 2 * ahead> accounts{};
  const std::size_t count = records.size();
  for (std::size_t step = 0; step < count + 2 * ahead; ++step) {
    if (step < count) {
      std::uint64_t& hash = hashes[step % hashes.size()];
      hash = base::hash(records[step].account);
      account_slots_.prefetch(hash);
    }
    if (step >= ahead && step - ahead < count) {
      const Record& record = records[step - ahead];
      std::uint32_t& account = accounts[(step - ahead) % accounts.size()];
      if (record.status == Status::rated) {
        account = account_of(record.account, hashes[(step - ahead) % hashes.size()]);
        for (const rating::Line& line : record.charge.used_lines()) {
          item_slots_.prefetch(hash_of(account, line.row->item_index));
        }
      }
    }
    if (step < 2 * ahead) continue;
    const Record& record = records[step - 2 * ahead];
    ++by_status_[static_cast<std::size_t>(record.status)];
    if (record.status == Status::unrated || record.status == Status::rejected) {
      ++by_reason_[record.reason];
    }
    if (record.status == Status::rated) {
      add_charge(record, accounts[(step - 2 * ahead) % accounts.size()]);
    }
  }
}

void Totals::add_charge(const Record& record, std::uint32_t account) {
  ++accounts_[account].calls;
  amount_ += record.charge.amount;
  for (const rating::Line& line : record.charge.used_lines()) {
    ItemTotal& total = item_of(account, line.row->item_index);
    ++total.calls;
    total.quantity += money::Decimal::whole(static_cast<std::int64_t>(line.quantity));
    total.amount += line.amount;
  }
  std::uint32_t last_item = UINT32_MAX;
  for (const rating::cloud::Line& line : record.cloud.lines) {
    ItemTotal& total = item_of(account, line.row->item_index);
    if (line.row->item_index != last_item) ++total.calls;
    last_item = line.row->item_index;
    if (!line.row->is_money) total.quantity += line.quantity;
    total.amount += line.amount;
  }
}

void Totals::add(const Totals& other) {
  for (std::size_t i = 0; i < status_count; ++i) by_status_[i] += other.by_status_[i];
  for (const auto& [reason, count] : other.by_reason_) by_reason_[reason] += count;
  amount_ += other.amount_;
  std::vector<std::uint32_t> account_here;
  for (const Account& account : other.accounts_) {
    account_here.push_back(account_of(account.name, account.hash));
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

std::uint32_t Totals::account_of(std::string_view name, std::uint64_t hash) {
  if (account_slots_.is_full_at(accounts_.size())) grow_accounts();
  std::size_t at = account_slots_.first(hash);
  for (; account_slots_.at(at) != Slots::free; at = account_slots_.after(at)) {
    const Account& account = accounts_[account_slots_.at(at)];
    if (account.hash == hash && account.name == name) return account_slots_.at(at);
  }
  const auto number = static_cast<std::uint32_t>(accounts_.size());
  accounts_.push_back({std::string(name), hash, 0});
  account_slots_.set(at, number);
  return number;
}

ItemTotal& Totals::item_of(std::uint32_t account, std::uint32_t item) {
  if (item_slots_.is_full_at(items_.size())) grow_items();
  std::size_t at = item_slots_.first(hash_of(account, item));
  for (; item_slots_.at(at) != Slots::free; at = item_slots_.after(at)) {
    ItemTotal& total = items_[item_slots_.at(at)];
    if (total.account == account && total.item == item) return total;
  }
  item_slots_.set(at, static_cast<std::uint32_t>(items_.size()));
  items_.push_back({account, item, 0, {}, {}});
  return items_.back();
}

void Totals::grow_accounts() {
  account_slots_.clear_larger();
  for (std::uint32_t i = 0; i < accounts_.size(); ++i) {
    std::size_t at = account_slots_.first(accounts_[i].hash);
    while (account_slots_.at(at) != Slots::free) at = account_slots_.after(at);
    account_slots_.set(at, i);
  }
}

void Totals::grow_items() {
  item_slots_.clear_larger();
  for (std::uint32_t i = 0; i < items_.size(); ++i) {
    std::size_t at = item_slots_.first(hash_of(items_[i].account, items_[i].item));
    while (item_slots_.at(at) != Slots::free) at = item_slots_.after(at);
    item_slots_.set(at, i);
  }
}

}  // namespace steelyard::batch
