#include "steelyard/ledger/books_for_tests.h"
#include "steelyard/ledger/ledger.h"

/// Rows G of the failure catalogue: what can go wrong with money, and what must happen then.
namespace steelyard::ledger {
namespace {

using LedgerCatalogue = Books;

TEST_F(LedgerCatalogue, G1_top_up_and_spend_at_once_are_both_applied) {
  ASSERT_TRUE(top_up("5", "p1"));
  ASSERT_TRUE(charge("3", "c1"));
  const Balance one_way = balance();
  const WalletId other = open("other");
  Charge spend = charge_of("3", "c2");
  spend.wallet = other;
  ASSERT_TRUE(ledger.charge(spend));
  ASSERT_TRUE(ledger.top_up(
      {.wallet = other, .amount = decimal("5"), .at = now, .origin = id("p2"), .cause = next()}));
  EXPECT_EQ(ledger.balance(other, now).available, one_way.available);
  EXPECT_EQ(one_way.available, decimal("2"));
  EXPECT_EQ(journal.size(), 4U);
}

TEST_F(LedgerCatalogue, G2_of_100_spends_against_the_last_1_CNY_the_affordable_succeed) {
  ASSERT_TRUE(top_up("1", "p"));
  int open_count = 0;
  for (int i = 0; i < 100; ++i) {
    const auto answer = authorise("0.03", "h" + std::to_string(i));
    if (answer) {
      ++open_count;
      continue;
    }
    EXPECT_TRUE(is_refused(answer, Refusal::insufficient_balance));
    EXPECT_EQ(answer.error().asked, decimal("0.03"));
    EXPECT_EQ(answer.error().available, decimal("0.01"));
  }
  EXPECT_EQ(open_count, 33);
  EXPECT_EQ(balance().available, decimal("0.01"));
}

TEST_F(LedgerCatalogue, G3_a_top_up_delivered_five_times_is_one_credit) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(top_up("20", "payment-77")->is_repeat, i > 0);
  EXPECT_EQ(balance().prepaid, decimal("20"));
  EXPECT_EQ(journal.size(), 1U);
}

TEST_F(LedgerCatalogue, G4_late_capture_still_charges) {
  ASSERT_TRUE(top_up("5", "p"));
  ASSERT_TRUE(authorise("5", "h"));
  pass_minutes(10);
  EXPECT_EQ(state_of("h"), HoldState::expired);
  ASSERT_TRUE(charge("4", "another-call"));
  const auto late = settle("h", "3", "late");
  ASSERT_TRUE(late);
  EXPECT_TRUE(late->notes.late_capture);
  EXPECT_TRUE(late->notes.overdraft) << "1 was left of 5";
  EXPECT_EQ(late->hold, HoldState::expired) << "it ended once";
  EXPECT_EQ(balance().receivable, decimal("2"));
  EXPECT_TRUE(settle("h", "3", "late")->is_repeat);
  EXPECT_TRUE(is_refused(settle("h", "3", "later"), Refusal::hold_not_open));
  // Usage that names it is still charged: it has happened.
  const auto usage = ledger.charge(settlement("h", "1", "usage"));
  ASSERT_TRUE(usage);
  EXPECT_TRUE(usage->notes.late_capture);
  EXPECT_EQ(balance().receivable, decimal("3"));
}

TEST_F(LedgerCatalogue, G5_of_capture_and_release_at_once_the_first_wins) {
  ASSERT_TRUE(top_up("5", "p"));
  ASSERT_TRUE(authorise("2", "h1"));
  ASSERT_TRUE(authorise("2", "h2"));
  ASSERT_TRUE(settle("h1", "1.5", "s1"));
  const auto released = release("h1", "r1");
  ASSERT_TRUE(is_refused(released, Refusal::hold_not_open));
  EXPECT_EQ(released.error().state, HoldState::captured);
  ASSERT_TRUE(release("h2", "r2"));
  const auto settled = settle("h2", "1.5", "s2");
  ASSERT_TRUE(is_refused(settled, Refusal::hold_not_open));
  EXPECT_EQ(settled.error().state, HoldState::released);
  EXPECT_TRUE(release("h2", "r2")->is_repeat);
  EXPECT_EQ(balance().available, decimal("3.5"));
  EXPECT_EQ(balance().reserved, decimal("0"));
}

TEST_F(LedgerCatalogue, G6_a_client_that_dies_after_its_hold_frees_it_by_a_tick) {
  ASSERT_TRUE(top_up("5", "p"));
  ASSERT_TRUE(authorise("5", "h"));
  now.seconds += 599;
  ledger.tick({.now = now, .cause = next()});
  EXPECT_EQ(balance().available, decimal("0"));
  EXPECT_TRUE(is_refused(authorise("1", "h2"), Refusal::insufficient_balance));
  now.seconds += 1;
  EXPECT_EQ(balance().available, decimal("0")) << "time alone does nothing";
  ledger.tick({.now = now, .cause = next()});
  EXPECT_EQ(balance().available, decimal("5"));
  EXPECT_EQ(journal.back(), "hold_expiry pending credit prepaid 5, pending debit reserved 5");
  EXPECT_TRUE(authorise("1", "h2"));
}

TEST_F(LedgerCatalogue, G7_ten_thousand_open_holds_are_restored_and_expire) {
  ASSERT_TRUE(top_up("10000", "p"));
  for (int i = 0; i < 10'000; ++i) {
    Authorise hold = hold_of("1", "h" + std::to_string(i));
    hold.ttl_micros = (i % 2 == 0 ? 1 : 2) * minute_micros;
    ASSERT_TRUE(ledger.authorise(hold));
  }
  Ledger restored;
  restore_into(restored, snapshot_of(ledger));
  EXPECT_EQ(restored.open_hold_count(), 10'000U);
  EXPECT_EQ(restored.balance(acme, now).available, decimal("0"));
  now.seconds += 60;
  restored.tick({.now = now, .cause = next()});
  EXPECT_EQ(restored.open_hold_count(), 5'000U);
  EXPECT_EQ(restored.balance(acme, now).available, decimal("5000"));
  now.seconds += 60;
  restored.tick({.now = now, .cause = next()});
  EXPECT_EQ(restored.open_hold_count(), 0U);
  EXPECT_EQ(restored.balance(acme, now).reserved, decimal("0"));
  EXPECT_EQ(restored.imbalance(), std::nullopt);
}

TEST_F(LedgerCatalogue, G8_refunds_are_never_above_the_original) {
  ASSERT_TRUE(top_up("10", "p"));
  ASSERT_TRUE(charge("6", "call"));
  const auto refund_of_call = [&](std::string_view amount, std::string_view origin) {
    return ledger.refund({.wallet = acme,
                          .amount = decimal(amount),
                          .original = id("call"),
                          .at = now,
                          .origin = id(origin),
                          .cause = next(),
                          .original_amount = decimal("6")});
  };
  EXPECT_TRUE(is_refused(refund_of_call("6.01", "r0"), Refusal::refund_exceeds_original));
  ASSERT_TRUE(refund_of_call("4", "r1"));
  const auto second = refund_of_call("4", "r2");
  ASSERT_TRUE(is_refused(second, Refusal::refund_exceeds_original));
  EXPECT_EQ(second.error().available, decimal("2"));
  ASSERT_TRUE(refund_of_call("2", "r3"));
  EXPECT_EQ(balance().prepaid, decimal("10"));
  EXPECT_TRUE(is_refused(refund("10.01", "p", "r4"), Refusal::refund_exceeds_original));
  EXPECT_TRUE(refund("10", "p", "r5"));
}

TEST_F(LedgerCatalogue, G9_a_budget_reached_in_mid_stream_is_said_once_for_each_threshold) {
  ASSERT_TRUE(top_up("100", "p"));
  const BudgetId key = budget("key/ak-7", "10");
  Authorise stream = hold_of("10", "stream");
  stream.budget = key;
  ASSERT_TRUE(ledger.authorise(stream));
  Authorise other = hold_of("0.01", "other");
  other.budget = key;
  const auto refused = ledger.authorise(other);
  ASSERT_TRUE(is_refused(refused, Refusal::budget_exceeded));
  EXPECT_EQ(refused.error().budget, key);
  EXPECT_EQ(refused.error().available, decimal("0"));
  for (int i = 0; i < 6; ++i) {
    Charge part = settlement("stream", "2", "part-" + std::to_string(i));
    part.ends_hold = i == 5;
    const auto charged = ledger.settle(part);
    ASSERT_TRUE(charged);
    EXPECT_EQ(charged->notes.above_hold, i == 5) << "12 of 10";
  }
  ASSERT_EQ(crossings.size(), 3U);
  EXPECT_EQ(crossings[0].percent, 50);
  EXPECT_EQ(crossings[0].spent, decimal("6"));
  EXPECT_EQ(crossings[1].percent, 80);
  EXPECT_EQ(crossings[1].spent, decimal("8"));
  EXPECT_EQ(crossings[2].percent, 100);
  EXPECT_EQ(crossings[2].spent, decimal("10"));
  EXPECT_EQ(ledger.budget(key).current.spent, decimal("12"));
}

TEST_F(LedgerCatalogue, G10_a_spend_at_the_reset_of_a_budget_is_in_one_window) {
  // A day in Shanghai ends at 16:00 UTC.
  const BudgetId key = budget("key/ak-7", "10", no_budget, Period::day);
  const auto spend = [&](std::string_view time, std::string_view amount) {
    Charge call = charge_of(amount, "call-" + std::string(time));
    call.at = instant(time);
    call.budget = key;
    ASSERT_TRUE(ledger.charge(call));
  };
  spend("2026-11-25T15:59:59.999999999Z", "6");
  spend("2026-11-25T16:00:00Z", "7");
  spend("2026-11-25T15:00:00Z", "1");  // Late: it is of the day before.
  const BudgetView view = ledger.budget(key);
  EXPECT_EQ(view.current.spent, decimal("7"));
  EXPECT_EQ(view.previous.spent, decimal("7"));
  EXPECT_EQ(view.current.from, instant("2026-11-25T16:00:00Z").seconds);
  EXPECT_EQ(view.current.to, instant("2026-11-26T16:00:00Z").seconds);
  EXPECT_EQ(view.previous.to, view.current.from);
  EXPECT_EQ(crossings.size(), 2U) << "50 % of each day";
}

TEST_F(LedgerCatalogue, G12_an_account_with_open_holds_is_not_closed_or_drains) {
  ASSERT_TRUE(top_up("5", "p"));
  ASSERT_TRUE(authorise("2", "h1"));
  ASSERT_TRUE(authorise("2", "h2"));
  EXPECT_TRUE(is_refused(ledger.close_wallet(acme, false), Refusal::account_has_open_holds));
  EXPECT_TRUE(authorise("1", "h3")) << "still open";
  EXPECT_EQ(ledger.close_wallet(acme, true).value(), WalletState::closing);
  EXPECT_TRUE(is_refused(authorise("0.1", "h4"), Refusal::account_closed));
  ASSERT_TRUE(settle("h1", "1", "s1"));
  ASSERT_TRUE(release("h3", "r3"));
  EXPECT_EQ(ledger.wallet(acme).state, WalletState::closing);
  pass_minutes(10);
  EXPECT_EQ(ledger.wallet(acme).state, WalletState::closed);
  const auto usage = charge("1", "after");
  ASSERT_TRUE(usage);
  EXPECT_TRUE(usage->notes.account_closed);
}

}  // namespace
}  // namespace steelyard::ledger
