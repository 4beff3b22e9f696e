#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "steelyard/base/time.h"
#include "steelyard/billing/invoice.h"
#include "steelyard/core/usage_book.h"

namespace steelyard::core {

/// Which invoice or credit note is meant.
struct InvoiceOf {
  std::uint32_t tenant = 0;
  std::string account;
  billing::InvoiceKind kind = billing::InvoiceKind::invoice;
  std::string period;  ///< "2026-10"
  base::Instant from;
  base::Instant to;  ///< Exclusive.
};

/// A line of a document, with texts of its own: it outlives the core's next fact.
struct InvoiceLine {
  std::string month;     ///< Of the usage: "2026-10".
  bool is_late = false;  ///< It came when that month had been invoiced;
  std::string invoice;   ///< by the one of this number. Empty: there is none.
  std::string item;
  std::string tier;
  std::string unit;
  money::Decimal price;
  money::Decimal per;
  money::Decimal quantity;
  money::Decimal amount;
  std::uint64_t events = 0;
};

/// What an invoice would say now. Nothing follows from it but a command that freezes it.
struct InvoiceDraft {
  InvoiceOf of;
  std::string series;
  std::uint64_t number = 0;
  /// Of the last fact that changed what it says: it is what the books say as long as that is so.
  std::uint64_t changed_at = 0;
  std::vector<InvoiceLine> lines;
  money::Decimal tax_percent;
  billing::InvoiceTotals totals;
  billing::Seller seller;
  billing::Buyer buyer;
};

}  // namespace steelyard::core
