#pragma once

#include <string>

#include "steelyard/base/time.h"
#include "steelyard/core/core.h"
#include "steelyard/log/frame.h"

namespace steelyard::api {

/// What a document says beside its draft.
struct DrawnUp {
  base::Instant at;
  std::string time_zone;  ///< Of its period.
  base::Calendar calendar;
  std::string currency;
  log::ChainPoint head;  ///< Of the log, when it was drawn up: it says what follows from that.
};

/// An invoice or a credit note as JSON, in one line: what is frozen. Amounts are decimal strings.
std::string document_of(const core::InvoiceDraft& draft, const DrawnUp& drawn_up);

/// What is known of a frozen one without its document.
std::string summary_json(const core::FrozenInvoice& invoice, std::string_view currency);

}  // namespace steelyard::api
