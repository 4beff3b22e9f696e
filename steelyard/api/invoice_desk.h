#pragma once

#include <expected>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "steelyard/api/services.h"
#include "steelyard/core/core.h"
#include "steelyard/server/problem.h"

namespace steelyard::api {

/// Draws up invoices and credit notes and has them frozen, one after the other: each has the next
/// number of its series.
class InvoiceDesk {
 public:
  explicit InvoiceDesk(Services& services) : services_(&services) {}

  struct Frozen {
    core::FrozenInvoice invoice;
    std::string document;    ///< Empty of one that was frozen before: ask `document`.
    bool is_repeat = false;  ///< It was frozen before.
  };

  /// The invoice of a month; one that is frozen, or was imported, stays as it is. `by`: the id of
  /// an API key.
  std::expected<Frozen, server::Problem> freeze_invoice(std::uint32_t tenant,
                                                        const std::string& account,
                                                        std::string_view month,
                                                        std::string_view by);

  /// A credit note of what was taken back of the invoice of one month, the earliest.
  std::expected<Frozen, server::Problem> freeze_credit_note(std::uint32_t tenant,
                                                            const std::string& account,
                                                            std::string_view by);

  /// The bytes that were frozen. Errors: those of reading the log; log_is_damaged where they are
  /// not those of the hash.
  Result<std::string> document(const core::FrozenInvoice& invoice) const;

 private:
  std::expected<Frozen, server::Problem> freeze(const core::InvoiceOf& of, std::string_view by);
  std::expected<core::InvoiceDraft, server::Problem> draw_up(const core::InvoiceOf& of,
                                                             log::ChainPoint& head) const;
  std::optional<Frozen> frozen_before(const core::InvoiceOf& of) const;
  std::optional<core::FrozenInvoice> find(
      const std::function<const core::FrozenInvoice*(const core::InvoiceBook&)>& find) const;

  Services* services_;
  std::mutex mutex_;
};

}  // namespace steelyard::api
