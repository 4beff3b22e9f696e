#include <algorithm>

#include "steelyard/ledger/books_for_tests.h"
#include "steelyard/ledger/ledger.h"

namespace steelyard::ledger {
namespace {

using LedgerHolds = Books;

TEST_F(LedgerHolds, keep_what_they_ask_for_until_they_are_settled) {
  ASSERT_TRUE(top_up("10", "p"));
  const auto answer = authorise("4", "h");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->available, decimal("6"));
  EXPECT_EQ(answer->expires_at, instant("2026-11-25T08:10:00Z"));
  EXPECT_EQ(balance().reserved, decimal("4"));
  EXPECT_EQ(balance().prepaid, decimal("10"));
  const auto settled = settle("h", "2.5", "s");
  ASSERT_TRUE(settled);
  EXPECT_EQ(settled->hold, HoldState::captured);
  EXPECT_EQ(settled->notes, ChargeNotes{});
  EXPECT_EQ(balance().reserved, decimal("0"));
  EXPECT_EQ(balance().prepaid, decimal("7.5"));
  EXPECT_EQ(journal, (std::vector<std::string>{
                         "top_up debit cash_clearing 10, credit prepaid 10",
                         "hold_open pending debit prepaid 4, pending credit reserved 4",
                         "hold_capture pending credit prepaid 4, pending debit reserved 4",
                         "charge debit prepaid 2.5, credit revenue_accrued 2.5"}));
}

TEST_F(LedgerHolds, are_settled_in_parts) {
  ASSERT_TRUE(top_up("10", "p"));
  ASSERT_TRUE(authorise("4", "h"));
  Charge part = settlement("h", "1.5", "s1");
  part.ends_hold = false;
  const auto first = ledger.settle(part);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->hold_reserved, decimal("2.5"));
  EXPECT_EQ(first->hold, HoldState::open);
  EXPECT_TRUE(ledger.settle(part)->is_repeat);
  part.amount = decimal("1");
  EXPECT_TRUE(is_refused(ledger.settle(part), Refusal::origin_conflict));
  part = settlement("h", "3", "s2");
  part.ends_hold = false;
  const auto second = ledger.settle(part);
  EXPECT_TRUE(second->notes.above_hold);
  EXPECT_EQ(second->hold_reserved, decimal("0"));
  EXPECT_EQ(state_of("h"), HoldState::open) << "with nothing left, until it ends";
  EXPECT_EQ(settle("h", "0", "s3")->hold, HoldState::captured);
  EXPECT_EQ(ledger.hold(tenant, id("h"))->captured, decimal("4.5"));
  EXPECT_EQ(balance().available, decimal("5.5"));
  part = settlement("h", "1.5", "s1");
  part.ends_hold = false;
  EXPECT_TRUE(ledger.settle(part)->is_repeat) << "also of a hold that has ended";
}

TEST_F(LedgerHolds, are_known_by_their_id) {
  ASSERT_TRUE(top_up("10", "p"));
  ASSERT_FALSE(authorise("4", "h")->is_repeat);
  const auto again = authorise("4", "h");
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->is_repeat);
  EXPECT_EQ(again->state, HoldState::open);
  EXPECT_EQ(again->reserved, decimal("4"));
  EXPECT_TRUE(is_refused(authorise("5", "h"), Refusal::hold_conflict));
  Authorise other = hold_of("4", "h");
  other.ttl_micros += 1;
  EXPECT_TRUE(is_refused(ledger.authorise(other), Refusal::hold_conflict));
  other = hold_of("4", "h");
  other.item = "qwen-plus/";
  EXPECT_TRUE(is_refused(ledger.authorise(other), Refusal::hold_conflict));
  ASSERT_TRUE(release("h", "r"));
  EXPECT_EQ(authorise("4", "h")->state, HoldState::released);
  EXPECT_EQ(balance().reserved, decimal("0"));
}

TEST_F(LedgerHolds, a_settlement_comes_once) {
  ASSERT_TRUE(top_up("10", "p"));
  ASSERT_TRUE(authorise("4", "h"));
  ASSERT_FALSE(settle("h", "3", "s")->is_repeat);
  EXPECT_TRUE(settle("h", "3", "s")->is_repeat);
  EXPECT_TRUE(is_refused(settle("h", "2", "s"), Refusal::origin_conflict));
  EXPECT_TRUE(is_refused(settle("h", "3", "s2"), Refusal::hold_not_open));
  EXPECT_TRUE(is_refused(settle("other", "3", "s3"), Refusal::unknown_hold));
  EXPECT_EQ(balance().prepaid, decimal("7"));
}

TEST_F(LedgerHolds, usage_is_charged_whatever_its_hold) {
  ASSERT_TRUE(top_up("10", "p"));
  ASSERT_TRUE(authorise("4", "h"));
  ASSERT_TRUE(release("h", "r"));
  const auto ended = ledger.charge(settlement("h", "3", "c1"));
  ASSERT_TRUE(ended);
  EXPECT_TRUE(ended->notes.hold_not_open);
  const auto unknown = ledger.charge(settlement("never", "3", "c2"));
  ASSERT_TRUE(unknown);
  EXPECT_TRUE(unknown->notes.hold_not_open);
  EXPECT_EQ(unknown->hold, std::nullopt);
  EXPECT_EQ(balance().prepaid, decimal("4"));
}

