#pragma once

#include <gtest/gtest.h>

#include <string>

#include "steelyard/core/machine_for_tests.h"

namespace steelyard::core {

/// A month of the shipped book's zone, which has no changes of its clocks.
inline InvoiceOf month(int of_2026, billing::InvoiceKind kind = billing::InvoiceKind::invoice) {
  base::Calendar calendar("Asia/Shanghai");
  const base::Slot slot = calendar.month(calendar.at_local(2026, of_2026, 1));
  return {.tenant = 1,
          .account = "acme",
          .kind = kind,
          .period =
              of_2026 < 10 ? "2026-0" + std::to_string(of_2026) : "2026-" + std::to_string(of_2026),
          .from = {slot.from, 0},
          .to = {slot.to, 0}};
}

inline InvoiceOf credit_note() { return month(10, billing::InvoiceKind::credit_note); }

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
         std::to_string(draft.number) + R"(,"lines":)" + std::to_string(draft.lines.size()) +
         R"(,"lines_total":")" + draft.totals.lines.to_text() + R"(","rounding":")" +
         draft.totals.rounding.to_text() + R"(","tax":")" + draft.totals.tax.to_text() +
         R"(","document":")" + document + "\"}";
}

/// Draws up and freezes.
inline const FrozenInvoice& freeze(Machine& machine, const InvoiceOf& of) {
  const auto draft = machine.core.draw_up(of, machine.place().received);
  EXPECT_TRUE(draft.has_value()) << ledger::name_of(draft.error().why);
  const Answer answer = machine.ask(freezing(draft.value()));
  EXPECT_FALSE(answer.refused.has_value()) << ledger::name_of(answer.refused->why);
  return *machine.core.invoices().at(answer.invoice);
}

/// "2026-10 late INV-000001 qwen-plus/input 0k-128k: 1000 = 0.0008", each line.
inline std::string text_of(const InvoiceDraft& draft) {
  std::string text;
  for (const InvoiceLine& line : draft.lines) {
    text += line.month + (line.is_late ? " late " + line.corrects : "") + ' ' + line.item + ' ' +
            line.tier + ": " + line.quantity.to_text() + " = " + line.amount.to_text() + '\n';
  }
  return text;
}

}  // namespace steelyard::core
