#include "steelyard/core/invoice_book.h"

#include <algorithm>
#include <iterator>

#include "steelyard/base/check.h"
#include "steelyard/ledger/bytes.h"

namespace steelyard::core {

using billing::Buyer;
using billing::InvoiceKind;
using billing::Seller;
using ledger::ByteReader;
using ledger::ByteWriter;

namespace {

std::string value_of(const Seller& seller) {
  std::string value;
  ByteWriter to(value);
  to.text(seller.name);
  to.text(seller.address);
  to.text(seller.tax_id);
  to.text(seller.invoice_series);
  to.text(seller.credit_note_series);
  to.u8(seller.invoices_no_usage ? 1 : 0);
  return value;
}

std::optional<Seller> read_seller(std::string_view value) {
  ByteReader from(value);
  Seller seller;
  seller.name = from.text();
  seller.address = from.text();
  seller.tax_id = from.text();
  seller.invoice_series = from.text();
  seller.credit_note_series = from.text();
  seller.invoices_no_usage = from.boolean();
  return from.is_done() ? std::optional(std::move(seller)) : std::nullopt;
}

std::string value_of(const Buyer& buyer) {
  std::string value;
  ByteWriter to(value);
  to.text(buyer.name);
  to.text(buyer.address);
  to.text(buyer.tax_id);
  to.text(buyer.tax_name);
  to.decimal(buyer.tax_percent);
  to.text(buyer.time_zone);
  return value;
}

std::optional<Buyer> read_buyer(std::string_view value) {
  ByteReader from(value);
  Buyer buyer;
  buyer.name = from.text();
  buyer.address = from.text();
  buyer.tax_id = from.text();
  buyer.tax_name = from.text();
  buyer.tax_percent = from.decimal();
  buyer.time_zone = from.text();
  return from.is_done() ? std::optional(std::move(buyer)) : std::nullopt;
}

std::string value_of(const FrozenInvoice& invoice) {
  std::string value;
  ByteWriter to(value);
  to.u32(invoice.tenant);
  to.text(invoice.account);
  to.u8(static_cast<std::uint8_t>(invoice.kind));
  to.text(invoice.series);
  to.u64(invoice.number);
  to.text(invoice.period);
  to.instant(invoice.from);
  to.instant(invoice.to);
  to.decimal(invoice.tax_percent);
  to.decimal(invoice.totals.lines);
  to.decimal(invoice.totals.rounding);
  to.decimal(invoice.totals.net);
  to.decimal(invoice.totals.tax);
  to.decimal(invoice.totals.total);
  to.instant(invoice.frozen_at);
  value.append(invoice.hash.begin(), invoice.hash.end());
  return value;
}

std::optional<FrozenInvoice> read_invoice(std::uint64_t sequence, std::string_view value) {
  FrozenInvoice invoice;
  if (value.size() < invoice.hash.size()) return std::nullopt;
  std::ranges::copy(value.substr(value.size() - invoice.hash.size()), invoice.hash.begin());
  ByteReader from(value.substr(0, value.size() - invoice.hash.size()));
  invoice.sequence = sequence;
  invoice.tenant = from.u32();
  invoice.account = from.text();
  invoice.kind = from.enumerator(InvoiceKind::invoice, InvoiceKind::imported);
  invoice.series = from.text();
  invoice.number = from.u64();
  invoice.period = from.text();
  invoice.from = from.instant();
  invoice.to = from.instant();
  invoice.tax_percent = from.decimal();
  invoice.totals.lines = from.decimal();
  invoice.totals.rounding = from.decimal();
  invoice.totals.net = from.decimal();
  invoice.totals.tax = from.decimal();
  invoice.totals.total = from.decimal();
  invoice.frozen_at = from.instant();
  return from.is_done() ? std::optional(std::move(invoice)) : std::nullopt;
}

template <class Map>
const typename Map::mapped_type* find_in(const Map& map, const typename Map::key_type& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

}  // namespace

const Seller& InvoiceBook::seller(std::uint32_t tenant) const {
  static const Seller unnamed;
  const Seller* const found = find_in(sellers_, tenant);
  return found == nullptr ? unnamed : *found;
}

const Buyer& InvoiceBook::buyer(std::uint32_t tenant, std::string_view account) const {
  static const Buyer unnamed;
  const Buyer* const found = find_in(buyers_, {tenant, std::string(account)});
  return found == nullptr ? unnamed : *found;
}

void InvoiceBook::each_buyer(
    std::uint32_t tenant,
    const std::function<void(const std::string& account, const Buyer&)>& visit) const {
  for (auto at = buyers_.lower_bound({tenant, {}}); at != buyers_.end(); ++at) {
    if (at->first.first != tenant) return;
    visit(at->first.second, at->second);
  }
}

void InvoiceBook::set_seller(std::uint32_t tenant, Seller seller) {
  sellers_[tenant] = std::move(seller);
  changed_sellers_.insert(tenant);
}

void InvoiceBook::set_buyer(std::uint32_t tenant, std::string_view account, Buyer buyer) {
  const Account key(tenant, account);
  buyers_[key] = std::move(buyer);
  changed_buyers_.insert(key);
}

std::uint64_t InvoiceBook::next_number(std::uint32_t tenant, std::string_view series) const {
  const std::uint64_t* const last = find_in(last_numbers_, {tenant, std::string(series)});
  return last == nullptr ? 1 : *last + 1;
}

const FrozenInvoice* InvoiceBook::at(std::uint64_t sequence) const {
  return find_in(invoices_, sequence);
}

const FrozenInvoice* InvoiceBook::find(std::uint32_t tenant, std::string_view number) const {
  const std::uint64_t* const sequence = find_in(by_number_, {tenant, std::string(number)});
  return sequence == nullptr ? nullptr : at(*sequence);
}

const FrozenInvoice* InvoiceBook::invoice_of(std::uint32_t tenant, std::string_view account,
                                             std::string_view period) const {
  const std::uint64_t* const sequence =
      find_in(of_periods_, {{tenant, std::string(account)}, std::string(period)});
  return sequence == nullptr ? nullptr : at(*sequence);
}

const FrozenInvoice* InvoiceBook::invoice_behind(std::uint32_t tenant, std::string_view account,
                                                 std::int64_t day) const {
  const std::set<std::uint64_t>* const all = find_in(of_accounts_, {tenant, std::string(account)});
  const FrozenInvoice* first = nullptr;
  if (all == nullptr) return first;
  for (const std::uint64_t sequence : *all) {
    const FrozenInvoice& each = invoices_.at(sequence);
    if (each.kind == InvoiceKind::credit_note || each.to.seconds <= day) continue;
    if (first == nullptr || each.to < first->to) first = &each;
  }
  return first;
}

void InvoiceBook::each_below(std::uint32_t tenant, const std::optional<std::string>& account,
                             std::uint64_t sequence,
                             const std::function<bool(const FrozenInvoice&)>& visit) const {
  const std::set<std::uint64_t>* const all = account.has_value()
                                                 ? find_in(of_accounts_, {tenant, *account})
                                                 : find_in(of_tenants_, tenant);
  if (all == nullptr) return;
  for (auto each = std::make_reverse_iterator(all->lower_bound(sequence)); each != all->rend();
       ++each) {
    if (!visit(invoices_.at(*each))) return;
  }
}

money::Decimal InvoiceBook::lines_total(std::uint32_t tenant) const {
  money::Decimal total;
  each_below(tenant, std::nullopt, UINT64_MAX, [&](const FrozenInvoice& each) {
    const bool is_credit = each.kind == InvoiceKind::credit_note;
    total += is_credit ? -each.totals.lines : each.totals.lines;
    return true;
  });
  return total;
}

void InvoiceBook::keep(FrozenInvoice invoice) {
  const Account account(invoice.tenant, invoice.account);
  of_tenants_[invoice.tenant].insert(invoice.sequence);
  of_accounts_[account].insert(invoice.sequence);
  by_number_[{invoice.tenant, invoice.number_text()}] = invoice.sequence;
  const bool is_imported = invoice.kind == InvoiceKind::imported;
  if (invoice.kind != InvoiceKind::credit_note) {
    of_periods_.try_emplace({account, invoice.period}, invoice.sequence);
  }
  if (!is_imported) last_numbers_[{invoice.tenant, invoice.series}] = invoice.number;
  invoices_.emplace(invoice.sequence, std::move(invoice));
}

bool InvoiceBook::is_next(const FrozenInvoice& invoice) const {
  if (invoice.kind == InvoiceKind::imported) {
    return find(invoice.tenant, invoice.number_text()) == nullptr;
  }
  return invoice.number == next_number(invoice.tenant, invoice.series);
}

void InvoiceBook::add(FrozenInvoice invoice) {
  STEELYARD_CHECK(is_next(invoice));
  STEELYARD_CHECK(invoices_.empty() || invoices_.rbegin()->first < invoice.sequence);
  new_invoices_.push_back(invoice.sequence);
  keep(std::move(invoice));
}

void InvoiceBook::for_each_changed(const EntityVisitor& visit) {
  for (const std::uint32_t tenant : changed_sellers_) {
    std::string key(1, seller_kind);
    ByteWriter(key).sorting(tenant);
    visit(key, value_of(sellers_.at(tenant)));
  }
  changed_sellers_.clear();
  for (const Account& account : changed_buyers_) {
    std::string key(1, buyer_kind);
    ByteWriter(key).sorting(account.first);
    visit(key + account.second, value_of(buyers_.at(account)));
  }
  changed_buyers_.clear();
  for (const std::uint64_t sequence : new_invoices_) {
    std::string key(1, invoice_kind);
    ByteWriter(key).sorting(sequence);
    visit(key, value_of(invoices_.at(sequence)));
  }
  new_invoices_.clear();
}

bool InvoiceBook::restore(std::string_view key, std::string_view value) {
  if (key.empty()) return false;
  ByteReader name(key.substr(1));
  if (key[0] == invoice_kind) {
    const auto sequence = name.sorting<std::uint64_t>();
    auto invoice = read_invoice(sequence, value);
    if (!name.is_done() || !invoice.has_value() || !is_next(*invoice)) return false;
    keep(*std::move(invoice));
    return true;
  }
  const auto tenant = name.sorting<std::uint32_t>();
  if (!name.is_good()) return false;
  if (key[0] == seller_kind) {
    auto seller = read_seller(value);
    return name.is_done() && seller.has_value() &&
           sellers_.emplace(tenant, *std::move(seller)).second;
  }
  auto buyer = read_buyer(value);
  return key[0] == buyer_kind && buyer.has_value() &&
         buyers_.emplace(Account(tenant, key.substr(1 + sizeof tenant)), *std::move(buyer)).second;
}

}  // namespace steelyard::core