TEST_F(LedgerHolds, of_other_customers_and_tenants_are_unknown) {
  ASSERT_TRUE(top_up("10", "p"));
  ASSERT_TRUE(authorise("4", "h"));
  Charge other = settlement("h", "1", "s");
  other.wallet = open("other");
  EXPECT_TRUE(is_refused(ledger.settle(other), Refusal::unknown_hold));
  EXPECT_TRUE(ledger.charge(other)->notes.hold_not_open);
  EXPECT_TRUE(is_refused(
      ledger.release(
          {.tenant = tenant + 1, .hold = id("h"), .at = now, .origin = id("r"), .cause = next()}),
      Refusal::unknown_hold));
  EXPECT_EQ(balance().reserved, decimal("4"));
  const WalletId foreign = *ledger.open_wallet(tenant + 1, "acme", cny, {.is_unlimited = true});
  Authorise same_id = hold_of("4", "h");
  same_id.wallet = foreign;
  EXPECT_FALSE(ledger.authorise(same_id)->is_repeat);
}

TEST_F(LedgerHolds, are_refused_with_the_figures) {
  ASSERT_TRUE(top_up("3", "p"));
  const auto poor = authorise("3.5", "h");
  ASSERT_TRUE(is_refused(poor, Refusal::insufficient_balance));
  EXPECT_EQ(poor.error().available, decimal("3"));
  EXPECT_EQ(poor.error().asked, decimal("3.5"));
  EXPECT_TRUE(is_refused(authorise("0", "h"), Refusal::amount_out_of_range));
  Authorise wrong = hold_of("1", "h");
  wrong.ttl_micros = 0;
  EXPECT_TRUE(is_refused(ledger.authorise(wrong), Refusal::time_out_of_range));
  wrong.ttl_micros = hold_ttl_micros_max + 1;
  EXPECT_TRUE(is_refused(ledger.authorise(wrong), Refusal::time_out_of_range));
  wrong = hold_of("1", "h");
  wrong.budget = BudgetId{5};
  EXPECT_TRUE(is_refused(ledger.authorise(wrong), Refusal::unknown_budget));
  wrong = hold_of("1", "h");
  wrong.wallet = WalletId{5};
  EXPECT_TRUE(is_refused(ledger.authorise(wrong), Refusal::unknown_account));
  EXPECT_EQ(journal.size(), 1U) << "refusals leave no trace";
  EXPECT_TRUE(authorise("3", "h")) << "nor does their id";
}

TEST_F(LedgerHolds, count_grants_of_their_item) {
  Grant scoped = grant_of("5", "g");
  scoped.scope = "qwen-plus/";
  ASSERT_TRUE(ledger.grant(scoped));
  EXPECT_TRUE(is_refused(authorise("1", "h1"), Refusal::insufficient_balance));
  Authorise hold = hold_of("5", "h2");
  hold.item = "qwen-plus/output";
  EXPECT_TRUE(ledger.authorise(hold));
  hold.hold = id("h3");
  EXPECT_TRUE(is_refused(ledger.authorise(hold), Refusal::insufficient_balance));
}

TEST_F(LedgerHolds, usage_beside_them_may_use_what_they_keep) {
  ASSERT_TRUE(top_up("5", "p"));
  ASSERT_TRUE(authorise("5", "h"));
  ASSERT_TRUE(charge("3", "c"));
  EXPECT_EQ(balance().available, decimal("-3"));
  const auto settled = settle("h", "5", "s");
  EXPECT_TRUE(settled->notes.overdraft);
  EXPECT_EQ(balance().receivable, decimal("3"));
}

TEST_F(LedgerHolds, are_forgotten_a_day_after_their_time) {
  ASSERT_TRUE(top_up("5", "p"));
  ASSERT_TRUE(authorise("1", "settled"));
  ASSERT_TRUE(authorise("1", "expired"));
  Charge part = settlement("settled", "0.5", "s1");
  part.ends_hold = false;
  ASSERT_TRUE(ledger.settle(part));
  ASSERT_TRUE(settle("settled", "0.5", "s2"));
  tick("2026-11-25T09:00:00Z");
  tick("2026-11-26T08:09:59Z");
  EXPECT_TRUE(settle("settled", "0.5", "s2")->is_repeat);
  tick("2026-11-26T08:10:00Z");
  EXPECT_TRUE(is_refused(settle("settled", "0.5", "s2"), Refusal::unknown_hold));
  EXPECT_TRUE(settle("expired", "1", "s3")->notes.late_capture) << "a day after it expired";
  tick("2026-11-26T09:00:00Z");
  EXPECT_TRUE(is_refused(settle("expired", "1", "s3"), Refusal::unknown_hold));
  EXPECT_EQ(std::count_if(journal.begin(), journal.end(),
                          [](const std::string& line) { return line.starts_with("charge"); }),
            3);
  const KeptBytes kept = snapshot_of(ledger);
  const auto count = [&](char kind) {
    return std::count_if(kept.begin(), kept.end(),
                         [&](const auto& entity) { return entity.first[0] == kind; });
  };
  EXPECT_EQ(count('H'), 0);
  EXPECT_EQ(count('O'), 1) << "the top-up";
  EXPECT_TRUE(authorise("1", "settled").has_value()) << "the id is free again";
}

TEST_F(LedgerHolds, a_tick_goes_never_back) {
  ASSERT_TRUE(top_up("5", "p"));
  tick("2026-11-25T09:00:00Z");
  ASSERT_TRUE(authorise("1", "h"));  // Until 08:10.
  tick("2026-11-25T08:30:00Z");
  EXPECT_EQ(state_of("h"), HoldState::open);
  tick("2026-11-25T09:00:01Z");
  EXPECT_EQ(state_of("h"), HoldState::expired);
}

}  // namespace
}  // namespace steelyard::ledger
