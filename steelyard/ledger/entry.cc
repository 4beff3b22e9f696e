#include "steelyard/ledger/entry.h"

#include "steelyard/base/check.h"

namespace steelyard::ledger {

std::string_view name_of(Account account) {
#define STEELYARD_NAME(name) \
  case Account::name: return #name
  switch (account) {
    STEELYARD_NAME(prepaid);
    STEELYARD_NAME(receivable);
    STEELYARD_NAME(reserved);
    STEELYARD_NAME(promo);
    STEELYARD_NAME(revenue_accrued);
    STEELYARD_NAME(revenue_invoiced);
    STEELYARD_NAME(tax);
    STEELYARD_NAME(rounding);
    STEELYARD_NAME(write_off);
    STEELYARD_NAME(suspense);
    STEELYARD_NAME(cash_clearing);
    STEELYARD_NAME(promotion);
  }
#undef STEELYARD_NAME
  base::check_failed("every account has a name", __FILE__, __LINE__);
}

std::string_view name_of(EntryKind kind) {
#define STEELYARD_NAME(name) \
  case EntryKind::name: return #name
  switch (kind) {
    STEELYARD_NAME(charge);
    STEELYARD_NAME(top_up);
    STEELYARD_NAME(grant);
    STEELYARD_NAME(grant_expiry);
    STEELYARD_NAME(hold_open);
    STEELYARD_NAME(hold_capture);
    STEELYARD_NAME(hold_release);
    STEELYARD_NAME(hold_expiry);
    STEELYARD_NAME(refund);
    STEELYARD_NAME(correction);
    STEELYARD_NAME(adjustment);
    STEELYARD_NAME(rounding);
    STEELYARD_NAME(invoice);
  }
#undef STEELYARD_NAME
  base::check_failed("every kind of entry has a name", __FILE__, __LINE__);
}

std::string_view name_of(HoldState state) {
  switch (state) {
    case HoldState::open: return "open";
    case HoldState::captured: return "captured";
    case HoldState::released: return "released";
    case HoldState::expired: return "expired";
  }
  base::check_failed("every state of a hold has a name", __FILE__, __LINE__);
}

}  // namespace steelyard::ledger
