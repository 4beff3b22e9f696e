#include "steelyard/ledger/refusal.h"

#include "steelyard/base/check.h"

namespace steelyard::ledger {

std::string_view name_of(Refusal refusal) {
#define STEELYARD_NAME(name) \
  case Refusal::name: return #name
  switch (refusal) {
    STEELYARD_NAME(insufficient_balance);
    STEELYARD_NAME(budget_exceeded);
    STEELYARD_NAME(unknown_hold);
    STEELYARD_NAME(hold_not_open);
    STEELYARD_NAME(hold_conflict);
    STEELYARD_NAME(unknown_account);
    STEELYARD_NAME(unknown_budget);
    STEELYARD_NAME(unknown_original);
    STEELYARD_NAME(unknown_time_zone);
    STEELYARD_NAME(currency_mismatch);
    STEELYARD_NAME(origin_conflict);
    STEELYARD_NAME(name_is_invalid);
    STEELYARD_NAME(idempotency_key_reused);
    STEELYARD_NAME(amount_out_of_range);
    STEELYARD_NAME(time_out_of_range);
    STEELYARD_NAME(refund_exceeds_original);
    STEELYARD_NAME(entry_not_balanced);
    STEELYARD_NAME(account_not_adjustable);
    STEELYARD_NAME(budget_conflict);
    STEELYARD_NAME(threshold_out_of_range);
    STEELYARD_NAME(quota_is_empty);
    STEELYARD_NAME(no_price);
    STEELYARD_NAME(account_closed);
    STEELYARD_NAME(account_has_open_holds);
    STEELYARD_NAME(unknown_proposal);
    STEELYARD_NAME(proposal_not_open);
    STEELYARD_NAME(own_proposal);
    STEELYARD_NAME(too_many_proposals);
    STEELYARD_NAME(period_not_over);
    STEELYARD_NAME(period_is_closed);
    STEELYARD_NAME(nothing_to_invoice);
    STEELYARD_NAME(invoice_out_of_date);
    STEELYARD_NAME(books_do_not_agree);
  }
#undef STEELYARD_NAME
  base::check_failed("every refusal has a name", __FILE__, __LINE__);
}

}  // namespace steelyard::ledger
