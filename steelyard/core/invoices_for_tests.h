#pragma once

#include <gtest/gtest.h>

#include <string>

#include "steelyard/core/machine_for_tests.h"

namespace steelyard::core {

/// A month of the shipped book's zone, which has no changes of its clocks.
inline InvoiceOf month(int of_2026) {
  base::Calendar calendar("Asia/Shanghai");
  const base::Slot slot = calendar.month(calendar.at_local(2026, of_2026, 1));
  InvoiceOf of;
  of.tenant = 1;
  of.account = "acme";
  of.period = (of_2026 < 10 ? "2026-0" : "2026-") + std::to_string(of_2026);
  of.from = {slot.from, 0};
  of.to = {slot.to, 0};
  return of;
}

/// `day`: "10-05".
inline std::string call_on(const std::string& day, const std::string& id, int input) {
  std::string text = call(id, input);
  text.replace(text.find("11-22"), 5, day);
  return text;
}

inline std::string freezing(const InvoiceDraft& draft, const std::string& document = "{}") {
  return R"({"command":"freeze_invoice","account":")" + draft.of.account + R"(","kind":")" +
         std::string(billing::name_of(draft.of.kind)) + R"(","period":")" + draft.of.period +
         R"(","from":")" + base::to_rfc3339(draft.of.from) + R"(","to":")" +
         base::to_rfc3339(draft.of.to) + R"(","series":")" + draft.series + R"(","number":)" +
         std::to_string(draft.number) + R"(,"changed_at":)" + std::to_string(draft.changed_at) +
         R"(,"tax_percent":")" + draft.tax_percent.to_text() + R"(","lines_total":")" +
         draft.totals.lines.to_text() + R"(","rounding":")" + draft.totals.rounding.to_text() +
         R"(","tax":")" + draft.totals.tax.to_text() + R"(","document":")" + document + "\"}";
}

inline const FrozenInvoice& freeze(Machine& machine, const ledger::Answer<InvoiceDraft>& draft) {
  EXPECT_TRUE(draft.has_value()) << ledger::name_of(draft.error().why);
  const Answer answer = machine.ask(freezing(draft.value()));
  EXPECT_FALSE(answer.refused.has_value()) << ledger::name_of(answer.refused->why);
  return *machine.core.invoices().at(answer.invoice);
}

/// Draws up and freezes.
inline const FrozenInvoice& freeze(Machine& machine, const InvoiceOf& of) {
  return freeze(machine, machine.core.draw_up(of, machine.place().received));
}
inline const FrozenInvoice& freeze_credit_note(Machine& machine) {
  return freeze(machine, machine.core.draw_up_credit_note(1, "acme"));
}

/// "2026-10 late INV-000001 qwen-plus/input 0k-128k: 1000 = 0.0008", each line.
inline std::string text_of(const InvoiceDraft& draft) {
  std::string text;
  for (const InvoiceLine& line : draft.lines) {
    text += line.month + (line.is_late ? " late " + line.invoice : "") + ' ' + line.item + ' ' +
            line.tier + ": " + line.quantity.to_text() + " = " + line.amount.to_text() + '\n';
  }
  return text;
}

}  // namespace steelyard::core
