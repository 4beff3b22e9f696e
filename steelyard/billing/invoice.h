#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "steelyard/money/decimal.h"
#include "steelyard/money/money.h"

namespace steelyard::billing {

/// What kind of document. Numbers are stored.
enum class InvoiceKind : std::uint8_t {
  invoice = 1,
  credit_note = 2,  ///< Of what was invoiced and taken back: its amounts are what is given back.
  imported = 3,     ///< Of another system, from before this one.
};

/// The enumerator as text: "credit_note".
std::string_view name_of(InvoiceKind kind);

/// Who sells, as invoices say it. Each may be empty.
struct Seller {
  std::string name;
  std::string address;
  std::string tax_id;
  /// A series is what its numbers begin with: "INV-000001", "INV-000002", …
  std::string invoice_series = "INV-";
  std::string credit_note_series = "CN-";
  bool invoices_no_usage = false;  ///< An invoice over 0 where nothing was used.

  const std::string& series_of(InvoiceKind kind) const {
    return kind == InvoiceKind::invoice ? invoice_series : credit_note_series;
  }
};

/// Who buys, and what tax comes on top.
struct Buyer {
  std::string name;
  std::string address;
  std::string tax_id;
  std::string tax_name;
  money::Decimal tax_percent;  ///< 0 to 100.
  std::string time_zone;       ///< Where invoices also say when a period begins; empty: nowhere.
};

/// How the sum of an invoice's lines becomes what is to be paid.
struct InvoiceTotals {
  money::Decimal lines;     ///< Exact.
  money::Decimal rounding;  ///< lines + rounding = net.
  money::Decimal net;       ///< Whole minor units of the currency.
  money::Decimal tax;       ///< net × percent ÷ 100, rounded half up: a tax is never exact.
  money::Decimal total;     ///< net + tax.

  bool operator==(const InvoiceTotals&) const = default;
};

/// The one place where an invoice rounds: its net toward zero (source: token-billing.md, D20), that
/// of a credit note half up, or many small ones would give nothing back.
/// Requires: 0 <= tax_percent <= 100, |lines| <= 10^24.
InvoiceTotals totals_of(InvoiceKind kind, money::Decimal lines, money::Decimal tax_percent,
                        const money::Currency& currency);

/// "INV-000001": at least six digits.
std::string invoice_number(std::string_view series, std::uint64_t number);

}  // namespace steelyard::billing
