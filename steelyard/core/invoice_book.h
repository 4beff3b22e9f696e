#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "steelyard/base/time.h"
#include "steelyard/billing/invoice.h"
#include "steelyard/core/entity.h"
#include "steelyard/log/hash.h"

namespace steelyard::core {

/// An invoice or a credit note that does not change any more. Its document is in the log, in the
/// record that froze it.
struct FrozenInvoice {
  std::uint64_t sequence = 0;  ///< Of that record.
  std::uint32_t tenant = 0;
  std::string account;
  billing::InvoiceKind kind = billing::InvoiceKind::invoice;
  std::string series;
  std::uint64_t number = 0;  ///< In its series, from 1 on without a gap.
  std::string period;        ///< "2026-10"
  base::Instant from;
  base::Instant to;  ///< Exclusive.
  money::Decimal tax_percent;
  billing::InvoiceTotals totals;
  base::Instant frozen_at;
  log::Hash hash{};  ///< SHA-256 of its document.

  /// Of one that was imported, `series` is its number in the other system.
  std::string number_text() const {
    if (kind == billing::InvoiceKind::imported) return imported_number(series);
    return billing::invoice_number(series, number);
  }

  /// "imported:2025-77": never one of ours.
  static std::string imported_number(std::string_view number) {
    return std::string(imported_prefix).append(number);
  }
  static constexpr std::string_view imported_prefix = "imported:";
};

/// What was frozen, for all tenants, and what invoices say of seller and buyer.
class InvoiceBook {
 public:
  const billing::Seller& seller(std::uint32_t tenant) const;
  const billing::Buyer& buyer(std::uint32_t tenant, std::string_view account) const;
  /// Of all accounts of a tenant that one was set for.
  void each_buyer(
      std::uint32_t tenant,
      const std::function<void(const std::string& account, const billing::Buyer&)>& visit) const;
  void set_seller(std::uint32_t tenant, billing::Seller seller);
  void set_buyer(std::uint32_t tenant, std::string_view account, billing::Buyer buyer);

  /// The number that the next document of a series gets.
  std::uint64_t next_number(std::uint32_t tenant, std::string_view series) const;

  // Null: there is none.
  const FrozenInvoice* at(std::uint64_t sequence) const;
  const FrozenInvoice* find(std::uint32_t tenant, std::string_view number) const;
  /// Ours, or the first that was imported.
  const FrozenInvoice* invoice_of(std::uint32_t tenant, std::string_view account,
                                  std::string_view period) const;
  /// The first that counts days that begin then: that of their month, or of a later one if theirs
  /// was passed over.
  const FrozenInvoice* invoice_behind(std::uint32_t tenant, std::string_view account,
                                      std::int64_t day) const;

  /// Those of a tenant, or of one account of it, below a sequence; the newest first, until `visit`
  /// returns false.
  void each_below(std::uint32_t tenant, const std::optional<std::string>& account,
                  std::uint64_t sequence,
                  const std::function<bool(const FrozenInvoice&)>& visit) const;

  /// Of all of a tenant: the lines of invoices, imported ones too, less those of credit notes.
  money::Decimal lines_total(std::uint32_t tenant) const;

  /// Requires: its number is the next of its series, or its imported one is new; sequences rise.
  void add(FrozenInvoice invoice);

  /// Called with each that changed since the last call: a key of the book, and its value.
  void for_each_changed(const EntityVisitor& visit);

  /// Takes them back in the order of their keys. False: it is none.
  [[nodiscard]] bool restore(std::string_view key, std::string_view value);

  static constexpr char seller_kind = 'a';
  static constexpr char buyer_kind = 'b';
  static constexpr char invoice_kind = 'c';

 private:
  using Account = std::pair<std::uint32_t, std::string>;

  bool is_next(const FrozenInvoice& invoice) const;
  void keep(FrozenInvoice invoice);

  std::map<std::uint32_t, billing::Seller> sellers_;
  std::map<Account, billing::Buyer> buyers_;
  std::map<std::uint64_t, FrozenInvoice> invoices_;  // By sequence.
  std::map<std::uint32_t, std::set<std::uint64_t>> of_tenants_;
  std::map<Account, std::set<std::uint64_t>> of_accounts_;
  std::map<Account, std::uint64_t> by_number_;  // Tenant, number as a text.
  std::map<std::pair<Account, std::string>, std::uint64_t> of_periods_;  // No credit notes.
  std::map<Account, std::uint64_t> last_numbers_;                        // Tenant, series.

  std::set<std::uint32_t> changed_sellers_;
  std::set<Account> changed_buyers_;
  std::vector<std::uint64_t> new_invoices_;
};

}  // namespace steelyard::core
