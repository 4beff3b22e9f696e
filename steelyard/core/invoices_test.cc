#include <gtest/gtest.h>

#include "steelyard/core/invoices_for_tests.h"

// qwen-plus: 0.0008 CNY for 1,000 of input up to 128,000, 0.0024 above (price list, section 1).
namespace steelyard::core {
namespace {

using batch::Status;
using ledger::Account;
using ledger::Refusal;
using money::Decimal;

std::string balance_of(const Machine& machine, Account account) {
  const auto wallet = machine.core.find_account(1, "acme").value();
  const ledger::Totals totals = machine.core.ledger().totals(wallet, account);
  const bool grows_by_debit = account == Account::receivable || account == Account::promotion;
  return (grows_by_debit ? totals.debit_balance() : totals.credit_balance()).to_text();
}

Refusal refusal_of(Machine& machine, const InvoiceOf& of) {
  const auto draft = machine.core.draw_up(of, machine.place().received);
  EXPECT_FALSE(draft.has_value());
  return draft.has_value() ? Refusal::unknown_account : draft.error().why;
}

Refusal refusal_of_credit_note(const Machine& machine) {
  const auto draft = machine.core.draw_up_credit_note(1, "acme");
  EXPECT_FALSE(draft.has_value());
  return draft.has_value() ? Refusal::unknown_account : draft.error().why;
}

InvoiceDraft credit_note_of(const Machine& machine) {
  return machine.core.draw_up_credit_note(1, "acme").value();
}

InvoiceDraft draft_of(const Machine& machine, const InvoiceOf& of) {
  return machine.core.draw_up(of, machine.place().received).value();
}

std::string voided(const std::string& id, const std::string& day, int tokens,
                   const std::string& amount) {
  return R"({"specversion":"1.0","id":"void/)" + id +
         R"(","source":"gateway","type":"ai.model.void","subject":"acme","time":"2026-)" + day +
         R"(T08:00:03Z","data":{"voids":{"source":"gateway","id":")" + id +
         R"("},"reason":"twice","sequence":1,"unrated":false,"model":"qwen-plus","lines":[)"
         R"({"item":"qwen-plus/input","tier":"0k-128k","unit":"token","price":"0.0008",)"
         R"("per":"1000","quantity":")" +
         std::to_string(tokens) + R"(","amount":")" + amount + R"("}],"credit":[]}})" + "\n";
}

constexpr std::int64_t november_is_over = std::int64_t{7} * 86'400;  // From noon of the 25th.

