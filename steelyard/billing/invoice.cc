#include "steelyard/billing/invoice.h"

#include <algorithm>

#include "steelyard/base/check.h"

namespace steelyard::billing {

using money::Decimal;
using money::Rounding;

std::string_view name_of(InvoiceKind kind) {
  switch (kind) {
    case InvoiceKind::invoice: return "invoice";
    case InvoiceKind::credit_note: return "credit_note";
    case InvoiceKind::imported: return "imported";
  }
  base::check_failed("every kind of invoice has a name", __FILE__, __LINE__);
}

InvoiceTotals totals_of(InvoiceKind kind, Decimal lines, Decimal tax_percent,
                        const money::Currency& currency) {
  const int digits = money::minor_digits(currency);
  InvoiceTotals totals;
  totals.lines = lines;
  totals.net = lines.rounded(
      digits, kind == InvoiceKind::credit_note ? Rounding::half_away : Rounding::toward_zero);
  totals.rounding = totals.net - lines;
  // Twelve digits behind the point hold the product: a net of 3, a percentage of few.
  const auto tax =
      Decimal::mul_div(totals.net, tax_percent, Decimal::whole(100), Rounding::half_away);
  STEELYARD_CHECK(tax.has_value());
  totals.tax = tax->rounded(digits, Rounding::half_away);
  totals.total = totals.net + totals.tax;
  return totals;
}

std::string invoice_number(std::string_view series, std::uint64_t number) {
  constexpr std::size_t digits_min = 6;
  const std::string digits = std::to_string(number);
  const std::size_t missing = digits_min - std::min(digits.size(), digits_min);
  return std::string(series) + std::string(missing, '0') + digits;
}

}  // namespace steelyard::billing
