#include "steelyard/ledger/ledger.h"

#include "steelyard/ledger/books_for_tests.h"

namespace steelyard::ledger {
namespace {

using LedgerMoney = Books;

std::vector<std::string> texts_of(std::span<const Drawn> drawn) {
  std::vector<std::string> texts;
  for (const Drawn& part : drawn) {
    texts.push_back(std::string(name_of(part.account)) + ' ' + part.amount.to_text());
  }
  return texts;
}
using Texts = std::vector<std::string>;

TEST_F(LedgerMoney, a_wallet_is_opened_once) {
  EXPECT_EQ(open("acme"), acme);
  EXPECT_NE(open("other"), acme);
  EXPECT_EQ(ledger.find_wallet(tenant, "acme", cny), acme);
  EXPECT_EQ(ledger.find_wallet(tenant, "acme", money::Currency("USD")), std::nullopt);
  EXPECT_EQ(ledger.find_wallet(tenant + 1, "acme", cny), std::nullopt);
  EXPECT_TRUE(is_refused(ledger.open_wallet(tenant, "", cny, {}), Refusal::name_is_invalid));
  EXPECT_TRUE(is_refused(ledger.open_wallet(tenant, std::string(521, 'a'), cny, {}),
                         Refusal::name_is_invalid));
  EXPECT_TRUE(is_refused(ledger.open_wallet(tenant, "b", cny, {.postpaid_limit = decimal("-1")}),
                         Refusal::amount_out_of_range));
}

TEST_F(LedgerMoney, a_charge_is_drawn_from_grants_then_prepaid_then_receivable) {
  ASSERT_TRUE(top_up("3", "payment-1"));
  ASSERT_TRUE(ledger.grant(grant_of("2", "welcome")));
  const auto charged = charge("2.5", "call-1");
  ASSERT_TRUE(charged);
  EXPECT_EQ(texts_of(charged->drawn), (Texts{"promo 2", "prepaid 0.5"}));
  EXPECT_EQ(charged->notes, ChargeNotes{});
  const auto second = charge("4", "call-2");
  ASSERT_TRUE(second);
  EXPECT_EQ(texts_of(second->drawn), (Texts{"prepaid 2.5", "receivable 1.5"}));
  EXPECT_TRUE(second->notes.overdraft);
  EXPECT_EQ(balance().prepaid, decimal("0"));
  EXPECT_EQ(balance().receivable, decimal("1.5"));
  EXPECT_EQ(balance().available, decimal("-1.5"));
  EXPECT_EQ(journal,
            (Texts{"top_up debit cash_clearing 3, credit prepaid 3",
                   "grant debit promotion 2, credit promo 2",
                   "charge debit promo 2, debit prepaid 0.5, credit revenue_accrued 2.5",
                   "charge debit prepaid 2.5, debit receivable 1.5, credit revenue_accrued 4"}));
}

TEST_F(LedgerMoney, a_postpaid_customer_is_in_overdraft_above_the_limit_only) {
  open("acme", "10");
  EXPECT_FALSE(charge("10", "a")->notes.overdraft);
  EXPECT_TRUE(charge("0.000000000001", "b")->notes.overdraft);
  EXPECT_EQ(balance().available, decimal("-0.000000000001"));
  ASSERT_TRUE(ledger.open_wallet(tenant, "acme", cny, {.is_unlimited = true}));
  EXPECT_FALSE(charge("1000000", "c")->notes.overdraft);
  EXPECT_TRUE(authorise("1000000", "h"));
}

TEST_F(LedgerMoney, grants_are_drawn_by_priority_expiry_and_id) {
  Grant late = grant_of("1", "late");
  late.expires_at = instant("2027-01-01T00:00:00Z");
  Grant urgent = grant_of("1", "urgent");
  urgent.priority = 0;
  urgent.expires_at = instant("2027-02-01T00:00:00Z");
  late.priority = 1;
  Grant early = grant_of("1", "early");
  early.priority = 1;
  Grant twin = grant_of("1", "twin");
  twin.priority = 1;
  for (const Grant& each : {late, early, urgent, twin}) ASSERT_TRUE(ledger.grant(each));
  const Id first = std::min(id("early"), id("twin"));
  const Id second = std::max(id("early"), id("twin"));
  const auto charged = charge("3.5", "call");
  ASSERT_TRUE(charged);
  ASSERT_EQ(charged->drawn.size(), 4U);
  EXPECT_EQ(charged->drawn[0].grant, id("urgent"));
  EXPECT_EQ(charged->drawn[1].grant, first);
  EXPECT_EQ(charged->drawn[2].grant, second);
  EXPECT_EQ(charged->drawn[3].grant, id("late"));
  EXPECT_EQ(charged->drawn[3].amount, decimal("0.5"));
  ASSERT_EQ(ledger.grants(acme).size(), 1U);
  EXPECT_EQ(ledger.grants(acme)[0].remaining, decimal("0.5"));
}

TEST_F(LedgerMoney, a_grant_counts_in_its_time_and_scope) {
  Grant scoped = grant_of("5", "scoped");
  scoped.scope = "qwen-plus/";
  ASSERT_TRUE(ledger.grant(scoped));
  Charge call = charge_of("1", "other-model");
  call.item = "qwen-max/input";
  EXPECT_EQ(texts_of(ledger.charge(call)->drawn), (Texts{"receivable 1"}));
  call = charge_of("1", "its-model");
  call.item = "qwen-plus/input";
  EXPECT_EQ(texts_of(ledger.charge(call)->drawn), (Texts{"promo 1"}));
  call = charge_of("1", "its-last-moment");
  call.item = "qwen-plus/input";
  call.at = instant("2026-11-30T23:59:59.999999999Z");
  EXPECT_EQ(texts_of(ledger.charge(call)->drawn), (Texts{"promo 1"}));
  call = charge_of("1", "behind-it");
  call.item = "qwen-plus/input";
  call.at = instant("2026-12-01T00:00:00Z");
  EXPECT_EQ(texts_of(ledger.charge(call)->drawn), (Texts{"receivable 1"}));
  call = charge_of("1", "before-it");
  call.item = "qwen-plus/input";
  call.at = instant("2026-10-31T23:59:59Z");
  EXPECT_EQ(texts_of(ledger.charge(call)->drawn), (Texts{"receivable 1"}));
  EXPECT_EQ(balance().promo, decimal("3"));
  EXPECT_EQ(balance().promo_usable, decimal("0")) << "not for all items";
}

TEST_F(LedgerMoney, a_grant_leaves_the_books_by_a_tick) {
  ASSERT_TRUE(ledger.grant(grant_of("5", "welcome")));
  ASSERT_TRUE(charge("2", "call"));
  tick("2026-11-30T23:59:59Z");
  EXPECT_EQ(balance().promo, decimal("3"));
  now = instant("2026-12-01T00:00:00Z");
  EXPECT_EQ(balance().promo, decimal("3"));
  EXPECT_EQ(balance().promo_usable, decimal("0"));
  tick("2026-12-01T00:00:00Z");
  EXPECT_EQ(balance().promo, decimal("0"));
  EXPECT_EQ(journal.back(), "grant_expiry debit promo 3, credit promotion 3");
  tick("2026-12-02T00:00:00Z");
  EXPECT_EQ(journal.size(), 3U);
}

TEST_F(LedgerMoney, a_fall_of_a_fee_goes_to_receivable_then_prepaid) {
  ASSERT_TRUE(top_up("1", "payment"));
  ASSERT_TRUE(charge("3", "call"));
  const auto reversed = charge("-2.5", "call-again");
  ASSERT_TRUE(reversed);
  EXPECT_EQ(texts_of(reversed->drawn), (Texts{"receivable 2", "prepaid 0.5"}));
  EXPECT_EQ(journal.back(),
            "correction credit receivable 2, credit prepaid 0.5, debit revenue_accrued 2.5");
}

TEST_F(LedgerMoney, a_correction_goes_the_way_back_of_a_known_drawing) {
  ASSERT_TRUE(top_up("2", "payment"));
  ASSERT_TRUE(ledger.grant(grant_of("1", "welcome")));
  const auto charged = charge("4", "call");  // promo 1, prepaid 2, receivable 1
  ASSERT_TRUE(charged);
  const std::vector<Drawn> drawn(charged->drawn.begin(), charged->drawn.end());

  Charge back = charge_of("-2.5", "void-1");
  back.original = id("call");
  back.original_drawn = drawn;
  EXPECT_EQ(texts_of(ledger.charge(back)->drawn), (Texts{"receivable 1", "prepaid 1.5"}));
  back = charge_of("-1.5", "void-2");
  back.original = id("call");
  EXPECT_EQ(texts_of(ledger.charge(back)->drawn), (Texts{"promo 1", "prepaid 0.5"}))
      << "remembered since";
  EXPECT_EQ(ledger.find_grant(tenant, id("welcome"))->remaining, decimal("1"));
  back = charge_of("-0.000000000001", "void-3");
  back.original = id("call");
  const auto refused = ledger.charge(back);
  EXPECT_TRUE(is_refused(refused, Refusal::refund_exceeds_original));
  EXPECT_EQ(refused.error().available, decimal("0"));
}

TEST_F(LedgerMoney, what_goes_back_to_an_expired_grant_lapses_at_the_next_tick) {
  ASSERT_TRUE(ledger.grant(grant_of("1", "welcome")));
  const auto charged = charge("1", "call");
  const std::vector<Drawn> drawn(charged->drawn.begin(), charged->drawn.end());
  tick("2026-12-01T00:00:00Z");
  Charge back = charge_of("-1", "void");
  back.original = id("call");
  back.original_drawn = drawn;
  ASSERT_TRUE(ledger.charge(back));
  EXPECT_EQ(balance().promo, decimal("1"));
  tick("2026-12-01T00:00:01Z");
  EXPECT_EQ(balance().promo, decimal("0"));
}

TEST_F(LedgerMoney, a_paid_receivable_takes_back_only_what_is_owed) {
  open("acme", "100");
  const auto charged = charge("10", "call");
  const std::vector<Drawn> drawn(charged->drawn.begin(), charged->drawn.end());
  const std::vector<Posting> payment = {
      {.account = Account::cash_clearing, .side = Side::debit, .amount = decimal("7")},
      {.account = Account::receivable, .side = Side::credit, .amount = decimal("7")}};
  ASSERT_TRUE(ledger.adjust(
      {.wallet = acme, .postings = payment, .at = now, .origin = id("bank-1"), .cause = next()}));
  EXPECT_EQ(balance().receivable, decimal("3"));
  Charge back = charge_of("-10", "void");
  back.original = id("call");
  back.original_drawn = drawn;
  EXPECT_EQ(texts_of(ledger.charge(back)->drawn), (Texts{"receivable 3", "prepaid 7"}));
}

TEST_F(LedgerMoney, a_charge_comes_once_by_its_cause) {
  const Charge call = charge_of("1", "call");
  ASSERT_FALSE(ledger.charge(call)->is_repeat);
  ASSERT_TRUE(ledger.charge(call)->is_repeat);
  EXPECT_EQ(balance().receivable, decimal("1"));
}

TEST_F(LedgerMoney, commands_of_one_origin_count_once_and_may_not_differ) {
  const TopUp payment{
      .wallet = acme, .amount = decimal("5"), .at = now, .origin = id("p"), .cause = next()};
  EXPECT_FALSE(ledger.top_up(payment)->is_repeat);
  EXPECT_TRUE(ledger.top_up(payment)->is_repeat);
  TopUp other = payment;
  other.amount = decimal("6");
  EXPECT_TRUE(is_refused(ledger.top_up(other), Refusal::origin_conflict));
  Grant grant = grant_of("5", "p");
  EXPECT_TRUE(is_refused(ledger.grant(grant), Refusal::origin_conflict));
  grant = grant_of("5", "g");
  EXPECT_FALSE(ledger.grant(grant)->is_repeat);
  EXPECT_TRUE(ledger.grant(grant)->is_repeat);
  grant.scope = "qwen-plus/";
  EXPECT_TRUE(is_refused(ledger.grant(grant), Refusal::origin_conflict));
  grant = grant_of("1", "from-now-on");
  grant.effective_at = grant.at;
  EXPECT_FALSE(ledger.grant(grant)->is_repeat);
  grant.at.seconds += 5;
  EXPECT_TRUE(is_refused(ledger.grant(grant), Refusal::origin_conflict)) << "it said from then on";
  grant.effective_at = grant.at;
  EXPECT_TRUE(ledger.grant(grant)->is_repeat);
  EXPECT_FALSE(refund("2", "p", "r")->is_repeat);
  EXPECT_TRUE(refund("2", "p", "r")->is_repeat);
  EXPECT_TRUE(is_refused(refund("1", "p", "r"), Refusal::origin_conflict));
  EXPECT_EQ(balance().prepaid, decimal("3"));
  EXPECT_EQ(balance().promo, decimal("6"));
}

TEST_F(LedgerMoney, a_top_up_is_refunded_as_far_as_it_is_free) {
  ASSERT_TRUE(top_up("10", "p"));
  ASSERT_TRUE(charge("4", "call"));
  ASSERT_TRUE(authorise("5", "h"));
  const auto refused = refund("2", "p", "r");
  EXPECT_TRUE(is_refused(refused, Refusal::insufficient_balance));
  EXPECT_EQ(refused.error().available, decimal("1"));
  ASSERT_TRUE(refund("1", "p", "r"));
  EXPECT_EQ(journal.back(), "refund debit prepaid 1, credit cash_clearing 1");
  EXPECT_EQ(balance().available, decimal("0"));
}

TEST_F(LedgerMoney, a_refund_names_what_the_ledger_or_the_caller_knows) {
  ASSERT_TRUE(charge("4", "call"));
  EXPECT_TRUE(is_refused(refund("1", "call", "r"), Refusal::unknown_original));
  ASSERT_TRUE(ledger.refund({.wallet = acme,
                             .amount = decimal("1"),
                             .original = id("call"),
                             .at = now,
                             .origin = id("r"),
                             .cause = next(),
                             .original_amount = decimal("4")}));
  EXPECT_EQ(journal.back(), "refund credit receivable 1, debit revenue_accrued 1");
  EXPECT_TRUE(is_refused(refund("3.1", "call", "r2"), Refusal::refund_exceeds_original));
  EXPECT_TRUE(refund("3", "call", "r3"));
  EXPECT_TRUE(is_refused(refund("1", "r3", "r4"), Refusal::unknown_original)) << "a refund of one";
  ASSERT_TRUE(ledger.grant(grant_of("5", "g")));
  EXPECT_TRUE(is_refused(refund("1", "g", "r5"), Refusal::unknown_original));
}

TEST_F(LedgerMoney, an_adjustment_is_balanced_and_leaves_holds_and_grants_alone) {
  const auto adjust = [&](const std::vector<Posting>& postings) {
    return ledger.adjust({.kind = EntryKind::rounding,
                          .wallet = acme,
                          .postings = postings,
                          .at = now,
                          .origin = id("a"),
                          .cause = next()});
  };
  const auto of = [](Account account, Side side, std::string_view amount) {
    return Posting{.account = account, .side = side, .amount = decimal(amount)};
  };
  EXPECT_TRUE(is_refused(adjust({}), Refusal::entry_not_balanced));
  EXPECT_TRUE(is_refused(
      adjust({of(Account::rounding, Side::debit, "1"), of(Account::receivable, Side::credit, "2")}),
      Refusal::entry_not_balanced));
  EXPECT_TRUE(is_refused(
      adjust({of(Account::rounding, Side::debit, "0"), of(Account::receivable, Side::credit, "0")}),
      Refusal::amount_out_of_range));
  EXPECT_TRUE(is_refused(
      adjust({of(Account::rounding, Side::debit, "1"), of(Account::promo, Side::credit, "1")}),
      Refusal::account_not_adjustable));
  EXPECT_TRUE(is_refused(
      adjust({of(Account::rounding, Side::credit, "1"), of(Account::prepaid, Side::debit, "1")}),
      Refusal::insufficient_balance));
  EXPECT_TRUE(journal.empty());
  const std::vector<Posting> good = {of(Account::rounding, Side::debit, "0.004"),
                                     of(Account::receivable, Side::credit, "0.004")};
  EXPECT_FALSE(adjust(good)->is_repeat);
  EXPECT_TRUE(adjust(good)->is_repeat);
  EXPECT_EQ(balance().receivable, decimal("-0.004"));
  EXPECT_EQ(ledger.totals(acme, Account::rounding).debit_balance(), decimal("0.004"));
}

TEST_F(LedgerMoney, amounts_and_times_have_bounds) {
  EXPECT_TRUE(is_refused(top_up("0", "a"), Refusal::amount_out_of_range));
  EXPECT_TRUE(is_refused(top_up("-1", "a"), Refusal::amount_out_of_range));
  EXPECT_TRUE(
      is_refused(top_up("1000000000000000.000000000001", "a"), Refusal::amount_out_of_range));
  EXPECT_TRUE(top_up("1000000000000000", "a"));
  EXPECT_TRUE(is_refused(charge("1000000000000001", "b"), Refusal::amount_out_of_range));
  EXPECT_TRUE(is_refused(charge("-1000000000000001", "b"), Refusal::amount_out_of_range));
  Charge old = charge_of("1", "c");
  old.at = {-1, 0};
  EXPECT_TRUE(is_refused(ledger.charge(old), Refusal::time_out_of_range));
  Grant grant = grant_of("1", "g");
  grant.expires_at = grant.effective_at;
  EXPECT_TRUE(is_refused(ledger.grant(grant), Refusal::time_out_of_range));
  Charge unknown = charge_of("1", "d");
  unknown.wallet = WalletId{99};
  EXPECT_TRUE(is_refused(ledger.charge(unknown), Refusal::unknown_account));
}

TEST_F(LedgerMoney, a_charge_of_nothing_makes_no_entry) {
  ASSERT_TRUE(charge("0", "call"));
  EXPECT_TRUE(journal.empty());
}

TEST(LedgerTotals, do_not_wrap) {
  Totals totals;
  totals.debit_posted = total_max - 5;
  EXPECT_TRUE(totals.can_add(Side::debit, Layer::posted, money::Decimal::from_scaled(5)));
  EXPECT_FALSE(totals.can_add(Side::debit, Layer::posted, money::Decimal::from_scaled(6)));
  EXPECT_TRUE(totals.can_add(Side::credit, Layer::posted, money::Decimal::from_scaled(6)));
}

/// 10^25 units are 10^10 of the largest amounts, so the totals are put there.
TEST(LedgerTotals, a_full_account_refuses) {
  Ledger full;
  const WalletId wallet = *full.open_wallet(1, "acme", cny, {});
  ASSERT_TRUE(full.top_up(
      {.wallet = wallet, .amount = decimal("1"), .at = {}, .origin = id("a"), .cause = {}}));
  KeptBytes kept = snapshot_of(full);
  for (auto& [key, value] : kept) {
    if (key[0] != 'W' && key[0] != 'T') continue;
    // The totals of 64 bytes an account end the value: prepaid is the first of 4, cash_clearing
    // the seventh of 8.
    const std::size_t at = key[0] == 'W' ? value.size() - 256 + 16 : value.size() - 128;
    std::string big;
    ByteWriter(big).u128(total_max - 1);
    value.replace(at, 16, big);
  }
  Ledger ledger;
  restore_into(ledger, kept);
  const auto refused = ledger.top_up(
      {.wallet = wallet, .amount = decimal("1"), .at = {}, .origin = id("b"), .cause = {}});
  EXPECT_TRUE(is_refused(refused, Refusal::amount_out_of_range));
  EXPECT_TRUE(ledger.top_up({.wallet = wallet,
                             .amount = money::Decimal::from_scaled(1),
                             .at = {},
                             .origin = id("c"),
                             .cause = {}}));
}

struct Remembering : Books {
  Remembering() : Books({.remembers_charges = true}) {}
};

TEST_F(Remembering, a_charge_is_known_by_its_origin) {
  ASSERT_TRUE(top_up("2", "payment"));
  ASSERT_FALSE(charge("3", "call")->is_repeat);
  const auto repeat = charge("3", "call");
  ASSERT_TRUE(repeat->is_repeat);
  EXPECT_EQ(texts_of(repeat->drawn), (Texts{"prepaid 2", "receivable 1"}));
  EXPECT_TRUE(is_refused(charge("4", "call"), Refusal::origin_conflict));
  ASSERT_TRUE(refund("2", "call", "r"));
  EXPECT_EQ(journal.back(),
            "refund credit receivable 1, credit prepaid 1, debit revenue_accrued 2");
}

}  // namespace
}  // namespace steelyard::ledger