TEST(Invoices, an_invoice_moves_its_exact_sum_and_gives_the_rest_of_a_cent_back) {
  Machine machine;
  machine.ask(R"({"command":"set_buyer","account":"acme","tax_name":"VAT","tax_percent":"6"})");
  machine.take(call_on("10-05", "a", 100'000) + call_on("10-06", "b", 100'000) +
               call_on("10-07", "c", 200'000) + call_on("11-01", "d", 1'000));
  // 0.08 + 0.08 + 0.48; the 1st of November is not October.
  const InvoiceDraft draft = draft_of(machine, month(10));
  EXPECT_EQ(text_of(draft),
            "2026-10 qwen-plus/input 0k-128k: 200000 = 0.16\n"
            "2026-10 qwen-plus/input 128k-256k: 200000 = 0.48\n");
  machine.take(call_on("10-08", "e", 1'001));  // 0.0008008
  const FrozenInvoice& invoice = freeze(machine, month(10));
  EXPECT_EQ(invoice.number_text(), "INV-000001");
  EXPECT_EQ(invoice.totals.lines.to_text(), "0.6408008");
  EXPECT_EQ(invoice.totals.rounding.to_text(), "-0.0008008");
  EXPECT_EQ(invoice.totals.net.to_text(), "0.64");
  EXPECT_EQ(invoice.totals.tax.to_text(), "0.04");  // 0.0384
  EXPECT_EQ(invoice.totals.total.to_text(), "0.68");
  EXPECT_EQ(balance_of(machine, Account::revenue_invoiced), "0.6408008");
  EXPECT_EQ(balance_of(machine, Account::revenue_accrued), "0.0008");
  EXPECT_EQ(balance_of(machine, Account::rounding), "-0.0008008");
  EXPECT_EQ(balance_of(machine, Account::tax), "0.04");
  EXPECT_EQ(balance_of(machine, Account::receivable), "0.6808");  // The total, and November.
  EXPECT_EQ(machine.core.imbalance(), std::nullopt);
}

InvoiceDraft unlike_any() {
  InvoiceDraft draft;
  draft.of = month(10);
  draft.series = "X";
  draft.number = 9;
  return draft;
}

TEST(Invoices, H1_a_second_freeze_has_the_number_and_the_document_of_the_first) {
  Machine machine;
  machine.take(call_on("10-05", "a", 100'000));
  const std::string command = freezing(draft_of(machine, month(10)), "the first");
  const Answer first = machine.ask(command);
  ASSERT_FALSE(first.refused.has_value());
  const std::string owed = balance_of(machine, Account::receivable);
  for (const std::string& again : {command, freezing(unlike_any(), "another")}) {
    const Answer second = machine.ask(again);
    EXPECT_TRUE(second.is_repeat);
    EXPECT_EQ(second.invoice, first.invoice);
  }
  EXPECT_EQ(balance_of(machine, Account::receivable), owed);
  EXPECT_EQ(machine.core.invoices().next_number(1, "INV-"), 2U);
}

TEST(Invoices, H1_of_two_drafts_of_one_number_the_second_is_refused_and_takes_none) {
  Machine machine;
  machine.ask(R"({"command":"set_account","account":"globex"})");
  std::string other = call_on("10-05", "b", 100'000);
  other.replace(other.find("acme"), 4, "globex");
  machine.take(call_on("10-05", "a", 100'000) + other);
  InvoiceOf of_globex = month(10);
  of_globex.account = "globex";
  const std::string first = freezing(draft_of(machine, month(10)));
  const std::string second = freezing(draft_of(machine, of_globex));
  EXPECT_FALSE(machine.ask(first).refused.has_value());
  EXPECT_EQ(machine.ask(second).refused->why, Refusal::invoice_out_of_date);
  EXPECT_EQ(freeze(machine, of_globex).number_text(), "INV-000002");
}

TEST(Invoices, a_draft_that_usage_made_old_is_refused) {
  Machine machine;
  machine.take(call_on("10-05", "a", 100'000));
  const std::string command = freezing(draft_of(machine, month(10)));
  machine.take(call_on("10-06", "b", 100'000));
  EXPECT_EQ(machine.ask(command).refused->why, Refusal::invoice_out_of_date);
  EXPECT_EQ(machine.core.invoices().next_number(1, "INV-"), 1U);
  EXPECT_EQ(freeze(machine, month(10)).totals.total.to_text(), "0.16");
}

TEST(Invoices, H3_usage_that_comes_late_is_on_the_next_invoice_with_its_month) {
  Machine machine;
  machine.take(call_on("10-05", "a", 100'000));
  freeze(machine, month(10));
  machine.take(call_on("10-31", "late", 50'000) + call_on("11-02", "b", 100'000));
  machine.tick(november_is_over);
  EXPECT_EQ(text_of(draft_of(machine, month(11))),
            "2026-10 late INV-000001 qwen-plus/input 0k-128k: 50000 = 0.04\n"
            "2026-11 qwen-plus/input 0k-128k: 100000 = 0.08\n");
  EXPECT_EQ(freeze(machine, month(11)).number_text(), "INV-000002");
  EXPECT_EQ(balance_of(machine, Account::revenue_accrued), "0");
  EXPECT_EQ(balance_of(machine, Account::revenue_invoiced), "0.2");
}

TEST(Invoices, H3_a_month_that_was_passed_over_is_on_the_next_invoice) {
  Machine machine;
  machine.take(call_on("09-05", "a", 100'000) + call_on("10-05", "b", 50'000));
  EXPECT_EQ(text_of(draft_of(machine, month(10))),
            "2026-09 qwen-plus/input 0k-128k: 100000 = 0.08\n"
            "2026-10 qwen-plus/input 0k-128k: 50000 = 0.04\n");
  freeze(machine, month(10));
  EXPECT_EQ(refusal_of(machine, month(9)), Refusal::period_is_closed);
}

TEST(Invoices, H4_what_is_taken_back_of_an_invoice_is_on_a_credit_note) {
  Machine machine;
  machine.ask(R"({"command":"set_buyer","account":"acme","tax_percent":"6"})");
  machine.take(call_on("10-05", "a", 100'000) + call_on("10-06", "b", 100'000));
  freeze(machine, month(10));
  EXPECT_EQ(refusal_of_credit_note(machine), Refusal::nothing_to_invoice);
  ASSERT_EQ(machine.take(voided("a", "10-05", 100'000, "0.08")), std::vector{Status::rated});
  machine.take(call_on("10-05", "a2", 200'000));  // In its place; at another price.
  EXPECT_EQ(text_of(credit_note_of(machine)),
            "2026-10 late INV-000001 qwen-plus/input 0k-128k: 100000 = 0.08\n");
  const FrozenInvoice& note = freeze_credit_note(machine);
  EXPECT_EQ(note.number_text(), "CN-000001");
  EXPECT_EQ(note.kind, billing::InvoiceKind::credit_note);
  EXPECT_EQ(note.totals.total.to_text(), "0.08");  // Its tax, 0.0048, is none.
  EXPECT_EQ(balance_of(machine, Account::revenue_invoiced), "0.08");
  machine.tick(november_is_over);
  EXPECT_EQ(text_of(draft_of(machine, month(11))),
            "2026-10 late INV-000001 qwen-plus/input 128k-256k: 200000 = 0.48\n");
  freeze(machine, month(11));
  EXPECT_EQ(balance_of(machine, Account::revenue_accrued), "0");
  EXPECT_EQ(balance_of(machine, Account::revenue_invoiced), "0.56");
  EXPECT_EQ(machine.core.imbalance(), std::nullopt);
  EXPECT_EQ(refusal_of_credit_note(machine), Refusal::nothing_to_invoice);
}

TEST(Invoices, H4_a_credit_note_has_the_tax_of_the_invoice_that_it_corrects) {
  Machine machine;
  machine.ask(R"({"command":"set_buyer","account":"acme","tax_percent":"6"})");
  machine.take(call_on("09-05", "s", 100'000) + call_on("10-05", "a", 100'000));
  freeze(machine, month(9));  // 0.08, no tax to speak of: 0.0048.
  for (int i = 0; i < 100; ++i) {
    machine.take(call_on("10-06", "b" + std::to_string(i), 100'000));
  }
  EXPECT_EQ(freeze(machine, month(10)).totals.tax.to_text(), "0.48");  // Of 8.08: 0.4848.
  EXPECT_EQ(balance_of(machine, Account::receivable), "8.64");
  machine.ask(R"({"command":"set_buyer","account":"acme","tax_percent":"19"})");
  for (int i = 0; i < 100; ++i) {
    machine.take(voided("b" + std::to_string(i), "10-06", 100'000, "0.08"));
  }
  machine.take(voided("s", "09-05", 100'000, "0.08"));
  const FrozenInvoice& first = freeze_credit_note(machine);
  EXPECT_EQ(first.period + ": " + first.totals.total.to_text(), "2026-09: 0.08");
  const FrozenInvoice& second = freeze_credit_note(machine);
  EXPECT_EQ(second.period + ": " + second.totals.total.to_text(), "2026-10: 8.48");
  EXPECT_EQ(second.tax_percent.to_text(), "6");
  EXPECT_EQ(balance_of(machine, Account::receivable), "0.08");
  EXPECT_EQ(machine.core.imbalance(), std::nullopt);
}

// 0.0095, 0.0095, 0.0095 and 0.0095 of 0.038, which was invoiced as 0.03.
TEST(Invoices, H4_small_credit_notes_give_back_what_they_are_worth) {
  Machine machine;
  for (const char* const id : {"a", "b", "c", "d"}) machine.take(call_on("10-05", id, 11'875));
  EXPECT_EQ(freeze(machine, month(10)).totals.total.to_text(), "0.03");
  machine.take(call_on("10-07", "tiny", 1'000) + voided("a", "10-05", 1'875, "0.0015"));
  EXPECT_EQ(refusal_of_credit_note(machine), Refusal::nothing_to_invoice);  // 0.0007.
  machine.take(voided("b", "10-05", 11'875, "0.0095"));
  EXPECT_EQ(freeze_credit_note(machine).totals.total.to_text(), "0.01");  // 0.0102.
  machine.take(voided("c", "10-05", 11'875, "0.0095"));
  EXPECT_EQ(freeze_credit_note(machine).totals.total.to_text(), "0.01");
  EXPECT_EQ(balance_of(machine, Account::receivable), "0.01");
  EXPECT_EQ(machine.core.imbalance(), std::nullopt);
}

TEST(Invoices, the_invoice_behind_a_month_that_was_passed_over_is_that_of_the_next) {
  Machine machine;
  machine.take(call_on("09-05", "a", 100'000) + call_on("10-05", "b", 100'000));
  freeze(machine, month(10));
  machine.take(voided("a", "09-05", 100'000, "0.08"));
  EXPECT_EQ(text_of(credit_note_of(machine)),
            "2026-09 late INV-000001 qwen-plus/input 0k-128k: 100000 = 0.08\n");
}

// A line of the same sum, but other tokens: its draft is another one.
TEST(Invoices, a_draft_is_out_of_date_although_its_sum_is_the_same) {
  Machine machine;
  machine.ask(R"({"command":"add_quota","account":"acme","id":"q","model":"qwen-plus",)"
              R"("class":"free","tokens":1000000,"effective_at":"2026-10-01T00:00:00Z",)"
              R"("expires_at":"2027-01-01T00:00:00Z"})");
  machine.take(call_on("10-05", "a", 1'000));
  const InvoiceDraft draft = draft_of(machine, month(10));
  machine.take(call_on("10-06", "b", 1'000));
  EXPECT_TRUE(draft.totals.lines.is_zero());
  EXPECT_EQ(machine.ask(freezing(draft)).refused->why, Refusal::invoice_out_of_date);
  machine.take(call_on("11-01", "c", 1'000));  // Of another month: no matter.
  const InvoiceDraft other = draft_of(machine, month(10));
  machine.take(call_on("11-02", "d", 1'000));
  EXPECT_FALSE(machine.ask(freezing(other)).refused.has_value());
}

TEST(Invoices, what_is_taken_back_before_its_invoice_needs_no_credit_note) {
  Machine machine;
  machine.take(call_on("10-05", "a", 100'000) + call_on("10-06", "b", 50'000));
  machine.take(voided("a", "10-05", 100'000, "0.08"));
  EXPECT_EQ(text_of(draft_of(machine, month(10))),
            "2026-10 qwen-plus/input 0k-128k: 50000 = 0.04\n");
  freeze(machine, month(10));
  // Nor what came late and was taken back before an invoice had it.
  machine.take(call_on("10-07", "c", 10'000) + voided("c", "10-07", 10'000, "0.008"));
  EXPECT_EQ(refusal_of_credit_note(machine), Refusal::nothing_to_invoice);
  machine.tick(november_is_over);
  EXPECT_EQ(refusal_of(machine, month(11)), Refusal::nothing_to_invoice);
}

TEST(Invoices, H5_credit_is_drawn_once_whatever_invoices_there_are) {
  Machine machine;
  machine.ask(R"({"command":"grant","account":"acme","id":"g","amount":"0.1",)"
              R"("effective_at":"2026-10-01T00:00:00Z","expires_at":"2027-01-01T00:00:00Z"})");
  machine.take(call_on("10-05", "a", 100'000) + call_on("11-02", "b", 100'000));
  freeze(machine, month(10));
  EXPECT_EQ(balance_of(machine, Account::promotion), "0.1");
  EXPECT_EQ(balance_of(machine, Account::promo), "0");
  EXPECT_EQ(balance_of(machine, Account::receivable), "0.06");
  machine.tick(november_is_over);
  freeze(machine, month(11));
  EXPECT_EQ(balance_of(machine, Account::promo), "0");
  EXPECT_EQ(balance_of(machine, Account::receivable), "0.06");  // 0.16 used, 0.1 given.
}

TEST(Invoices, H6_a_month_without_usage_has_an_invoice_if_the_seller_wants_one) {
  Machine machine;
  machine.ask(R"({"command":"set_account","account":"acme"})");
  EXPECT_EQ(refusal_of(machine, month(9)), Refusal::nothing_to_invoice);
  machine.ask(R"({"command":"set_seller","invoices_no_usage":true,"invoice_series":"2026/"})");
  EXPECT_EQ(freeze(machine, month(9)).number_text(), "2026/000001");
  EXPECT_EQ(freeze(machine, month(10)).number_text(), "2026/000002");
  EXPECT_TRUE(machine.core.invoices().at(machine.place().sequence - 1)->totals.total.is_zero());
  machine.ask(R"({"command":"set_seller"})");
  machine.take(call_on("11-02", "b", 100'000));
  machine.tick(november_is_over);
  EXPECT_EQ(freeze(machine, month(11)).number_text(), "INV-000001");
}

// A draft goes through the same gate as the command that freezes it.
TEST(Invoices, H12_where_charges_and_ledger_differ_that_tenant_is_parked_and_others_go_on) {
  Machine machine;
  machine.take(call_on("10-05", "a", 100'000));
  Machine::Entities kept;
  machine.keep(kept);
  // A bit of a sum rots where no checksum looks: the second byte of 100,000 tokens' amount.
  bool is_hurt = false;
  for (auto& [key, value] : kept) {
    const bool is_a_day = key.starts_with("F") && key.size() > 5 && key[5] == UsageBook::day_kind;
    if (!is_a_day) continue;
    value[8 + 4 + 4 + 16 + 1] = static_cast<char>(value[8 + 4 + 4 + 16 + 1] ^ 1);
    is_hurt = true;
  }
  ASSERT_TRUE(is_hurt);
  Machine hurt(machine.identities);
  hurt.restore(kept, machine.place());
  EXPECT_NE(hurt.core.imbalance(), std::nullopt);
  EXPECT_EQ(refusal_of(hurt, month(10)), Refusal::books_do_not_agree);
  EXPECT_EQ(hurt.ask(freezing(draft_of(machine, month(10)))).refused->why,
            Refusal::books_do_not_agree);
  const auto other = read_command(R"({"command":"set_account","account":"acme"})");
  Place place{hurt.place().sequence, 2, hurt.place().received};
  hurt.core.apply(other->what, place);
  hurt.core.apply(read_command(R"({"command":"set_seller","invoices_no_usage":true})")->what,
                  place);
  InvoiceOf of_the_other = month(10);
  of_the_other.tenant = 2;
  EXPECT_TRUE(hurt.core.draw_up(of_the_other, place.received).has_value());
}

TEST(Invoices, a_period_is_invoiced_an_hour_behind_its_end_and_not_before) {
  Machine machine;
  machine.take(call_on("11-02", "a", 100'000));
  EXPECT_EQ(refusal_of(machine, month(11)), Refusal::period_not_over);
  const std::int64_t end = month(11).to.seconds;
  const std::int64_t now = machine.place().received.seconds;
  machine.tick(end - now + 3'599);
  EXPECT_EQ(refusal_of(machine, month(11)), Refusal::period_not_over);
  machine.tick(1);
  EXPECT_EQ(freeze(machine, month(11)).totals.total.to_text(), "0.08");
  InvoiceOf of_nobody = month(10);
  of_nobody.account = "nobody";
  EXPECT_EQ(refusal_of(machine, of_nobody), Refusal::unknown_account);
}

TEST(Invoices, what_a_gateway_settled_is_a_line_of_its_own) {
  Machine machine;
  machine.ask(R"({"command":"set_account","account":"acme"})");
  machine.ask(R"({"command":"open_hold","hold":"h","account":"acme","amount":"5"})");
  machine.ask(R"({"command":"settle_hold","hold":"h","account":"acme","id":"s","amount":"1.25"})");
  EXPECT_EQ(machine.core.imbalance(), std::nullopt);
  machine.tick(november_is_over);
  EXPECT_EQ(text_of(draft_of(machine, month(11))), "2026-11 holds/settled : 1.25 = 1.25\n");
}

std::string importing(const std::string& number, const std::string& month, const std::string& lines,
                      bool is_paid = true) {
  const bool is_december = month == "2025-12";
  std::string document = R"({\"lines\":[)" + lines + "]}";
  return R"({"command":"import_invoice","account":"acme","number":")" + number + R"(","period":")" +
         month + R"(","from":")" + (is_december ? "2025-11-30" : "2026-09-30") +
         R"(T16:00:00Z","to":")" + (is_december ? "2025-12-31" : "2026-10-31") +
         R"(T16:00:00Z","paid":)" + (is_paid ? "true" : "false") + R"(,"document":")" + document +
         "\"}";
}

std::string imported_line(const std::string& quantity, const std::string& amount) {
  return R"({\"item\":\"old/calls\",\"unit\":\"call\",\"price\":\"0.5\",\"per\":\"1\",)"
         R"(\"quantity\":\")" +
         quantity + R"(\",\"amount\":\")" + amount + R"(\"})";
}

TEST(Invoices, O8_the_history_of_another_system_is_on_the_bill_and_in_the_ledger_once) {
  Machine machine;
  const std::string paid = importing("77", "2025-12", imported_line("3", "1.5"));
  const Answer first = machine.ask(paid);
  ASSERT_FALSE(first.refused.has_value());
  EXPECT_TRUE(machine.ask(paid).is_repeat);
  EXPECT_EQ(machine.ask(importing("77", "2025-12", imported_line("4", "2"))).refused->why,
            Refusal::origin_conflict);
  EXPECT_EQ(balance_of(machine, Account::receivable), "0");
  EXPECT_EQ(balance_of(machine, Account::revenue_invoiced), "1.5");
  machine.ask(importing("78", "2025-12", imported_line("2", "1"), false));
  EXPECT_EQ(balance_of(machine, Account::receivable), "1");
  EXPECT_EQ(machine.core.imbalance(), std::nullopt);
  const auto sums = machine.core.usage(1)->sums("acme", 0, INT64_MAX);
  ASSERT_EQ(sums.size(), 1U);
  EXPECT_EQ(sums[0].quantity.to_text(), "5");
  EXPECT_EQ(machine.core.invoices().find(1, "imported:77")->totals.total.to_text(), "1.5");

  // It changes no number of ours, and its months are on no invoice of ours.
  machine.take(call_on("10-05", "a", 100'000));
  EXPECT_EQ(text_of(draft_of(machine, month(10))),
            "2026-10 qwen-plus/input 0k-128k: 100000 = 0.08\n");
  EXPECT_EQ(freeze(machine, month(10)).number_text(), "INV-000001");
  EXPECT_EQ(machine.ask(importing("79", "2026-10", imported_line("1", "0.5"))).refused->why,
            Refusal::period_is_closed);
  Machine::Entities kept;
  machine.keep(kept);
  Machine restored(machine.identities);
  restored.restore(kept, machine.place());
  EXPECT_EQ(restored.core.invoices().find(1, "imported:78")->totals.total.to_text(), "1");
  EXPECT_EQ(restored.core.imbalance(), std::nullopt);
}

TEST(Invoices, O8_usage_of_an_imported_month_is_late_usage_of_the_next) {
  Machine machine;
  machine.take(call_on("10-05", "before", 100'000));
  machine.ask(importing("77", "2026-10", imported_line("3", "1.5")));
  machine.take(call_on("10-06", "behind", 50'000) + call_on("11-02", "b", 10'000));
  EXPECT_EQ(refusal_of(machine, month(10)), Refusal::period_is_closed);
  machine.tick(november_is_over);
  EXPECT_EQ(text_of(draft_of(machine, month(11))),
            "2026-10 late imported:77 qwen-plus/input 0k-128k: 150000 = 0.12\n"
            "2026-11 qwen-plus/input 0k-128k: 10000 = 0.008\n");
}

TEST(Invoices, O8_an_import_makes_a_draft_of_the_same_days_out_of_date) {
  Machine machine;
  machine.take(call_on("10-05", "a", 100'000) + call_on("11-02", "b", 100'000));
  machine.tick(november_is_over);
  const InvoiceDraft draft = draft_of(machine, month(11));
  ASSERT_FALSE(machine.ask(importing("77", "2026-10", "")).refused.has_value());
  EXPECT_EQ(machine.ask(freezing(draft)).refused->why, Refusal::invoice_out_of_date);
  EXPECT_EQ(freeze(machine, month(11)).totals.total.to_text(), "0.16");
}

TEST(Invoices, O8_a_line_that_does_not_add_up_is_named) {
  const auto detail = [](const std::string& command) {
    const auto read = read_command(command);
    return read.has_value() ? "" : read.error().detail;
  };
  EXPECT_EQ(detail(importing("1", "2025-12", imported_line("3", "1.5"))), "");
  EXPECT_EQ(detail(importing("1", "2025-12",
                             imported_line("3", "1.5") + ',' + imported_line("3", "1.51"))),
            "/document/lines/1/amount: '1.51' is not quantity × price ÷ per = 1.5");
  EXPECT_EQ(detail(importing("1", "2025-12", "7")), "/document/lines/0: is not an object");
  // What no ledger keeps ends nothing, neither now nor at a replay.
  EXPECT_EQ(
      detail(importing("1", "2025-12", imported_line("2000000000000002", "1000000000000001"))),
      "/document/lines/0/quantity: '2000000000000002' is above 1000000000000000");
  const std::string large = imported_line("1000000000000000", "500000000000000");
  EXPECT_EQ(detail(importing("1", "2025-12", large + ',' + large)), "");
  EXPECT_EQ(
      detail(importing("1", "2025-12", large + ',' + large + ',' + imported_line("1", "0.5"))),
      "/document/lines/2: the sum up to it is above 1000000000000000");
}

// 0.0008 CNY up to the 15th, 0.001 from then on: made up. The time of a call chooses.
TEST(Invoices, H9_a_price_that_changes_within_the_month_gives_two_lines) {
  auto files = pricebook::read_files(STEELYARD_ROOT "/pricebooks/aliyun-ai-paas").value();
  files.at("models.csv") =
      "model,tier,type,price_per_1k_tokens,effective_from,effective_to\n"
      "qwen-plus,-,input,0.0008,,2026-10-15\n"
      "qwen-plus,-,input,0.001,2026-10-15,\n"
      "qwen-plus,-,output,0.002,,\n";
  const rating::Rater rater(
      std::make_shared<const pricebook::PriceBookSeries>(pricebook::load(files, "a test").value()));
  Machine machine({}, rater);
  // Midnight in Shanghai is 16:00 UTC.
  std::string last = call_on("10-14", "a", 100'000);
  std::string first = call_on("10-14", "b", 10'000);
  last.replace(last.find("08:00:03Z"), 9, "15:59:59Z");
  first.replace(first.find("08:00:03Z"), 9, "16:00:00Z");
  machine.take(last + first);
  const InvoiceDraft draft = draft_of(machine, month(10));
  ASSERT_EQ(draft.lines.size(), 2U);
  EXPECT_EQ(draft.lines[0].price.to_text() + ": " + draft.lines[0].amount.to_text(),
            "0.0008: 0.08");
  EXPECT_EQ(draft.lines[1].price.to_text() + ": " + draft.lines[1].amount.to_text(), "0.001: 0.01");
}

TEST(Invoices, a_command_names_what_is_wrong_with_it) {
  const auto detail = [](const std::string& command) {
    const auto read = read_command(command);
    return read.has_value() ? "" : read.error().detail;
  };
  EXPECT_EQ(detail(R"({"command":"set_buyer","account":"a","tax_percent":"100.01"})"),
            "/tax_percent: '100.01' is not a percentage of 0 to 100");
  EXPECT_EQ(detail(R"({"command":"set_seller","invoice_series":"A B"})"),
            "/invoice_series: has more than letters, digits and - _ . /");
  EXPECT_EQ(detail(R"({"command":"set_seller","credit_note_series":"INV-1"})"),
            "'INV-1' ends in a digit: a number follows it");
  EXPECT_EQ(detail(R"({"command":"set_seller","name":")" + std::string(1'001, 'x') + "\"}"),
            "/name: '" + std::string(64, 'x') + "' is not a text of at most 1000 bytes");
  EXPECT_EQ(detail(R"({"command":"freeze_invoice","account":"a","kind":"bill"})"),
            "/kind: 'bill' is not invoice or credit_note");
  std::string command = freezing(unlike_any());
  EXPECT_EQ(detail(command), "");
  command.replace(command.find(R"("tax":"0")"), 9, R"("tax":"x")");
  EXPECT_EQ(detail(command),
            "/tax: 'x' is not a decimal number of at most 12 digits after the point");
}

}  // namespace
}  // namespace steelyard::core
