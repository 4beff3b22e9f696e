#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

#include "steelyard/ledger/entry.h"
#include "steelyard/money/decimal.h"

namespace steelyard::ledger {

/// Why a command changed nothing. Each name is true when it is given, and is the same word in
/// JSON and docs. Numbers are never reused.
enum class Refusal : std::uint8_t {
  // May not be spent.
  insufficient_balance = 1,  ///< `available` < `asked`.
  budget_exceeded = 2,       ///< At `budget`: `available` < `asked`.

  // A hold.
  unknown_hold = 10,   ///< Never opened, or ended so long ago that it is forgotten.
  hold_not_open = 11,  ///< It ended as `state` says.
  hold_conflict = 12,  ///< The id is that of a hold with other content.

  // What a command names.
  unknown_account = 20,
  unknown_budget = 21,
  unknown_original = 22,
  unknown_time_zone = 23,
  currency_mismatch = 24,
  origin_conflict = 25,         ///< The origin is that of a command with other content.
  idempotency_key_reused = 27,  ///< The key was answered to another command.
  name_is_invalid = 26,         ///< Empty, or longer than NameIndex::bytes_max.

  // What a command asks for.
  amount_out_of_range = 30,  ///< Negative, 0 or too large where it may not be; a total overflows.
  time_out_of_range = 31,  ///< A time to live, a time before 1970 or after 2200, an empty stretch.
  refund_exceeds_original = 32,  ///< `available` is what can still be given back.
  entry_not_balanced = 33,
  account_not_adjustable = 34,  ///< `reserved` and `promo` change by holds and grants only.
  budget_conflict = 35,         ///< Another parent, currency or depth than a node may have.
  threshold_out_of_range = 36,
  quota_is_empty = 37,  ///< No tokens, no kind of token, or no time.
  no_price = 38,        ///< Of the call that a hold is for.

  // A customer who leaves.
  account_closed = 40,
  account_has_open_holds = 41,

  // What another person has to approve.
  unknown_proposal = 50,   ///< Never made, or decided so long ago that it is forgotten.
  proposal_not_open = 51,  ///< It was approved or rejected, or its time is over.
  own_proposal = 52,       ///< By the key that proposed it, or one that made the other.
  too_many_proposals = 53,

  // An invoice.
  period_not_over = 60,      ///< Its end, or the hour of grace behind it, is still to come.
  period_is_closed = 61,     ///< An invoice of a later period was frozen before.
  nothing_to_invoice = 62,   ///< No usage that no invoice has.
  invoice_out_of_date = 63,  ///< What is to be frozen is not what the books say now.
  books_do_not_agree = 64,   ///< Charges and ledger differ: nothing is frozen on top of that.
};

/// The enumerator as text: "budget_exceeded".
std::string_view name_of(Refusal refusal);

/// A refusal with the figures that explain it. Owns no memory.
struct Refused {
  Refusal why;
  BudgetId budget = no_budget;        ///< The node that refused, with budget_exceeded.
  HoldState state = HoldState::open;  ///< Of the hold, with hold_not_open.
  money::Decimal asked = {};
  money::Decimal available = {};
};

template <class T>
using Answer = std::expected<T, Refused>;

}  // namespace steelyard::ledger
