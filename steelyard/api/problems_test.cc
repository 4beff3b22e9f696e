#include <gtest/gtest.h>

#include <string>

#include "steelyard/ledger/refusal.h"
#include "steelyard/server/problem.h"

namespace steelyard::api {
namespace {

TEST(Problems, every_refusal_of_the_ledger_has_a_row) {
  for (const ledger::Refusal each :
       {ledger::Refusal::insufficient_balance, ledger::Refusal::budget_exceeded,
        ledger::Refusal::unknown_hold,         ledger::Refusal::hold_not_open,
        ledger::Refusal::hold_conflict,        ledger::Refusal::unknown_account,
        ledger::Refusal::unknown_budget,       ledger::Refusal::unknown_original,
        ledger::Refusal::unknown_time_zone,    ledger::Refusal::currency_mismatch,
        ledger::Refusal::origin_conflict,      ledger::Refusal::idempotency_key_reused,
        ledger::Refusal::name_is_invalid,      ledger::Refusal::amount_out_of_range,
        ledger::Refusal::time_out_of_range,    ledger::Refusal::refund_exceeds_original,
        ledger::Refusal::entry_not_balanced,   ledger::Refusal::account_not_adjustable,
        ledger::Refusal::budget_conflict,      ledger::Refusal::threshold_out_of_range,
        ledger::Refusal::quota_is_empty,       ledger::Refusal::no_price,
        ledger::Refusal::account_closed,       ledger::Refusal::account_has_open_holds,
        ledger::Refusal::unknown_proposal,     ledger::Refusal::proposal_not_open,
        ledger::Refusal::own_proposal,         ledger::Refusal::too_many_proposals,
        ledger::Refusal::period_not_over,      ledger::Refusal::period_is_closed,
        ledger::Refusal::nothing_to_invoice,   ledger::Refusal::invoice_out_of_date,
        ledger::Refusal::books_do_not_agree}) {
    EXPECT_NE(server::find_problem(ledger::name_of(each)), nullptr) << ledger::name_of(each);
  }
}

TEST(Problems, every_error_of_the_node_has_a_row) {
  for (const ErrorCode each :
       {ErrorCode::malformed_json, ErrorCode::too_large, ErrorCode::invalid_time,
        ErrorCode::disk_full, ErrorCode::store_failed, ErrorCode::query_is_refused,
        ErrorCode::query_took_too_long, ErrorCode::store_is_locked, ErrorCode::overloaded,
        ErrorCode::storage_failed, ErrorCode::log_is_damaged, ErrorCode::directory_is_locked,
        ErrorCode::other_store, ErrorCode::unknown_format, ErrorCode::server_is_unreachable}) {
    EXPECT_NE(server::find_problem(base::name_of(each)), nullptr) << base::name_of(each);
  }
}

}  // namespace
}  // namespace steelyard::api
